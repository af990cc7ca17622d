/* The cores of depthwise convolution, for one instruction set and type. */
#define VECTORS (WIDE / 2)
#define CHUNK (VECTORS * LANES)
#define TILE 8 /* pixels of a tile: enough chains of additions to hide their latency */

INLINE void FN(copy_channels)(const REAL *from, REAL *to, ptrdiff_t count) {
    if (count == CHUNK)
        for (int v = 0; v < VECTORS; v++) FN(store)(to + v * LANES, FN(load)(from + v * LANES));
    else
        for (ptrdiff_t i = 0; i < CHUNK; i++) to[i] = i < count ? from[i] : 0;
}

/* `pixels` of one row of one plane of the source, for the chunk of channels that begins at `first`. */
INLINE void FN(copy_pixels)(const Slide *g, const REAL *from, REAL *to, ptrdiff_t pixels, ptrdiff_t first,
                            ptrdiff_t count, ptrdiff_t plane) {
    if (g->planes == 1 && g->repeat == 1) {
        for (ptrdiff_t p = 0; p < pixels; p++, from += g->from_channels, to += CHUNK)
            FN(copy_channels)(from + first, to, count);
        return;
    }
    ptrdiff_t channel[CHUNK];
    for (ptrdiff_t i = 0; i < count; i++) channel[i] = ((first + i) * g->planes + plane) / g->repeat;
    for (ptrdiff_t p = 0; p < pixels; p++, from += g->from_channels, to += CHUNK)
        for (ptrdiff_t i = 0; i < CHUNK; i++) to[i] = i < count ? from[channel[i]] : 0;
}

/* The source pixels that an area's windows lie on, zeros outside the image. */
INLINE void FN(copy_patch)(const Slide *g, const Area *a, ptrdiff_t first, ptrdiff_t count, REAL *patch) {
    ptrdiff_t start[2], used[2], left, right;
    for (int axis = 0; axis < 2; axis++) {
        start[axis] = a->at[axis] / g->phase[axis] * g->step[axis] + g->origin[axis];
        used[axis] = g->patch[axis] - (g->band[axis] - a->size[axis]) / g->phase[axis] * g->step[axis];
    }
    left = least(most(-start[1], 0), used[1]);
    right = most(least(g->from_size[1] - start[1], used[1]), left);
    for (ptrdiff_t plane = 0; plane < g->planes; plane++)
        for (ptrdiff_t row = 0; row < used[0]; row++) {
            REAL *to = patch + (plane * g->patch[0] + row) * g->patch[1] * CHUNK;
            if (start[0] + row < 0 || start[0] + row >= g->from_size[0]) {
                memset(to, 0, used[1] * CHUNK * sizeof(REAL));
                continue;
            }
            ptrdiff_t pixel = (a->image * g->from_size[0] + start[0] + row) * g->from_size[1] + start[1] + left;
            memset(to, 0, left * CHUNK * sizeof(REAL));
            FN(copy_pixels)(g, (const REAL *)g->from + pixel * g->from_channels, to + left * CHUNK, right - left, first,
                            count, plane);
            memset(to + right * CHUNK, 0, (used[1] - right) * CHUNK * sizeof(REAL));
        }
}

