/* to[c][r] = from[r][c] for r < rows, c < columns, in squares that stay in the nearest cache. */
INLINE void FN(transpose)(const REAL *from, ptrdiff_t from_step, REAL *to, ptrdiff_t to_step, ptrdiff_t rows,
                          ptrdiff_t columns) {
    enum { SQUARE = 8 };
    for (ptrdiff_t r0 = 0; r0 < rows; r0 += SQUARE)
        for (ptrdiff_t c0 = 0; c0 < columns; c0 += SQUARE) {
            ptrdiff_t r1 = least(rows, r0 + SQUARE), c1 = least(columns, c0 + SQUARE);
            for (ptrdiff_t c = c0; c < c1; c++)
                for (ptrdiff_t r = r0; r < r1; r++) to[c * to_step + r] = from[r * from_step + c];
        }
}
