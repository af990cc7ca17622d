/* Convolution with 2x2 max pooling: the four sums of a pooled pixel are one tile, which is pooled in registers. */

/* Pooled pixels of one row, one after the other; the first four places of `dot` are those of the first one's cells. */
typedef struct FN(pooled) {
    DotTile dot;
    uint8_t *argmax;
    ptrdiff_t count, step, channels, cells; /* elements of source, y and argmax from one pooled pixel to the next */
} FN(pooled);

typedef uint8_t FN(cells) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL)), may_alias));

/* Lane by lane: whether max pooling moves on from `best` to `value`. A NaN is better than any number, so it stays. */
INLINE IVEC FN(better)(VEC value, VEC best) { return ~(IVEC)(value <= best) & (IVEC)(best == best); }

/* The largest of four sums, and the first cell that has it. */
INLINE VEC FN(pool_cells)(VEC a, VEC b, VEC c, VEC d, FN(cells) *cell) {
    const IVEC right = FN(better)(b, a), right_below = FN(better)(d, c);
    const VEC top = FN(select)(right, b, a), bottom = FN(select)(right_below, d, c);
    const IVEC below = FN(better)(bottom, top);
    *cell = __builtin_convertvector((below & (2 - right_below)) | (~below & -right), FN(cells));
    return FN(select)(below, bottom, top);
}

INLINE void FN(pool_pixels)(const FN(pooled) *q, const int vectors) {
    const DotTile *t = &q->dot;
    const REAL *at[ROWS], *bias = t->bias;
    REAL *out = t->out[0];
    uint8_t *argmax = q->argmax;
    const VEC slope = FN(all)((REAL)t->slope);
    for (int p = 0; p < 4; p++) at[p] = (const REAL *)t->source + t->at[p];
    for (ptrdiff_t i = 0; i < q->count; i++, out += q->channels, argmax += q->cells) {
        VEC acc[ROWS][WIDE];
#pragma GCC unroll 8
        for (int p = 0; p < 4; p++)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) acc[p][v] = FN(all)(0);
        FN(sum_taps)(t, at, 4, vectors, acc);
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            FN(cells) cells;
            VEC best = FN(pool_cells)(acc[0][v], acc[1][v], acc[2][v], acc[3][v], &cells);
            best += FN(load)(bias + v * LANES);
            FN(store)(out + v * LANES, FN(select)(best > 0, best, best * slope));
            memcpy(argmax + v * sizeof cells, &cells, sizeof cells);
        }
        for (int p = 0; p < 4; p++) at[p] += q->step;
    }
}

#define POOL(vectors, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const FN(pooled) *q) { FN(pool_pixels)(q, vectors); }
POOL(1, pool_1)
POOL(2, pool_2)
#if WIDE > 2
POOL(WIDE, pool_wide)
#endif
#undef POOL

INLINE void FN(run_pool)(const FN(pooled) *q, int vectors) {
#if WIDE > 2
    if (vectors == WIDE) {
        FN(pool_wide)(q);
        return;
    }
#endif
    vectors == 2 ? FN(pool_2)(q) : FN(pool_1)(q);
}

/* As run_pool for one pixel, of a panel with more columns than there are filters. */
INLINE void FN(pool_narrow)(FN(pooled) *q, int vectors, ptrdiff_t filters) {
    REAL buffer[WIDE * VECTOR_BYTES / sizeof(REAL)];
    uint8_t cells[WIDE * VECTOR_BYTES / sizeof(REAL)], *argmax = q->argmax;
    void *out = q->dot.out[0];
    q->dot.out[0] = buffer;
    q->argmax = cells;
    q->count = 1;
    FN(run_pool)(q, vectors);
    memcpy(out, buffer, filters * sizeof(REAL));
    memcpy(argmax, cells, filters);
}

/* Aims at the pixel `at` and as many of the next `limit` of its row as lie inside the image like it. */
INLINE void FN(aim_window)(const Gather *g, FN(pooled) *q, FN(place) *at, ptrdiff_t source_channel, REAL *dst,
                           ptrdiff_t limit) {
    DotTile *t = &q->dot;
    const ptrdiff_t down = g->step[0] / 2, right = g->step[1] / 2;
    limit = least(limit, g->grid[1] - at->col);
    t->edges = 0;
    FN(aim)(g, t, 0, 1, at, source_channel, dst);
    t->edges |= t->row[0] + down > g->inside[1] || t->col[0] + right > g->inside[3];
    for (int p = 1; p < 4; p++) {
        t->row[p] = t->row[0] + p / 2 * down;
        t->col[p] = t->col[0] + p % 2 * right;
        t->at[p] = t->at[0] + (p / 2 * down * g->size[1] + p % 2 * right) * g->channels;
    }
    q->count = t->edges ? 1 : least(limit, (g->inside[3] - right - t->col[0]) / g->step[1] + 1);
    FN(advance)(g, at, q->count - 1);
}

KERNEL_OF(gather_pooled) {
    (void)scratch;
    const Gather *g = context;
    FN(pooled) q = {.step = g->step[1] * g->channels, .channels = g->to_channels,
                    .cells = g->argmax ? g->to_channels : 0};
    FN(panel) panel = FN(open_panel)(g, block, &q.dot);
    REAL *dst = (REAL *)g->to + panel.to;
    uint8_t dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    const int narrow = panel.filters < panel.vectors * LANES;
    for (ptrdiff_t pixel = panel.pixel; pixel < panel.end; pixel += q.count) {
        FN(aim_window)(g, &q, &panel.at, panel.from, dst, narrow ? 1 : panel.end - pixel);
        FN(choose_taps)(g, &q.dot);
        q.argmax = g->argmax ? g->argmax + pixel * g->to_channels + panel.to : dump;
        if (narrow)
            FN(pool_narrow)(&q, panel.vectors, panel.filters);
        else
            FN(run_pool)(&q, panel.vectors);
    }
}
