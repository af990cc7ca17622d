/* Register tiles: ROWS x (1, 2 or WIDE vectors) accumulators; each value of the first operand is broadcast and meets
   all vectors of the second, so that loads stay far below multiplications. */

/* Short sums: one run over the offsets of all values. */
INLINE void FN(sum_each)(const DotTile *t, const REAL *at[ROWS], const int rows, const int vectors,
                         VEC acc[ROWS][WIDE]) {
    const REAL *b = t->panel;
    for (const ptrdiff_t *offset = t->each; offset < t->each_end; offset++, b += t->panel_step) {
        VEC w[WIDE];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) w[v] = FN(load)(b + v * LANES);
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) acc[p][v] += at[p][*offset] * w[v];
    }
}

/* Adds the sums of one tile whose windows begin at `at`; what becomes of them is the caller's business. */
INLINE void FN(sum_taps)(const DotTile *t, const REAL *at[ROWS], const int rows, const int vectors,
                         VEC acc[ROWS][WIDE]) {
    if (t->each) {
        FN(sum_each)(t, at, rows, vectors, acc);
        return;
    }
    for (ptrdiff_t run = 0; run < t->runs; run++) {
        const Tap *tap = t->taps + run;
        const REAL *a[ROWS], *b = (const REAL *)t->panel + tap->packed * t->panel_step;
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++) {
            a[p] = at[p] + tap->offset;
            if (t->edges && ((size_t)(t->row[p] + tap->row) >= (size_t)t->height ||
                             (size_t)(t->col[p] + tap->col) >= (size_t)t->width))
                a[p] = t->zeros;
        }
        for (ptrdiff_t k = 0; k < t->length; k++, b += t->panel_step) {
            VEC w[WIDE];
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) w[v] = FN(load)(b + v * LANES);
#pragma GCC unroll 8
            for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
                for (int v = 0; v < vectors; v++) acc[p][v] += a[p][k] * w[v];
        }
    }
}

/* + bias, then the activation. */
INLINE void FN(finish)(const DotTile *t, const int rows, const int vectors, VEC acc[ROWS][WIDE]) {
    const VEC slope = FN(all)((REAL)t->slope);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) {
        const VEC bias = FN(load)((const REAL *)t->bias + v * LANES);
#pragma GCC unroll 8
        for (int p = 0; p < rows; p++) {
            acc[p][v] += bias;
            acc[p][v] = FN(select)(acc[p][v] > 0, acc[p][v], acc[p][v] * slope);
        }
    }
}

INLINE void FN(dot)(const DotTile *t, const int rows, const int vectors) {
    VEC acc[ROWS][WIDE];
    const REAL *at[ROWS];
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++) {
        at[p] = (const REAL *)t->source + t->at[p];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            acc[p][v] = t->accumulate ? FN(load)((const REAL *)t->out[p] + v * LANES) : FN(all)(0);
    }
    FN(sum_taps)(t, at, rows, vectors, acc);
    if (t->finish) FN(finish)(t, rows, vectors, acc);
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++) {
        REAL *out = t->out[p];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) FN(store)(out + v * LANES, acc[p][v]);
    }
}

INLINE void FN(outer)(const OuterTile *t, const int rows, const int vectors) {
    VEC acc[ROWS][WIDE];
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            acc[p][v] = t->accumulate ? FN(load)((const REAL *)t->out + p * t->out_step + v * LANES) : FN(all)(0);
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        const REAL *a = (const REAL *)t->a + row * t->a_row, *b = (const REAL *)t->b + row * t->b_row;
        for (ptrdiff_t k = 0; k < t->count; k++, a += t->a_step, b += t->b_step) {
            VEC w[WIDE];
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++) w[v] = FN(load)(b + v * LANES);
#pragma GCC unroll 8
            for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
                for (int v = 0; v < vectors; v++) acc[p][v] += a[p] * w[v];
        }
    }
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) FN(store)((REAL *)t->out + p * t->out_step + v * LANES, acc[p][v]);
}

/* One compiled function per shape of tile. */
#define DOT(rows, vectors, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const DotTile *t) { FN(dot)(t, rows, vectors); }
DOT(6, WIDE, dot_6_wide)
DOT(4, WIDE, dot_4_wide)
DOT(2, WIDE, dot_2_wide)
DOT(1, WIDE, dot_1_wide)
#if WIDE > 2
DOT(6, 2, dot_6_2)
DOT(4, 2, dot_4_2)
DOT(2, 2, dot_2_2)
DOT(1, 2, dot_1_2)
#endif
DOT(6, 1, dot_6_1)
DOT(4, 1, dot_4_1)
DOT(2, 1, dot_2_1)
DOT(1, 1, dot_1_1)
#undef DOT

#define OUTER(rows, vectors, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const OuterTile *t) { FN(outer)(t, rows, vectors); }
#define OUTERS(vectors, width)         \
    OUTER(1, vectors, outer_1_##width) \
    OUTER(2, vectors, outer_2_##width) \
    OUTER(3, vectors, outer_3_##width) \
    OUTER(4, vectors, outer_4_##width) \
    OUTER(5, vectors, outer_5_##width) \
    OUTER(6, vectors, outer_6_##width)
OUTERS(WIDE, wide)
#if WIDE > 2
OUTERS(2, 2)
#endif
OUTERS(1, 1)
#undef OUTERS
#undef OUTER

/* The first rows of a tile: out[p] and at[p] must be set for up to the next of 1, 2, 4, 6. */
INLINE void FN(run_dot)(const DotTile *t, ptrdiff_t rows, int vectors) {
#if WIDE > 2
    if (vectors == WIDE)
#else
    if (vectors == 2)
#endif
        rows > 4 ? FN(dot_6_wide)(t) : rows > 2 ? FN(dot_4_wide)(t) : rows > 1 ? FN(dot_2_wide)(t) : FN(dot_1_wide)(t);
#if WIDE > 2
    else if (vectors == 2)
        rows > 4 ? FN(dot_6_2)(t) : rows > 2 ? FN(dot_4_2)(t) : rows > 1 ? FN(dot_2_2)(t) : FN(dot_1_2)(t);
#endif
    else
        rows > 4 ? FN(dot_6_1)(t) : rows > 2 ? FN(dot_4_1)(t) : rows > 1 ? FN(dot_2_1)(t) : FN(dot_1_1)(t);
}

typedef void (*FN(outer_fn))(const OuterTile *);

INLINE FN(outer_fn) FN(outer_of)(ptrdiff_t rows, int vectors) {
#define SIZES(width) \
    {FN(outer_1_##width), FN(outer_2_##width), FN(outer_3_##width), FN(outer_4_##width), FN(outer_5_##width), \
     FN(outer_6_##width)}
#if WIDE > 2
    static const FN(outer_fn) table[][ROWS] = {SIZES(1), SIZES(2), SIZES(wide)};
    return table[vectors == WIDE ? 2 : vectors - 1][rows - 1];
#else
    static const FN(outer_fn) table[][ROWS] = {SIZES(1), SIZES(wide)};
    return table[vectors - 1][rows - 1];
#endif
#undef SIZES
}
