/* Winograd's transforms of F(2x2, 3x3) and F(4x4, 3x3), one vector of channels at a time:
   y = A^T ((G w G^T) * (B^T d B)) A.

   F(2, 3) interpolates at 0, 1, -1 and infinity, F(4, 3) at 0, P, -P, Q, -Q and infinity. P = 5/8 and Q = 3/2 halve the
   rounding error of the usual 1 and 2 (measured, among simple fractions), and all their products below are exact.
   Matrices: A^T[r] = (0^r, P^r, (-P)^r, Q^r, (-Q)^r, r == 3); a row of B^T holds the coefficients of the product of
   (x - b) over the other finite points b; a row of G is (1, a, a^2) / product of (a - b), and (0, 0, 1).
   Each function does one line of a square; a square takes all its columns, then all its rows.
   Source: Lavin and Gray 2015, "Fast Algorithms for Convolutional Neural Networks". */
#define P1 ((REAL)0.625)
#define Q1 ((REAL)1.5)
#define P2 (P1 * P1)
#define Q2 (Q1 * Q1)

/* B^T: tile + 2 inputs at d[0], d[step], ... to as many values at v[0], v[to], ...; d and v may be the same. */
INLINE void FN(input_line)(const VEC *d, const int step, VEC *v, const int to, const int tile) {
    const VEC d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
    if (tile == 2) {
        v[0] = d0 - d2;
        v[to] = d1 + d2;
        v[2 * to] = d2 - d1;
        v[3 * to] = d3 - d1;
        return;
    }
    const VEC d4 = d[4 * step], d5 = d[5 * step];
    const VEC p_even = d4 - Q2 * d2, p_odd = d3 - Q2 * d1, q_even = d4 - P2 * d2, q_odd = d3 - P2 * d1;
    v[0] = P2 * Q2 * d0 - (P2 + Q2) * d2 + d4;
    v[to] = p_even + P1 * p_odd;
    v[2 * to] = p_even - P1 * p_odd;
    v[3 * to] = q_even + Q1 * q_odd;
    v[4 * to] = q_even - Q1 * q_odd;
    v[5 * to] = P2 * Q2 * d1 - (P2 + Q2) * d3 + d5;
}

/* G: three weights to tile + 2 values. */
INLINE void FN(weights_line)(const VEC *w, const int step, VEC *u, const int to, const int tile) {
    const VEC w0 = w[0], w1 = w[step], w2 = w[2 * step];
    u[(tile + 1) * to] = w2;
    if (tile == 2) {
        const VEC even = (w0 + w2) * (REAL)0.5, odd = w1 * (REAL)0.5;
        u[0] = w0;
        u[to] = even + odd;
        u[2 * to] = even - odd;
        return;
    }
    const REAL p = 1 / (2 * P2 * (P2 - Q2)), q = 1 / (2 * Q2 * (Q2 - P2));
    const VEC p_even = p * w0 + p * P2 * w2, p_odd = p * P1 * w1, q_even = q * w0 + q * Q2 * w2, q_odd = q * Q1 * w1;
    u[0] = w0 * (1 / (P2 * Q2));
    u[to] = p_even + p_odd;
    u[2 * to] = p_even - p_odd;
    u[3 * to] = q_even + q_odd;
    u[4 * to] = q_even - q_odd;
}

/* A^T: tile + 2 products to `tile` outputs; m and y may be the same. */
INLINE void FN(output_line)(const VEC *m, const int step, VEC *y, const int to, const int tile) {
    const VEC m0 = m[0], m1 = m[step], m2 = m[2 * step], m3 = m[3 * step];
    const VEC p_sum = m1 + m2, p_difference = m1 - m2;
    if (tile == 2) {
        y[0] = m0 + p_sum;
        y[to] = p_difference + m3;
        return;
    }
    const VEC m4 = m[4 * step], m5 = m[5 * step], q_sum = m3 + m4, q_difference = m3 - m4;
    y[0] = m0 + p_sum + q_sum;
    y[to] = P1 * p_difference + Q1 * q_difference;
    y[2 * to] = P2 * p_sum + Q2 * q_sum;
    y[3 * to] = m5 + P1 * P2 * p_difference + Q1 * Q2 * q_difference;
}

/* A, of a square of output's gradient: `tile` values at d[0], d[step], ... to tile + 2 at m[0], m[to], ... */
INLINE void FN(gradient_line)(const VEC *d, const int step, VEC *m, const int to, const int tile) {
    const VEC d0 = d[0], d1 = d[step];
    m[0] = d0;
    if (tile == 2) {
        m[to] = d0 + d1;
        m[2 * to] = d0 - d1;
        m[3 * to] = d1;
        return;
    }
    const VEC d2 = d[2 * step], d3 = d[3 * step];
    const VEC p_even = d0 + P2 * d2, p_odd = d1 + P2 * d3, q_even = d0 + Q2 * d2, q_odd = d1 + Q2 * d3;
    m[to] = p_even + P1 * p_odd;
    m[2 * to] = p_even - P1 * p_odd;
    m[3 * to] = q_even + Q1 * q_odd;
    m[4 * to] = q_even - Q1 * q_odd;
    m[5 * to] = d3;
}

