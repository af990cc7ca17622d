/* Gradient of a pooled convolution's input: only pixels that won a pooling window pass anything on.

   For each pooled pixel the filters are listed by the cell that won; the sum of a list, dy times the filters' weights,
   is what one window of dx gets. Zeros, which is what a dead relu leaves of dy, are not listed. A block is a chunk of
   channels of one image. Patch by patch the windows are summed in a strip that stays in the nearest cache and then
   added to dx; in the end dx goes back through the relu whose output x is. */

typedef struct FN(share) {
    REAL value;
    INT weights; /* where the filter's begin */
} FN(share);

typedef struct FN(shares) {
    FN(share) *list;  /* g->filters for each cell of each pooled pixel */
    int32_t *counts;
} FN(shares);

/* Lists the filters from `first` on, by pooled pixel and cell. */
INLINE void FN(list_shares)(const Winners *g, const WinnerPatch *at, const REAL *dy, const uint8_t *argmax,
                            ptrdiff_t filters, FN(shares) to) {
    const ptrdiff_t cells = g->pool[0] * g->pool[1];
    memset(to.counts, 0, at->rows * at->cols * cells * sizeof(int32_t));
    for (ptrdiff_t row = 0; row < at->rows; row++)
        for (ptrdiff_t col = 0; col < at->cols; col++, to.counts += cells, to.list += cells * g->filters) {
            const ptrdiff_t pixel = (row * g->pooled[1] + col) * g->conv.f;
            for (ptrdiff_t f = 0; f < filters; f++) {
                const REAL value = dy[pixel + f];
                const ptrdiff_t cell = argmax[pixel + f], count = to.counts[cell];
                to.list[cell * g->filters + count] = (FN(share)){value, (INT)(f * g->padded)};
                to.counts[cell] = (int32_t)(count + (value != 0));
            }
        }
}

/* strip[window + i] += the sum of its list for i < vectors * LANES, over all windows of the patch. */
INLINE void FN(scatter)(const Winners *g, const WinnerPatch *at, FN(shares) from, const REAL *weights, REAL *strip,
                        const int vectors) {
    const ptrdiff_t cells = g->pool[0] * g->pool[1];
    for (ptrdiff_t row = 0; row < at->rows; row++)
        for (ptrdiff_t col = 0; col < at->cols; col++) {
            REAL *pooled = strip + row * g->next_pooled[0] + col * g->next_pooled[1];
            for (ptrdiff_t cell = 0; cell < cells; cell++, from.list += g->filters) {
                const FN(share) *share = from.list, *end = share + *from.counts++;
                REAL *to = pooled + g->cells[cell];
                VEC acc[12];
                if (share == end) continue;
#pragma GCC unroll 16
                for (int v = 0; v < vectors; v++) acc[v] = FN(load)(to + v * LANES);
                for (; share < end; share++) {
                    const REAL *w = weights + share->weights;
#pragma GCC unroll 16
                    for (int v = 0; v < vectors; v++) acc[v] += FN(load)(w + v * LANES) * share->value;
                }
#pragma GCC unroll 16
                for (int v = 0; v < vectors; v++) FN(store)(to + v * LANES, acc[v]);
            }
        }
}

#define SCATTER(vectors)                                                                                   \
    static __attribute__((noinline)) TARGET void FN(scatter_##vectors)(                                    \
        const Winners *g, const WinnerPatch *at, FN(shares) from, const REAL *weights, REAL *strip) {      \
        FN(scatter)(g, at, from, weights, strip, vectors);                                                 \
    }
SCATTER(12)
SCATTER(6)
SCATTER(3)
SCATTER(2)
SCATTER(1)
#undef SCATTER

