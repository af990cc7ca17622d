/* The gradient of a pooled convolution's weights where windows hold few channels, as a first layer's do: vectors run
   along filters. Around every pixel the values that the four cells of a 2 x 2 pooling window would meet make a table of
   four, and each filter's winner picks one of them by a permutation within the register. */
#if defined(__x86_64__) && VECTOR_BYTES == 32 && !IS_DOUBLE
#include <immintrin.h>

/* sums[entry][filter] over the patch's pixels: `entries` tables from the tile's first on, 2 vectors of filters. */
INLINE void FN(add_picks)(const Winners *g, const FN(winner_tile) *t, const int entries) {
    const ptrdiff_t f = g->conv.f, across = g->next_pooled[1], next_patch = t->rows * t->cols * f;
    VEC acc[9][2];
#pragma GCC unroll 16
    for (int e = 0; e < entries; e++)
#pragma GCC unroll 16
        for (int v = 0; v < 2; v++) acc[e][v] = FN(load)(t->sums + e * f + v * LANES);
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        const REAL *tables = t->x + row * g->next_pooled[0], *dy = t->dy + row * g->pooled[1] * f;
        const uint8_t *argmax = t->argmax + row * g->pooled[1] * f;
        for (ptrdiff_t left = t->cols; left > 0; left--, tables += across, dy += f, argmax += f) {
            VEC value[2];
            IVEC cell[2];
            __builtin_prefetch(dy + next_patch);
            __builtin_prefetch(argmax + next_patch);
#pragma GCC unroll 16
            for (int v = 0; v < 2; v++) {
                cell[v] = (IVEC)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(argmax + v * LANES)));
                value[v] = FN(load)(dy + v * LANES);
            }
#pragma GCC unroll 16
            for (int e = 0; e < entries; e++) {
                const VEC table = (VEC)_mm256_broadcast_ps((const __m128 *)(tables + 4 * e));
#pragma GCC unroll 16
                for (int v = 0; v < 2; v++)
                    acc[e][v] += (VEC)_mm256_permutevar_ps((__m256)table, (__m256i)cell[v]) * value[v];
            }
        }
    }
#pragma GCC unroll 16
    for (int e = 0; e < entries; e++)
#pragma GCC unroll 16
        for (int v = 0; v < 2; v++) FN(store)(t->sums + e * f + v * LANES, acc[e][v]);
}

#define PICKS(entries)                                                                                      \
    static __attribute__((noinline)) TARGET void FN(add_picks_##entries)(const Winners *g,                  \
                                                                         const FN(winner_tile) *t) {        \
        FN(add_picks)(g, t, entries);                                                                       \
    }
PICKS(9)
PICKS(3)
PICKS(1)
#undef PICKS

/* One patch into the sums (kh, kw, c, filter). */
INLINE void FN(pick_patch)(const Winners *g, FN(winner_tile) t, const REAL *tables, REAL *sums) {
    const ptrdiff_t f = g->conv.f;
    for (ptrdiff_t run = 0; run < g->runs; run++)
        for (ptrdiff_t e = 0, count; e < g->length; e += count) {
            count = WIDE > 2 && g->length - e >= 9 ? 9 : g->length - e >= 3 ? 3 : 1;
            t.x = tables + run * g->conv.dilation[0] * g->table_line + e * 4;
            for (ptrdiff_t i = 0; i < f; i += 2 * LANES) {
                FN(winner_tile) tile = t;
                tile.sums = sums + (run * g->length + e) * f + i;
                tile.dy += i;
                tile.argmax += i;
                if (count == 1)
                    FN(add_picks_1)(g, &tile);
                else
                    count == 3 ? FN(add_picks_3)(g, &tile) : FN(add_picks_9)(g, &tile);
            }
        }
}
#else
INLINE void FN(pick_patch)(const Winners *g, FN(winner_tile) t, const REAL *tables, REAL *sums) {
    (void)g, (void)t, (void)tables, (void)sums; /* the plan makes no tables for this copy */
}
#endif

/* The tables of all pixels of a patch from rows that lie `line` apart: the pixel, the next output pixel's to the right,
   and the two below. */
INLINE void FN(lay_tables)(const Winners *g, const WinnerPatch *at, const REAL *x, ptrdiff_t line, REAL *to) {
    const Conv *s = &g->conv;
    const ptrdiff_t across = s->stride[1] * s->c, rows = strip_size(g, 0, at->rows) - s->stride[0];
    const ptrdiff_t count = (strip_size(g, 1, at->cols) - s->stride[1]) * s->c;
    for (ptrdiff_t row = 0; row < rows; row++, x += line, to += g->table_line) {
        const REAL *a = x, *b = x + s->stride[0] * line;
        EACH_ALONE for (ptrdiff_t i = 0; i < count; i++) {
            to[4 * i] = a[i];
            to[4 * i + 1] = a[i + across];
            to[4 * i + 2] = b[i];
            to[4 * i + 3] = b[i + across];
        }
    }
}
