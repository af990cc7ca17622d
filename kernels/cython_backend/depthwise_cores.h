/* The cores of depthwise convolution, for one instruction set and type. */
#define VECTORS (WIDE / 2)
#define CHUNK (VECTORS * LANES)

INLINE void FN(copy_channels)(const REAL *from, REAL *to, ptrdiff_t count) {
    if (count >= CHUNK)
        for (int v = 0; v < VECTORS; v++) FN(store)(to + v * LANES, FN(load)(from + v * LANES));
    else
        for (ptrdiff_t i = 0; i < CHUNK; i++) to[i] = i < count ? from[i] : 0;
}

/* `count` channels of some pixels, chunk by chunk, to places that are chunk_step apart: long reads, for prefetchers. */
INLINE void FN(copy_pixels)(const REAL *from, ptrdiff_t channels, ptrdiff_t count, REAL *to, ptrdiff_t chunk_step,
                            ptrdiff_t pixels) {
    for (ptrdiff_t p = 0; p < pixels; p++, from += channels, to += CHUNK)
        for (ptrdiff_t c = 0; c < count; c += CHUNK)
            FN(copy_channels)(from + c, to + c / CHUNK * chunk_step, count - c);
}

/* The same where channels of source and destination differ. */
INLINE void FN(spread_pixels)(const Slide *g, const REAL *from, ptrdiff_t first, ptrdiff_t count, ptrdiff_t plane,
                              REAL *to, ptrdiff_t chunk_step, ptrdiff_t pixels) {
    ptrdiff_t channel[MOST_CHUNKS * CHUNK];
    for (ptrdiff_t i = 0; i < count; i++) channel[i] = (first + i) / g->own * g->planes + plane;
    for (ptrdiff_t p = 0; p < pixels; p++, from += g->from_channels, to += CHUNK)
        for (ptrdiff_t c = 0; c < count; c += CHUNK) {
            REAL *d = to + c / CHUNK * chunk_step;
            if (count - c >= CHUNK)
#pragma GCC unroll 16
                for (ptrdiff_t i = 0; i < CHUNK; i++) d[i] = from[channel[c + i]];
            else
                for (ptrdiff_t i = 0; i < CHUNK; i++) d[i] = c + i < count ? from[channel[c + i]] : 0;
        }
}

INLINE void FN(clear)(REAL *to, ptrdiff_t pixels, ptrdiff_t chunks, ptrdiff_t chunk_step) {
    if (pixels > 0)
        for (ptrdiff_t k = 0; k < chunks; k++) memset(to + k * chunk_step, 0, pixels * CHUNK * sizeof(REAL));
}

/* The source pixels that an area's windows lie on, zeros outside the image; `count` channels from `first`. */
INLINE void FN(copy_patch)(const Slide *g, const Area *a, ptrdiff_t first, ptrdiff_t count, REAL *patch) {
    const ptrdiff_t chunk_step = patch_pixels(g) * CHUNK, chunks = ceil_div(count, CHUNK);
    ptrdiff_t start[2], used[2], left, right;
    for (int axis = 0; axis < 2; axis++) {
        start[axis] = a->at[axis] / g->phase[axis] * g->step[axis] + g->origin[axis];
        used[axis] = g->patch[axis] - (g->band[axis] - a->size[axis]) / g->phase[axis] * g->step[axis];
    }
    left = least(most(-start[1], 0), used[1]);
    right = most(least(g->from_size[1] - start[1], used[1]), left);
    for (ptrdiff_t row = 0; row < used[0]; row++)
        for (ptrdiff_t plane = 0; plane < g->planes; plane++) {
            REAL *to = patch + (plane * g->patch[0] + row) * g->patch[1] * CHUNK;
            if (start[0] + row < 0 || start[0] + row >= g->from_size[0]) {
                FN(clear)(to, used[1], chunks, chunk_step);
                continue;
            }
            ptrdiff_t pixel = (a->image * g->from_size[0] + start[0] + row) * g->from_size[1] + start[1] + left;
            const REAL *from = (const REAL *)g->from + pixel * g->from_channels;
            FN(clear)(to, left, chunks, chunk_step);
            if (g->planes == 1 && g->own == 1)
                FN(copy_pixels)(from + first, g->from_channels, count, to + left * CHUNK, chunk_step, right - left);
            else
                FN(spread_pixels)(g, from, first, count, plane, to + left * CHUNK, chunk_step, right - left);
            FN(clear)(to + right * CHUNK, used[1] - right, chunks, chunk_step);
        }
}

