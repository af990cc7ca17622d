/* The bias's gradient on the way: sums of dy down each patch, which its tiles have just read. */

/* sums[i] += the patch's sum of dy's filter first + i, for i < vectors * LANES. */
INLINE void FN(add_bias_tile)(const Winners *g, const FN(winner_tile) *t, REAL *sums, ptrdiff_t first,
                              const int vectors) {
    const ptrdiff_t f = g->conv.f;
    VEC acc[4];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) acc[v] = FN(all)(0);
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        const REAL *dy = t->dy + row * g->pooled[1] * f + first;
        for (ptrdiff_t left = t->cols; left > 0; left--, dy += f)
#pragma GCC unroll 4
            for (int v = 0; v < vectors; v++) acc[v] += FN(load)(dy + v * LANES);
    }
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) FN(store)(sums + first + v * LANES, FN(load)(sums + first + v * LANES) + acc[v]);
}

static __attribute__((noinline)) TARGET void FN(add_bias_patch)(const Winners *g, const FN(winner_tile) *t,
                                                                REAL *sums) {
    const ptrdiff_t f = g->conv.f;
    ptrdiff_t i = 0;
    for (; i + 4 * LANES <= g->group_f; i += 4 * LANES) FN(add_bias_tile)(g, t, sums, i, 4);
    for (; i + LANES <= g->group_f; i += LANES) FN(add_bias_tile)(g, t, sums, i, 1);
    for (; i < g->group_f; i++) {
        REAL sum = 0;
        for (ptrdiff_t row = 0; row < t->rows; row++) {
            const REAL *dy = t->dy + row * g->pooled[1] * f + i;
            for (ptrdiff_t col = 0; col < t->cols; col++) sum += dy[col * f];
        }
        sums[i] += sum;
    }
}

/* db from the parts' sums, added in order. */
KERNEL_OF(add_bias_sums) {
    const Winners *g = context;
    const ptrdiff_t f = g->conv.f;
    const REAL *sums = g->bias_sums;
    REAL *db = g->db;
    (void)block, (void)scratch;
    memcpy(db, sums, f * sizeof(REAL));
    for (ptrdiff_t part = 1; part < g->parts; part++)
        EACH_ALONE for (ptrdiff_t i = 0; i < f; i++) db[i] += sums[part * f + i];
}
