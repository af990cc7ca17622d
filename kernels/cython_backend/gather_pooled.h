/* Convolution with 2x2 max pooling: the four sums of a pooled pixel are one tile, which is pooled in registers. */

/* Lane by lane: whether max pooling moves on from `best` to `value`. A NaN is better than any number, so it stays. */
INLINE IVEC FN(better)(VEC value, VEC best) { return ~(IVEC)(value <= best) & (IVEC)(best == best); }

typedef uint8_t FN(cells) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL)), may_alias));

/* out[0] = the largest of the four sums, finished; argmax (if not NULL): the first cell that has it. */
INLINE void FN(pool_sums)(const DotTile *t, uint8_t *argmax, const int vectors) {
    VEC acc[ROWS][WIDE];
#pragma GCC unroll 8
    for (int p = 0; p < 4; p++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) acc[p][v] = FN(all)(0);
    FN(sum_taps)(t, 4, vectors, acc);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        const IVEC right = FN(better)(acc[1][v], acc[0][v]), right_below = FN(better)(acc[3][v], acc[2][v]);
        const VEC top = FN(select)(right, acc[1][v], acc[0][v]), bottom = FN(select)(right_below, acc[3][v], acc[2][v]);
        const IVEC below = FN(better)(bottom, top);
        VEC best = FN(select)(below, bottom, top) + FN(load)((const REAL *)t->bias + v * LANES);
        FN(store)((REAL *)t->out[0] + v * LANES, FN(leaky)(best, (REAL)t->slope));
        if (!argmax) continue;
        FN(cells) cells = __builtin_convertvector((below & (2 - right_below)) | (~below & -right), FN(cells));
        memcpy(argmax + v * LANES, &cells, sizeof cells);
    }
}

#define POOL(vectors, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const DotTile *t, uint8_t *argmax) { \
        FN(pool_sums)(t, argmax, vectors); \
    }
POOL(1, pool_1)
POOL(2, pool_2)
#if WIDE > 2
POOL(WIDE, pool_wide)
#endif
#undef POOL

INLINE void FN(run_pool)(const DotTile *t, uint8_t *argmax, int vectors) {
#if WIDE > 2
    if (vectors == WIDE) {
        FN(pool_wide)(t, argmax);
        return;
    }
#endif
    vectors == 2 ? FN(pool_2)(t, argmax) : FN(pool_1)(t, argmax);
}

/* As run_pool, of a panel with more columns than there are filters. */
INLINE void FN(pool_narrow)(DotTile *t, uint8_t *argmax, int vectors, ptrdiff_t filters) {
    REAL buffer[WIDE * VECTOR_BYTES / sizeof(REAL)];
    uint8_t cells[WIDE * VECTOR_BYTES / sizeof(REAL)];
    void *out = t->out[0];
    t->out[0] = buffer;
    FN(run_pool)(t, cells, vectors);
    memcpy(out, buffer, filters * sizeof(REAL));
    if (argmax) memcpy(argmax, cells, filters);
}

/* The four output pixels of a pooled one; `places` lie as the cells of the window do. */
INLINE void FN(aim_window)(const Gather *g, DotTile *t, const FN(place) *at, ptrdiff_t source_channel, REAL *dst) {
    const ptrdiff_t down = g->step[0] / 2, right = g->step[1] / 2;
    t->edges = FN(aim)(g, t, 0, at, source_channel, dst);
    t->edges |= t->row[0] + down > g->inside[1] || t->col[0] + right > g->inside[3];
#pragma GCC unroll 4
    for (int p = 1; p < 4; p++) {
        t->row[p] = t->row[0] + p / 2 * down;
        t->col[p] = t->col[0] + p % 2 * right;
        t->at[p] = t->at[0] + (p / 2 * down * g->size[1] + p % 2 * right) * g->channels;
    }
}

KERNEL_OF(gather_pooled) {
    (void)scratch;
    const Gather *g = context;
    DotTile t;
    FN(panel) panel = FN(open_panel)(g, block, &t);
    REAL *dst = (REAL *)g->to + panel.to;
    uint8_t *argmax = g->argmax ? g->argmax + panel.pixel * g->to_channels + panel.to : NULL;
    for (ptrdiff_t pixel = panel.pixel; pixel < panel.end; pixel++) {
        FN(aim_window)(g, &t, &panel.at, panel.from, dst);
        FN(advance)(g, &panel.at);
        FN(choose_taps)(g, &t);
        if (panel.filters == panel.vectors * LANES)
            FN(run_pool)(&t, argmax, panel.vectors);
        else
            FN(pool_narrow)(&t, argmax, panel.vectors, panel.filters);
        if (argmax) argmax += g->to_channels;
    }
}