/* The chunk's weights, tap by tap; in transposed form a channel's lie where its group's filters are. */
INLINE void FN(pack_taps)(const Slide *g, ptrdiff_t first, ptrdiff_t count, REAL *packed) {
    for (ptrdiff_t t = 0; t < g->tap_count; t++, packed += CHUNK) {
        const REAL *w = (const REAL *)g->w + g->taps[t].weight;
        if (!g->transposed || (g->planes == 1 && g->own == 1)) {
            FN(copy_channels)(w + first, packed, count);
            continue;
        }
        for (ptrdiff_t i = 0; i < CHUNK; i++) {
            const ptrdiff_t c = first + i;
            packed[i] = i < count ? w[c % g->own * g->from_channels + c / g->own * g->planes] : 0;
        }
    }
}

/* Taps side by side on pixels side by side: each value of the patch is loaded once. */
INLINE void FN(add_taps)(const REAL *source, const REAL *packed, VEC (*acc)[VECTORS], const int pixels,
                         const int taps) {
    VEC w[3][VECTORS];
#pragma GCC unroll 8
    for (int k = 0; k < taps; k++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) w[k][v] = FN(load)(packed + k * CHUNK + v * LANES);
#pragma GCC unroll 16
    for (int place = 0; place < pixels + taps - 1; place++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            const VEC x = FN(load)(source + place * CHUNK + v * LANES);
#pragma GCC unroll 8
            for (int k = 0; k < taps; k++)
                if (place >= k && place - k < pixels) acc[place - k][v] += x * w[k][v];
        }
}

/* The first `stored` of `pixels` pixels; in unit form the others read past the row, else they repeat the first. */
INLINE void FN(slide)(const WindowTile *t, const ptrdiff_t stored, const int pixels, const int unit) {
    VEC acc[TILE][VECTORS];
    const REAL *source[TILE], *packed = t->packed;
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++) {
        source[p] = (const REAL *)t->source + (unit ? p * CHUNK : p < stored ? p * t->step : 0);
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) acc[p][v] = FN(all)(0);
    }
    for (ptrdiff_t tap = 0; tap < t->runs;) {
        const ptrdiff_t offset = t->taps[tap].offset * CHUNK;
        const WindowTap *next = t->taps + tap;
        const int side_by_side = unit && tap + 2 < t->runs && next[1].offset == next[0].offset + 1 &&
                                 next[2].offset == next[0].offset + 2;
        if (side_by_side)
            FN(add_taps)(source[0] + offset, packed, acc, pixels, 3);
        else
#pragma GCC unroll 8
            for (int p = 0; p < pixels; p++) FN(add_taps)(source[p] + offset, packed, acc + p, 1, 1);
        tap += side_by_side ? 3 : 1;
        packed += side_by_side ? 3 * CHUNK : CHUNK;
    }
    const ptrdiff_t count = t->count, to_step = t->to_step; /* t may not be read between writes: they may alias */
    REAL *to = t->to;
    if (t->finish)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            const VEC bias = FN(load)((const REAL *)t->bias + v * LANES);
#pragma GCC unroll 8
            for (int p = 0; p < pixels; p++) acc[p][v] = FN(leaky)(acc[p][v] + bias, (REAL)t->slope);
        }
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++, to += to_step) {
        if (p == stored) return;
        REAL rest[CHUNK], *full = count >= CHUNK ? to : rest;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) FN(store)(full + v * LANES, acc[p][v]);
        if (count < CHUNK) memcpy(to, rest, count * sizeof(REAL));
    }
}

#define SLIDE(pixels, unit, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const WindowTile *t, ptrdiff_t stored) { \
        FN(slide)(t, stored, pixels, unit); \
    }
SLIDE(8, 1, slide_8_unit)
SLIDE(8, 0, slide_8)
SLIDE(4, 1, slide_4_unit)
SLIDE(4, 0, slide_4)
#undef SLIDE