/* The chunk's weights, tap by tap. */
INLINE void FN(pack_taps)(const Slide *g, ptrdiff_t first, ptrdiff_t count, REAL *packed) {
    for (ptrdiff_t t = 0; t < g->tap_count; t++, packed += CHUNK) {
        const REAL *w = (const REAL *)g->w + g->taps[t].weight + first * g->planes;
        if (g->planes == 1)
            FN(copy_channels)(w, packed, count);
        else
            for (ptrdiff_t i = 0; i < CHUNK; i++) packed[i] = i < count ? w[i * g->planes] : 0;
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
    for (ptrdiff_t tap = 0; tap < t->runs; tap++, packed += CHUNK) {
        const ptrdiff_t offset = t->taps[tap].offset * CHUNK;
        VEC w[VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) w[v] = FN(load)(packed + v * LANES);
#pragma GCC unroll 8
        for (int p = 0; p < pixels; p++)
#pragma GCC unroll 8
            for (int v = 0; v < VECTORS; v++) acc[p][v] += FN(load)(source[p] + offset + v * LANES) * w[v];
    }
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++) {
        if (p == stored) return;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            VEC y = acc[p][v];
            if (t->finish) y = FN(leaky)(y + FN(load)((const REAL *)t->bias + v * LANES), (REAL)t->slope);
            REAL *to = (REAL *)t->to + p * t->to_step + v * LANES;
            if (t->count >= (v + 1) * LANES)
                FN(store)(to, y);
            else if (t->count > v * LANES)
                FN(store_some)(to, y, t->count - v * LANES);
        }
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

/* One row of destination pixels of one phase. */
INLINE void FN(slide_row)(WindowTile *t, ptrdiff_t pixels) {
    const int unit = t->step == CHUNK;
    for (; pixels > 0; pixels -= TILE) {
        if (pixels > TILE / 2)
            (unit ? FN(slide_8_unit) : FN(slide_8))(t, least(pixels, TILE));
        else
            (unit ? FN(slide_4_unit) : FN(slide_4))(t, pixels);
        t->source = (const REAL *)t->source + TILE * t->step;
        t->to = (REAL *)t->to + TILE * t->to_step;
    }
}

/* One phase of an area: its destination pixels, row by row. */
INLINE void FN(slide_phase)(const Slide *g, const Area *a, const Phase *phase, WindowTile *t, const REAL *patch,
                            const REAL *packed, ptrdiff_t first) {
    const ptrdiff_t cols = ceil_div(a->size[1] - phase->at[1], g->phase[1]);
    t->taps = g->taps + phase->first;
    t->packed = packed + phase->first * CHUNK;
    t->runs = phase->end - phase->first;
    for (ptrdiff_t row = phase->at[0]; row < a->size[0]; row += g->phase[0]) {
        ptrdiff_t pixel = (a->image * g->to_size[0] + a->at[0] + row) * g->to_size[1] + a->at[1] + phase->at[1];
        t->source = patch + row / g->phase[0] * g->step[0] * g->patch[1] * CHUNK;
        t->to = (REAL *)g->to + pixel * g->to_channels + first;
        FN(slide_row)(t, cols);
    }
}

/* The convolution, or the gradient of its input. A block is one area times a range of chunks of channels. */
KERNEL_OF(depthwise_slide) {
    const Slide *g = context;
    const ptrdiff_t groups = ceil_div(g->chunks, g->chunks_a_block), group = block % groups;
    const Area a = area_of(g, block / groups);
    REAL bias[CHUNK], *packed = scratch, *patch = packed + g->tap_count * CHUNK;
    const ptrdiff_t end = least(g->to_channels, (group + 1) * g->chunks_a_block * CHUNK);
    for (ptrdiff_t first = group * g->chunks_a_block * CHUNK; first < end; first += CHUNK) {
        const ptrdiff_t count = least(CHUNK, g->to_channels - first);
        FN(pack_taps)(g, first, count, packed);
        FN(copy_patch)(g, &a, first, count, patch);
        for (ptrdiff_t i = 0; i < CHUNK; i++)
            bias[i] = g->bias && i < count ? ((const REAL *)g->bias)[first + i] : 0;
        WindowTile t = {.bias = bias, .step = g->step[1] * CHUNK, .to_step = g->phase[1] * g->to_channels,
                        .count = count, .finish = g->finish, .slope = g->slope};
        for (ptrdiff_t i = 0; i < g->phase_count; i++) FN(slide_phase)(g, &a, g->phases + i, &t, patch, packed, first);
    }
}

INLINE void FN(cell_sums)(const CellTile *t, const int cells) {
    VEC acc[9][VECTORS];
    const REAL *source[9];
#pragma GCC unroll 9
    for (int k = 0; k < cells; k++) {
        source[k] = (const REAL *)t->source + t->taps[k].offset * CHUNK;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) acc[k][v] = FN(load)((const REAL *)t->out + k * CHUNK + v * LANES);
    }
    for (ptrdiff_t row = 0; row < t->rows; row++) {
        const REAL *dy = (const REAL *)t->dy + row * t->dy_row;
        ptrdiff_t at = row * t->row_step;
        for (ptrdiff_t col = 0; col < t->cols; col++, at += t->step, dy += t->dy_step) {
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

/* One area's pixels of dy into the partial sums of one chunk; a chunk that is not full reads a copy of dy. */
INLINE void FN(area_cells)(const Slide *g, const Area *a, ptrdiff_t first, REAL *sums, REAL *patch, REAL *packed) {
    const ptrdiff_t count = least(CHUNK, g->to_channels - first), line = g->to_size[1] * g->to_channels;
    const REAL *dy = (const REAL *)g->dy + (a->image * g->to_size[0] + a->at[0]) * line + a->at[1] * g->to_channels;
    CellTile t = {.source = patch, .dy = dy + first, .taps = g->taps, .rows = a->size[0], .cols = a->size[1],
                  .row_step = g->step[0] * g->patch[1] * CHUNK, .step = g->step[1] * CHUNK, .dy_row = line,
                  .dy_step = g->to_channels, .out = sums};
    if (count < CHUNK) {
        t.dy = packed;
        t.dy_step = CHUNK;
        t.dy_row = t.cols * CHUNK;
        for (ptrdiff_t row = 0; row < t.rows; row++)
            for (ptrdiff_t col = 0; col < t.cols; col++, packed += CHUNK)
                FN(copy_channels)(dy + row * line + col * g->to_channels + first, packed, count);
    }
    FN(copy_patch)(g, a, first, count, patch);
    FN(all_cells)(&t, g->tap_count);
}

/* Partial sums of dw, [part][chunk][cell][channel]. A block is one part of the areas times a range of chunks. */
KERNEL_OF(depthwise_weights) {
    const Slide *g = context;
    const ptrdiff_t groups = ceil_div(g->chunks, g->chunks_a_block), part = block / groups, size = g->tap_count * CHUNK;
    const ptrdiff_t begin = block % groups * g->chunks_a_block, end = least(g->chunks, begin + g->chunks_a_block);
    const ptrdiff_t units = g->images * g->bands[0] * g->bands[1], last = least(units, (part + 1) * g->part_units);
    REAL *sums = (REAL *)g->to + part * g->chunks * size, *packed = scratch;
    REAL *patch = packed + g->band[0] * g->band[1] * CHUNK;
    memset(sums + begin * size, 0, (end - begin) * size * sizeof(REAL));
    for (ptrdiff_t unit = part * g->part_units; unit < last; unit++) {
        const Area a = area_of(g, unit);
        for (ptrdiff_t chunk = begin; chunk < end; chunk++)
            FN(area_cells)(g, &a, chunk * CHUNK, sums + chunk * size, patch, packed);
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
#undef TILE
