/* Softmax of one row, and sums along a row; shared by the activation and the losses. */

/* y (c,) = exp(x - largest) / sum; returns the sum. x and y may be the same. */
INLINE REAL FN(softmax)(const REAL *x, REAL *y, ptrdiff_t c, REAL *largest) {
    REAL top = x[0];
    for (ptrdiff_t i = 1; i < c; i++) top = x[i] > top ? x[i] : top;
    VEC sums = FN(all)(0);
    ptrdiff_t i = 0;
    for (; i + LANES <= c; i += LANES) {
        VEC power = FN(exp)(FN(load)(x + i) - top);
        sums += power;
        FN(store)(y + i, power);
    }
    if (i < c) {
        VEC power = FN(exp)(FN(load_some)(x + i, c - i) - top);
        FN(store_some)(y + i, power, c - i);
        for (ptrdiff_t lane = 0; i + lane < c; lane++) sums[lane] += power[lane];
    }
    REAL sum = FN(sum_lanes)(sums);
    EACH_ALONE for (i = 0; i < c; i++) y[i] = y[i] / sum;
    *largest = top;
    return sum;
}

INLINE REAL FN(dot_product)(const REAL *a, const REAL *b, ptrdiff_t c) {
    VEC sums = FN(all)(0);
    ptrdiff_t i = 0;
    for (; i + LANES <= c; i += LANES) sums += FN(load)(a + i) * FN(load)(b + i);
    REAL sum = FN(sum_lanes)(sums);
    for (; i < c; i++) sum += a[i] * b[i];
    return sum;
}

INLINE REAL FN(row_sum)(const REAL *a, ptrdiff_t c) {
    VEC sums = FN(all)(0);
    ptrdiff_t i = 0;
    for (; i + LANES <= c; i += LANES) sums += FN(load)(a + i);
    REAL sum = FN(sum_lanes)(sums);
    for (; i < c; i++) sum += a[i];
    return sum;
}