/* One row of destination pixels of one phase: all chunks of a tile before the next tile, for long writes. */
INLINE void FN(slide_row)(const Slide *g, WindowTile t, ptrdiff_t pixels, ptrdiff_t count) {
    const int unit = t.step == CHUNK;
    const REAL *source = t.source, *packed = t.packed, *bias = t.bias;
    REAL *to = t.to;
    for (; pixels > 0; pixels -= TILE, source += TILE * t.step, to += TILE * t.to_step)
        for (ptrdiff_t c = 0; c < count; c += CHUNK) {
            t.source = source + c * patch_pixels(g);
            t.packed = packed + c * g->tap_count;
            t.bias = bias + c;
            t.to = to + c;
            t.count = count - c;
            if (pixels > TILE / 2)
                (unit ? FN(slide_8_unit) : FN(slide_8))(&t, least(pixels, TILE));
            else
                (unit ? FN(slide_4_unit) : FN(slide_4))(&t, pixels);
        }
}

/* One phase of an area: its destination pixels, row by row. */
INLINE void FN(slide_phase)(const Slide *g, const Area *a, const Phase *phase, WindowTile t, ptrdiff_t count) {
    const ptrdiff_t cols = ceil_div(a->size[1] - phase->at[1], g->phase[1]);
    const REAL *patch = t.source;
    REAL *to = t.to;
    t.taps = g->taps + phase->first;
    t.packed = (const REAL *)t.packed + phase->first * CHUNK;
    t.runs = phase->end - phase->first;
    for (ptrdiff_t row = phase->at[0]; row < a->size[0]; row += g->phase[0]) {
        ptrdiff_t pixel = (a->image * g->to_size[0] + a->at[0] + row) * g->to_size[1] + a->at[1] + phase->at[1];
        t.source = patch + row / g->phase[0] * g->step[0] * g->patch[1] * CHUNK;
        t.to = to + pixel * g->to_channels;
        FN(slide_row)(g, t, cols, count);
    }
}

/* The convolution, or the gradient of its input. A block is one area times a range of chunks of channels. */
KERNEL_OF(depthwise_slide) {
    const Slide *g = context;
    const ptrdiff_t groups = ceil_div(g->chunks, g->chunks_a_block), group = block % groups, run = g->run * CHUNK;
    const Area a = area_of(g, block / groups);
    REAL bias[MOST_CHUNKS * CHUNK], *packed = scratch, *patch = packed + g->run * g->tap_count * CHUNK;
    const ptrdiff_t end = least(g->to_channels, (group + 1) * g->chunks_a_block * CHUNK);
    for (ptrdiff_t first = group * g->chunks_a_block * CHUNK; first < end; first += run) {
        const ptrdiff_t count = least(run, end - first);
        for (ptrdiff_t c = 0; c < count; c += CHUNK)
            FN(pack_taps)(g, first + c, least(CHUNK, count - c), packed + c * g->tap_count);
        FN(copy_patch)(g, &a, first, count, patch);
        for (ptrdiff_t i = 0; i < run; i++) bias[i] = g->bias && i < count ? ((const REAL *)g->bias)[first + i] : 0;
        const WindowTile t = {.source = patch, .packed = packed, .bias = bias, .step = g->step[1] * CHUNK,
                              .to = (REAL *)g->to + first, .to_step = g->phase[1] * g->to_channels,
                              .finish = g->finish, .slope = g->slope};
        for (ptrdiff_t i = 0; i < g->phase_count; i++) FN(slide_phase)(g, &a, g->phases + i, t, count);
    }
}

#include "depthwise_direct_cores.h"

INLINE void FN(cell_sums)(const CellTile *t, const int cells) {
    VEC acc[9][VECTORS];
    const REAL *source[9], *dy = t->dy;
#pragma GCC unroll 9
    for (int k = 0; k < cells; k++) {
        source[k] = (const REAL *)t->source + t->taps[k].offset * CHUNK;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) acc[k][v] = FN(load)((const REAL *)t->out + k * CHUNK + v * LANES);
    }
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        ptrdiff_t at = row * t->row_step;
        for (ptrdiff_t col = 0; col < t->cols; col++, at += t->step, dy += CHUNK) {
            VEC d[VECTORS];
#pragma GCC unroll 8
            for (int v = 0; v < VECTORS; v++) d[v] = FN(load)(dy + v * LANES);
#pragma GCC unroll 9
            for (int k = 0; k < cells; k++)
#pragma GCC unroll 8
                for (int v = 0; v < VECTORS; v++) acc[k][v] += FN(load)(source[k] + at + v * LANES) * d[v];
        }
    }