/* G^T, of sums over tiles: tile + 2 values to the gradient of three weights. */
INLINE void FN(weights_gradient_line)(const VEC *u, const int step, VEC *w, const int to, const int tile) {
    const VEC p_sum = u[step] + u[2 * step], p_difference = u[step] - u[2 * step];
    if (tile == 2) {
        w[0] = u[0] + p_sum * (REAL)0.5;
        w[to] = p_difference * (REAL)0.5;
        w[2 * to] = p_sum * (REAL)0.5 + u[3 * step];
        return;
    }
    const REAL p = 1 / (2 * P2 * (P2 - Q2)), q = 1 / (2 * Q2 * (Q2 - P2));
    const VEC q_sum = u[3 * step] + u[4 * step], q_difference = u[3 * step] - u[4 * step];
    w[0] = u[0] * (1 / (P2 * Q2)) + p * p_sum + q * q_sum;
    w[to] = p * P1 * p_difference + q * Q1 * q_difference;
    w[2 * to] = p * P2 * p_sum + q * Q2 * q_sum + u[5 * step];
}

/* B^T d B of the square of tile + 2 pixels a side at d, whose rows lie `step` vectors apart, into rows of v. */
INLINE void FN(input_square)(const VEC *d, const int step, VEC *v, const int tile) {
    const int side = tile + 2;
#pragma GCC unroll 8
    for (int col = 0; col < side; col++) FN(input_line)(d + col, step, v + col, side, tile);
#pragma GCC unroll 8
    for (int row = 0; row < side; row++) FN(input_line)(v + row * side, 1, v + row * side, 1, tile);
}

#undef P1
#undef Q1
#undef P2
#undef Q2

/* The pixels of a square whose corner (row, col) may lie outside the image: those outside are `zeros`, a pixel's
   channels of zero. */
INLINE void FN(aim_square)(const REAL **pixels, const REAL *image, const ptrdiff_t size[2], ptrdiff_t channels,
                           ptrdiff_t row, ptrdiff_t col, const REAL *zeros, const int side) {
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            const int inside = (size_t)(row + i) < (size_t)size[0] && (size_t)(col + j) < (size_t)size[1];
            pixels[i * side + j] = inside ? image + ((row + i) * size[1] + col + j) * channels : zeros;
        }
}

/* `count` bytes as integers, one a lane, by shifts: compilers convert short vectors of bytes one by one. Bytes are read
   as a little-endian number. */
typedef uint64_t FN(words) __attribute__((vector_size(VECTOR_BYTES), may_alias));

INLINE IVEC FN(widen_bytes)(const uint8_t *bytes, ptrdiff_t count) {
    enum { EACH = 8 / sizeof(REAL) };
    uint64_t all = 0;
    FN(words) words, shift;
    if (count >= LANES)
        memcpy(&all, bytes, LANES);
    else
        memcpy(&all, bytes, count);
    for (int i = 0; i < LANES / EACH; i++) {
        words[i] = all;
        shift[i] = 8 * EACH * i;
    }
    words >>= shift;
    return (IVEC)(EACH == 2 ? (words & 0xFF) | (words & 0xFF00) << 24 : words & 0xFF);
}

/* The same square of the gradient before 2x2 max pooling, read from the pooled gradient dy and the winning cells: rows
   of d lie UNPOOLED vectors apart, and the returned one is the square's corner. size is the pooled one; dy and argmax
   point at the image's first of the channels, of which `count` exist. */
enum { FN(UNPOOLED) = 8 };
typedef uint8_t FN(cells) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL)), may_alias));

INLINE const VEC *FN(unpool_square)(VEC *d, const REAL *dy, const uint8_t *argmax, const ptrdiff_t size[2],
                                    ptrdiff_t channels, ptrdiff_t row, ptrdiff_t col, const int side,
                                    ptrdiff_t count) {
    const ptrdiff_t odd_row = row & 1, odd_col = col & 1, top = (row - odd_row) / 2, left = (col - odd_col) / 2;
    for (ptrdiff_t i = 0; 2 * i < side + odd_row; i++)
        for (ptrdiff_t j = 0; 2 * j < side + odd_col; j++) {
            VEC value = FN(all)(0);
            IVEC winner = (IVEC)value;
            if ((size_t)(top + i) < (size_t)size[0] && (size_t)(left + j) < (size_t)size[1]) {
                const ptrdiff_t at = ((top + i) * size[1] + left + j) * channels;
                winner = FN(widen_bytes)(argmax + at, count);
                value = count >= LANES ? FN(load)(dy + at) : FN(load_some)(dy + at, count);
            }
            VEC *to = d + 2 * i * FN(UNPOOLED) + 2 * j;
            for (int cell = 0; cell < 4; cell++)
                to[cell / 2 * FN(UNPOOLED) + cell % 2] = (VEC)((winner == cell) & (IVEC)value);
        }
    return d + odd_row * FN(UNPOOLED) + odd_col;
}
