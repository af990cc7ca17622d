/* Gradient of a pooled convolution's weights, over the pixels that won their window alone.

   Vectors run along the window's values (kh, kw, c), not along filters: for one filter each pooling window has one
   winner, so its value of dy meets one window of x, and the others are never touched. A block is a chunk of channels
   times a range of pooled rows. Patch by patch it copies x, zero-padded, into a strip that stays in the nearest cache;
   short windows are laid out side by side ("columns"), so that their few values fill vectors. */

typedef struct FN(winner_tile) {
    const REAL *x, *dy; /* the first pooled pixel's window, and its value for the first filter */
    const uint8_t *argmax;
    REAL *sums;
    ptrdiff_t rows, cols;
} FN(winner_tile);

/* sums[i] += dy * x[the winner's window + i] over the patch's pixels, for i < vectors * LANES and `filters` filters. */
INLINE void FN(add_filters)(const Winners *g, const FN(winner_tile) *t, const ptrdiff_t first, const int vectors,
                            const int filters, const int columns) {
    const ptrdiff_t f = g->conv.f, across = g->next_pooled[1], *cells = g->cells, padded = g->padded;
    const ptrdiff_t sums_step = g->runs * g->padded;
    REAL *sums = t->sums + first * sums_step;
    VEC acc[4][12];
#pragma GCC unroll 16
    for (int i = 0; i < filters; i++)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) acc[i][v] = FN(load)(sums + i * sums_step + v * LANES);
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        const ptrdiff_t at = row * g->pooled[1] * f + first;
        const REAL *x = t->x + row * g->next_pooled[0], *dy = t->dy + at;
        const uint8_t *argmax = t->argmax + at;
        for (ptrdiff_t left = t->cols; left > 0; left--, x += across, dy += f, argmax += f)
#pragma GCC unroll 16
            for (int i = 0; i < filters; i++) {
                const REAL *from = x + (columns ? argmax[i] * padded : cells[argmax[i]]);
#pragma GCC unroll 16
                for (int v = 0; v < vectors; v++) acc[i][v] += FN(load)(from + v * LANES) * dy[i];
            }
    }
#pragma GCC unroll 16
    for (int i = 0; i < filters; i++)
#pragma GCC unroll 16
        for (int v = 0; v < vectors; v++) FN(store)(sums + i * sums_step + v * LANES, acc[i][v]);
}

/* Asks for a share of the next patch's dy and argmax, which tiles read across and thus unforeseeably. */
INLINE void FN(fetch_next)(const Winners *g, const FN(winner_tile) *t, ptrdiff_t first, ptrdiff_t filters) {
    const ptrdiff_t pixels = t->rows * t->cols, from = pixels * (g->conv.f + first), end = from + pixels * filters;
    for (ptrdiff_t i = from; i < end; i += ALIGNMENT / sizeof(REAL)) __builtin_prefetch(t->dy + i);
    for (ptrdiff_t i = from; i < end; i += ALIGNMENT) __builtin_prefetch(t->argmax + i);
}

/* Several filters at once while there are as many: their sums need not wait for each other. */
INLINE void FN(add_winners)(const Winners *g, const FN(winner_tile) *t, const int vectors) {
    const int filters = WIDE * 6 / vectors < 4 ? WIDE * 6 / vectors : 4;
    ptrdiff_t first = 0;
    if (g->columns)
        for (; first + filters <= g->group_f; first += filters) {
            FN(fetch_next)(g, t, first, filters);
            FN(add_filters)(g, t, first, vectors, filters, 1);
        }
    else
        for (; first + filters <= g->group_f; first += filters) FN(add_filters)(g, t, first, vectors, filters, 0);
    for (; first < g->group_f; first++) FN(add_filters)(g, t, first, vectors, 1, 0);
}

#define WINNERS(vectors)                                                         \
    static __attribute__((noinline)) TARGET void FN(add_winners_##vectors)(      \
        const Winners *g, const FN(winner_tile) *t) {                            \
        FN(add_winners)(g, t, vectors);                                          \
    }
WINNERS(12)
WINNERS(9)
WINNERS(6)
WINNERS(4)
WINNERS(3)
WINNERS(2)
WINNERS(1)
#undef WINNERS