#pragma GCC unroll 9
    for (int k = 0; k < cells; k++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) FN(store)((REAL *)t->out + k * CHUNK + v * LANES, acc[k][v]);
}

#define CELLS(cells) \
    static __attribute__((noinline)) TARGET void FN(cells_##cells)(const CellTile *t) { FN(cell_sums)(t, cells); }
CELLS(9)
CELLS(3)
CELLS(1)
#undef CELLS

INLINE void FN(all_cells)(CellTile *t, ptrdiff_t cells) {
    while (cells > 0) {
        ptrdiff_t some = cells >= 9 ? 9 : cells >= 3 ? 3 : 1;
        (some == 9 ? FN(cells_9) : some == 3 ? FN(cells_3) : FN(cells_1))(t);
        t->taps += some;
        t->out = (REAL *)t->out + some * CHUNK;
        cells -= some;
    }
}

/* One area's pixels into the partial sums of `count` channels from `first`; dy is copied too, for full chunks. */
INLINE void FN(area_cells)(const Slide *g, const Area *a, ptrdiff_t first, ptrdiff_t count, REAL *sums, REAL *memory) {
    const ptrdiff_t line = g->to_size[1] * g->to_channels, band = g->band[0] * g->band[1] * CHUNK;
    const REAL *dy = (const REAL *)g->dy + (a->image * g->to_size[0] + a->at[0]) * line + a->at[1] * g->to_channels;
    REAL *packed = memory, *patch = memory + g->run * band;
    for (ptrdiff_t row = 0; row < a->size[0]; row++)
        FN(copy_pixels)(dy + row * line + first, g->to_channels, count, packed + row * a->size[1] * CHUNK, band,
                        a->size[1]);
    FN(copy_patch)(g, a, first, count, patch);
    for (ptrdiff_t c = 0; c < count; c += CHUNK, sums += g->tap_count * CHUNK, packed += band) {
        CellTile t = {.source = patch + c * patch_pixels(g), .dy = packed, .taps = g->taps, .rows = a->size[0],
                      .cols = a->size[1], .row_step = g->step[0] * g->patch[1] * CHUNK, .step = g->step[1] * CHUNK,
                      .out = sums};
        FN(all_cells)(&t, g->tap_count);
    }
}

/* Partial sums of dw, [part][chunk][cell][channel]. A block is one part of the areas times a range of chunks. */
KERNEL_OF(depthwise_weights) {
    const Slide *g = context;
    const ptrdiff_t groups = ceil_div(g->chunks, g->chunks_a_block), part = block / groups, size = g->tap_count * CHUNK;
    const ptrdiff_t begin = block % groups * g->chunks_a_block, end = least(g->chunks, begin + g->chunks_a_block);
    const ptrdiff_t units = g->images * g->bands[0] * g->bands[1], last = least(units, (part + 1) * g->part_units);
    REAL *sums = (REAL *)g->to + part * g->chunks * size;
    memset(sums + begin * size, 0, (end - begin) * size * sizeof(REAL));
    for (ptrdiff_t unit = part * g->part_units; unit < last; unit++) {
        const Area a = area_of(g, unit);
        for (ptrdiff_t chunk = begin; chunk < end; chunk += g->run) {
            ptrdiff_t channels = least(g->to_channels, least(end, chunk + g->run) * CHUNK) - chunk * CHUNK;
            FN(area_cells)(g, &a, chunk * CHUNK, channels, sums + chunk * size, scratch);
        }
    }
}

/* dw of one cell: the partial sums (g->from), part by part. */
KERNEL_OF(depthwise_add) {
    const Slide *g = context;
    (void)scratch;
    for (ptrdiff_t first = 0; first < g->to_channels; first += CHUNK) {
        const REAL *sums = (const REAL *)g->from + (first * g->tap_count + block * CHUNK);
        REAL *dw = (REAL *)g->to + block * g->to_channels + first, total[CHUNK] = {0};
        for (ptrdiff_t part = 0; part < g->parts; part++, sums += g->chunks * g->tap_count * CHUNK)
            for (ptrdiff_t i = 0; i < CHUNK; i++) total[i] += sums[i];
        for (ptrdiff_t i = 0; i < CHUNK && first + i < g->to_channels; i++) dw[i] = total[i];
    }
}

#undef VECTORS
#undef CHUNK
