/* Lanes of two vectors in turns, from their first halves (upper = 0) or their second. */
INLINE VEC FN(zip)(VEC a, VEC b, const int upper) {
    IVEC order;
    for (int i = 0; i < LANES; i++) order[i] = i / 2 + upper * (LANES / 2) + (i % 2 ? LANES : 0);
#if defined(__GNUC__) && !defined(__clang__)
    return __builtin_shuffle(a, b, order);
#else
    VEC zipped;
    for (int i = 0; i < LANES; i++) zipped[i] = i % 2 ? b[order[i] - LANES] : a[order[i]];
    return zipped;
#endif
}

/* A square of LANES rows and columns: each round of zips moves one bit of the row's number into the column's. */
INLINE void FN(transpose_square)(const REAL *from, ptrdiff_t from_step, REAL *to, ptrdiff_t to_step) {
    VEC rows[VECTOR_BYTES / sizeof(REAL)], zipped[VECTOR_BYTES / sizeof(REAL)];
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i++) rows[i] = FN(load)(from + i * from_step);
#pragma GCC unroll 4
    for (int round = 1; round < LANES; round *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < LANES; i++) zipped[i] = FN(zip)(rows[i / 2], rows[i / 2 + LANES / 2], i % 2);
#pragma GCC unroll 8
        for (int i = 0; i < LANES; i++) rows[i] = zipped[i];
    }
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i++) FN(store)(to + i * to_step, rows[i]);
}

/* to[c][r] = from[r][c] for r < rows, c < columns. */
INLINE void FN(transpose)(const REAL *from, ptrdiff_t from_step, REAL *to, ptrdiff_t to_step, ptrdiff_t rows,
                          ptrdiff_t columns) {
    for (ptrdiff_t r0 = 0; r0 < rows; r0 += LANES)
        for (ptrdiff_t c0 = 0; c0 < columns; c0 += LANES) {
            if (r0 + LANES <= rows && c0 + LANES <= columns) {
                FN(transpose_square)(from + r0 * from_step + c0, from_step, to + c0 * to_step + r0, to_step);
                continue;
            }
            for (ptrdiff_t c = c0; c < least(columns, c0 + LANES); c++)
                for (ptrdiff_t r = r0; r < least(rows, r0 + LANES); r++) to[c * to_step + r] = from[r * from_step + c];
        }
}