/* The widest tile for the first of `left` vectors; returns how many it took. */
INLINE ptrdiff_t FN(run_winners)(const Winners *g, const FN(winner_tile) *t, ptrdiff_t left) {
#define TAKE(vectors)                     \
    if (left >= vectors) {                \
        FN(add_winners_##vectors)(g, t);  \
        return vectors;                   \
    }
    TAKE(12) TAKE(9) TAKE(6) TAKE(4) TAKE(3) TAKE(2) TAKE(1)
#undef TAKE
    return 1;
}

/* One patch into the sums (filter, run, value) of one block. */
INLINE void FN(add_patch)(const Winners *g, FN(winner_tile) t, const REAL *windows, REAL *sums) {
    for (ptrdiff_t run = 0; run < g->runs; run++, sums += g->padded)
        for (ptrdiff_t i = 0; i < g->padded / LANES;) {
            t.x = windows + run_offset(g, run) + i * LANES;
            t.sums = sums + i * LANES;
            i += FN(run_winners)(g, &t, g->padded / LANES - i);
        }
}

/* `channels` of some neighbouring pixels, with zeros up to the chunk's. */
INLINE void FN(copy_pixels)(const Winners *g, const REAL *x, REAL *to, ptrdiff_t pixels, ptrdiff_t channels) {
    if (channels == g->conv.c) {
        memcpy(to, x, pixels * channels * sizeof(REAL));
        return;
    }
    for (ptrdiff_t i = 0; i < pixels; i++, x += g->conv.c, to += g->chunk) {
        memcpy(to, x, channels * sizeof(REAL));
        memset(to + channels, 0, (g->chunk - channels) * sizeof(REAL));
    }
}

/* The strip: zero-padded rows of x under the patch's windows, `channels` from the first one. */
INLINE void FN(copy_strip)(const Winners *g, const WinnerPatch *at, ptrdiff_t first, ptrdiff_t channels, REAL *to) {
    const Conv *s = &g->conv;
    const ptrdiff_t rows = strip_size(g, 0, at->rows), cols = strip_size(g, 1, at->cols);
    const ptrdiff_t top = strip_start(g, 0, at->top), start = strip_start(g, 1, at->left);
    const ptrdiff_t left = least(most(-start, 0), cols), right = most(least(s->size[1] - start, cols), left);
    for (ptrdiff_t row = top; row < top + rows; row++, to += g->line) {
        if (row < 0 || row >= s->size[0]) {
            memset(to, 0, cols * g->chunk * sizeof(REAL));
            continue;
        }
        const ptrdiff_t pixel = (at->image * s->size[0] + row) * s->size[1] + start + left;
        memset(to, 0, left * g->chunk * sizeof(REAL));
        FN(copy_pixels)(g, (const REAL *)g->x + pixel * s->c + first, to + left * g->chunk, right - left, channels);
        memset(to + right * g->chunk, 0, (cols - right) * g->chunk * sizeof(REAL));
    }
}

/* Whether the patch's windows can be read where they are: all inside their image, with room behind the last one. */
INLINE int FN(lies_inside)(const Winners *g, const WinnerPatch *at) {
    const Conv *s = &g->conv;
    const ptrdiff_t top = strip_start(g, 0, at->top), start = strip_start(g, 1, at->left);
    const ptrdiff_t bottom = top + strip_size(g, 0, at->rows), right = start + strip_size(g, 1, at->cols);
    return g->chunk == s->c && top >= 0 && start >= 0 && bottom <= s->size[0] && right <= s->size[1] &&
           (((s->images - at->image) * s->size[0] - bottom + 1) * s->size[1] - right) * s->c >= LANES;
}

/* One window, its runs side by side, from rows `down` apart. What the last vector of a run writes too much is
   overwritten by the next run or window, or falls into padding. */
INLINE void FN(copy_window)(const REAL *x, REAL *to, const ptrdiff_t rows, ptrdiff_t down, const ptrdiff_t cols,
                            ptrdiff_t across, const ptrdiff_t length) {
#pragma GCC unroll 4
    for (ptrdiff_t row = 0; row < rows; row++)
        for (ptrdiff_t col = 0; col < cols; col++, to += length) {
            const REAL *from = x + row * down + col * across;
            ptrdiff_t i = 0;
            for (; i + 1 < length; i += LANES) FN(store)(to + i, FN(load)(from + i));
            if (i < length) to[i] = from[i];
        }
}

/* The windows of all the patch's output pixels, those of one pooling window together; rows of x lie `line` apart. */
INLINE void FN(copy_columns)(const Winners *g, const WinnerPatch *at, const REAL *x, ptrdiff_t line, REAL *to,
                             const ptrdiff_t run_rows, const ptrdiff_t run_cols, const ptrdiff_t length) {
    const Conv *s = &g->conv;
    const ptrdiff_t padded = g->padded;
    const ptrdiff_t down = s->dilation[0] * line, across = s->dilation[1] * g->chunk, next = s->stride[1] * g->chunk;
    const ptrdiff_t pool_rows = g->pool[0], pool_cols = g->pool[1], next_row = s->stride[0] * line;
    for (ptrdiff_t row = 0; row < at->rows; row++, to += g->next_pooled[0]) {
        const REAL *pooled = x + row * pool_rows * next_row;
        REAL *window = to;
        for (ptrdiff_t left = at->cols; left > 0; left--, pooled += pool_cols * next)
            for (ptrdiff_t i = 0; i < pool_rows; i++)
                for (ptrdiff_t j = 0; j < pool_cols; j++, window += padded)
                    FN(copy_window)(pooled + i * next_row + j * next, window, run_rows, down, run_cols, across,
                                    length);
    }
}

/* The same with a length that the compiler knows for usual first layers: 3 x 3 pixels of 3 channels, or of one. */
INLINE void FN(lay_columns)(const Winners *g, const WinnerPatch *at, const REAL *x, ptrdiff_t line, REAL *to) {
    const ptrdiff_t rows = g->conv.kernel[0], cols = strip_runs(&g->conv) / rows, length = g->length / (rows * cols);
    if (rows == 3 && cols == 1 && length == 9)
        FN(copy_columns)(g, at, x, line, to, 3, 1, 9);
    else if (rows == 3 && cols == 1 && length == 3)
        FN(copy_columns)(g, at, x, line, to, 3, 1, 3);
    else
        FN(copy_columns)(g, at, x, line, to, rows, cols, length);
}

#include "winners_tables.h"
#include "winners_bias.h"

KERNEL_OF(winners_gradient) {
    const Winners *g = context;
    const Conv *s = &g->conv;
    const ptrdiff_t part = block / g->chunks, group = block % g->chunks / g->group_chunks;
    const ptrdiff_t from = block % g->chunks % g->group_chunks * g->chunk;
    const ptrdiff_t channels = least(g->chunk, g->group_c - from);
    REAL *strip = scratch, *laid = (REAL *)((char *)scratch + g->strip_bytes);
    REAL *sums = (REAL *)g->partial + block * g->sums_size;
    REAL *bias_sums = g->db && from == 0 ? (REAL *)g->bias_sums + part * s->f + group * g->group_f : NULL;
    memset(sums, 0, g->sums_size * sizeof(REAL));
    if (bias_sums) memset(bias_sums, 0, g->group_f * sizeof(REAL));
    ptrdiff_t row = part * g->part_rows, end = least(row + g->part_rows, s->images * g->pooled[0]);
    while (row < end) {
        WinnerPatch at = {.image = row / g->pooled[0], .top = row % g->pooled[0]};
        at.rows = least(least(g->patch[0], g->pooled[0] - at.top), end - row);
        for (; at.left < g->pooled[1]; at.left += g->patch[1]) {
            at.cols = least(g->patch[1], g->pooled[1] - at.left);
            const ptrdiff_t pixel = (row * g->pooled[1] + at.left) * s->f + group * g->group_f;
            FN(winner_tile) t = {.dy = (const REAL *)g->dy + pixel, .argmax = g->argmax + pixel, .rows = at.rows,
                                 .cols = at.cols};
            const int in_place = (g->columns || g->tables) && FN(lies_inside)(g, &at);
            const REAL *x = in_place ? (const REAL *)g->x + first_pixel(g, &at) * s->c : strip;
            const ptrdiff_t line = in_place ? s->size[1] * s->c : g->line;
            if (!in_place) FN(copy_strip)(g, &at, group * g->group_c + from, channels, strip);
            if (g->tables) {
                FN(lay_tables)(g, &at, x, line, laid);
                FN(pick_patch)(g, t, laid, sums);
            } else if (g->columns) {
                FN(lay_columns)(g, &at, x, line, laid);
                FN(add_patch)(g, t, laid, sums);
            } else {
                FN(add_patch)(g, t, strip, sums);
            }
            if (bias_sums) FN(add_bias_patch)(g, &t, bias_sums);
        }
        row += at.rows;
    }
}

/* dw from the parts' sums, added in order. A block is one run of one chunk. */
KERNEL_OF(add_winner_sums) {
    const Winners *g = context;
    const Conv *s = &g->conv;
    const ptrdiff_t chunk = block / g->runs, run = block % g->runs, group = chunk / g->group_chunks;
    const ptrdiff_t from = chunk % g->group_chunks * g->chunk, channels = least(g->chunk, g->group_c - from);
    (void)scratch;
    if (g->tables) {
        const ptrdiff_t size = g->length * s->f;
        REAL *to = (REAL *)g->dw + run * size;
        memcpy(to, (const REAL *)g->partial + run * size, size * sizeof(REAL));
        for (ptrdiff_t part = 1; part < g->parts; part++) {
            const REAL *more = (const REAL *)g->partial + part * g->sums_size + run * size;
            EACH_ALONE for (ptrdiff_t i = 0; i < size; i++) to[i] += more[i];
        }
        return;
    }
    for (ptrdiff_t f = 0; f < g->group_f; f++) {
        REAL *sums = (REAL *)g->partial + chunk * g->sums_size + (f * g->runs + run) * g->padded;
        for (ptrdiff_t part = 1; part < g->parts; part++) {
            const REAL *more = sums + part * g->chunks * g->sums_size;
            EACH_ALONE for (ptrdiff_t i = 0; i < g->length; i++) sums[i] += more[i];
        }
        for (ptrdiff_t i = 0; i < g->length; i++) {
            const ptrdiff_t cell = (run * g->length + i) / g->chunk, c = (run * g->length + i) % g->chunk;
            if (c < channels) ((REAL *)g->dw)[(cell * g->group_c + from + c) * s->f + group * g->group_f + f] = sums[i];
        }
    }
}