/* The widest tile for the first of `left` vectors; returns how many it took. */
INLINE ptrdiff_t FN(run_scatter)(const Winners *g, const WinnerPatch *at, FN(shares) from, const REAL *weights,
                                 REAL *strip, ptrdiff_t left) {
#define TAKE(vectors)                                       \
    if (left >= vectors) {                                  \
        FN(scatter_##vectors)(g, at, from, weights, strip); \
        return vectors;                                     \
    }
    TAKE(12) TAKE(6) TAKE(3) TAKE(2) TAKE(1)
#undef TAKE
    return 1;
}

/* One patch's gradient into the strip, so many filters at a time as leave their weights in the nearest cache. */
INLINE void FN(scatter_patch)(const Winners *g, const WinnerPatch *at, ptrdiff_t chunk, REAL *strip, FN(shares) lists) {
    const ptrdiff_t row = at->image * g->pooled[0] + at->top, group = chunk / g->group_chunks;
    const ptrdiff_t first = (row * g->pooled[1] + at->left) * g->conv.f + group * g->group_f;
    const REAL *packed = (const REAL *)g->packed + chunk * g->sums_size;
    memset(strip, 0, strip_size(g, 0, at->rows) * g->line * sizeof(REAL));
    for (ptrdiff_t f = 0; f < g->group_f; f += g->filters) {
        const ptrdiff_t filters = least(g->filters, g->group_f - f);
        FN(list_shares)(g, at, (const REAL *)g->dy + first + f, g->argmax + first + f, filters, lists);
        for (ptrdiff_t run = 0; run < g->runs; run++)
            for (ptrdiff_t i = 0; i < g->padded / LANES;) {
                const REAL *weights = packed + (run * g->group_f + f) * g->padded + i * LANES;
                REAL *to = strip + strip_offset(g, run) + i * LANES;
                i += FN(run_scatter)(g, at, lists, weights, to, g->padded / LANES - i);
            }
    }
}

/* dx += the part of the strip that lies inside the image. */
INLINE void FN(add_strip)(const Winners *g, const WinnerPatch *at, const REAL *strip, ptrdiff_t first,
                          ptrdiff_t channels) {
    const Conv *s = &g->conv;
    const ptrdiff_t rows = strip_size(g, 0, at->rows), cols = strip_size(g, 1, at->cols);
    const ptrdiff_t top = strip_start(g, 0, at->top), start = strip_start(g, 1, at->left);
    const ptrdiff_t left = least(most(-start, 0), cols), right = most(least(s->size[1] - start, cols), left);
    for (ptrdiff_t row = most(top, 0); row < least(top + rows, s->size[0]); row++) {
        const REAL *from = strip + (row - top) * g->line + left * g->chunk;
        REAL *to = (REAL *)g->dx + ((at->image * s->size[0] + row) * s->size[1] + start + left) * s->c + first;
        if (g->chunk == s->c)
            EACH_ALONE for (ptrdiff_t i = 0; i < (right - left) * s->c; i++) to[i] += from[i];
        else
            for (ptrdiff_t col = left; col < right; col++, from += g->chunk, to += s->c)
                EACH_ALONE for (ptrdiff_t c = 0; c < channels; c++) to[c] += from[c];
    }
}

/* The block's channels of an image of dx: zeros, or back through the relu. */
INLINE void FN(clear_channels)(const Winners *g, ptrdiff_t image, ptrdiff_t first, ptrdiff_t channels) {
    const ptrdiff_t pixels = g->conv.size[0] * g->conv.size[1], c = g->conv.c;
    REAL *dx = (REAL *)g->dx + image * pixels * c + first;
    if (channels == c)
        memset(dx, 0, pixels * c * sizeof(REAL));
    else
        for (ptrdiff_t i = 0; i < pixels; i++) memset(dx + i * c, 0, channels * sizeof(REAL));
}

INLINE void FN(mask_channels)(const Winners *g, ptrdiff_t image, ptrdiff_t first, ptrdiff_t channels) {
    const ptrdiff_t pixels = g->conv.size[0] * g->conv.size[1], c = g->conv.c;
    const ptrdiff_t runs = channels == c ? 1 : pixels, length = channels == c ? pixels * c : channels;
    const REAL *x = (const REAL *)g->x + image * pixels * c + first, slope = (REAL)g->slope;
    REAL *dx = (REAL *)g->dx + image * pixels * c + first;
    for (ptrdiff_t run = 0; run < runs; run++, x += c, dx += c)
        EACH_ALONE for (ptrdiff_t i = 0; i < length; i++) dx[i] = x[i] > 0 ? dx[i] : slope * dx[i];
}

KERNEL_OF(winners_input) {
    const Winners *g = context;
    const ptrdiff_t image = block / g->chunks, chunk = block % g->chunks, group = chunk / g->group_chunks;
    const ptrdiff_t from = chunk % g->group_chunks * g->chunk, first = group * g->group_c + from;
    const ptrdiff_t channels = least(g->chunk, g->group_c - from);
    const ptrdiff_t windows = g->patch[0] * g->patch[1] * g->pool[0] * g->pool[1];
    char *memory = (char *)scratch + g->strip_bytes;
    FN(shares) lists = {.list = (FN(share) *)memory,
                        .counts = (int32_t *)(memory + windows * g->filters * sizeof(FN(share)))};
    FN(clear_channels)(g, image, first, channels);
    WinnerPatch at = {.image = image};
    for (; at.top < g->pooled[0]; at.top += g->patch[0])
        for (at.left = 0; at.left < g->pooled[1]; at.left += g->patch[1]) {
            at.rows = least(g->patch[0], g->pooled[0] - at.top);
            at.cols = least(g->patch[1], g->pooled[1] - at.left);
            FN(scatter_patch)(g, &at, chunk, scratch, lists);
            FN(add_strip)(g, &at, scratch, first, channels);
        }
    if (g->x) FN(mask_channels)(g, image, first, channels);
}

/* The weights of one run of one chunk: [filter][kw, c], zeros beyond the last. */
KERNEL_OF(pack_runs) {
    const Winners *g = context;
    const ptrdiff_t chunk = block / g->runs, run = block % g->runs, group = chunk / g->group_chunks;
    const ptrdiff_t from = chunk % g->group_chunks * g->chunk, channels = least(g->chunk, g->group_c - from);
    REAL *to = (REAL *)g->packed + chunk * g->sums_size + run * g->group_f * g->padded;
    (void)scratch;
    memset(to, 0, g->group_f * g->padded * sizeof(REAL));
    for (ptrdiff_t i = 0; i < g->length; i++) {
        const ptrdiff_t cell = (run * g->length + i) / g->chunk, c = (run * g->length + i) % g->chunk;
        const REAL *w = (const REAL *)g->w + (cell * g->group_c + from + c) * g->conv.f + group * g->group_f;
        if (c < channels)
            for (ptrdiff_t f = 0; f < g->group_f; f++) to[f * g->padded + i] = w[f];
    }
}

/* dx of a block of elements back through the relu. */
KERNEL_OF(mask_elements) {
    const Winners *g = context;
    const Conv *s = &g->conv;
    const ptrdiff_t first = block * MASK_ELEMENTS, size = s->images * s->size[0] * s->size[1] * s->c;
    (void)scratch;
    const REAL *x = g->x, slope = (REAL)g->slope;
    REAL *dx = g->dx;
    EACH_ALONE for (ptrdiff_t i = first; i < least(size, first + MASK_ELEMENTS); i++)
        dx[i] = x[i] > 0 ? dx[i] : slope * dx[i];
}
