/* Depthwise convolution that reads its source in place, for one instruction set and type: a tile's windows lie on a
   small table of pointers to source pixels, those outside the image on zeros. Nothing is copied but weights. */

/* Taps side by side on pixels side by side: each value is loaded once. */
INLINE void FN(meet)(const REAL *const *place, ptrdiff_t channel, const REAL *packed, VEC (*acc)[VECTORS],
                     const int pixels, const int taps, const ptrdiff_t step) {
    VEC w[5][VECTORS];
#pragma GCC unroll 8
    for (int k = 0; k < taps; k++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) w[k][v] = FN(load)(packed + k * CHUNK + v * LANES);
#pragma GCC unroll 16
    for (int at = 0; at < pixels + taps - 1; at++) {
        const REAL *source = place[at * step] + channel;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            const VEC x = FN(load)(source + v * LANES);
#pragma GCC unroll 8
            for (int k = 0; k < taps; k++)
                if (at >= k && at - k < pixels) acc[at - k][v] += x * w[k][v];
        }
    }
}

INLINE void FN(direct)(const DirectTile *t, const ptrdiff_t stored, const int pixels, const int unit) {
    VEC acc[TILE][VECTORS];
    const REAL *packed = t->packed;
    const ptrdiff_t channel = t->channel;
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) acc[p][v] = FN(all)(0);
    for (const WindowTap *tap = t->taps, *end = tap + t->runs; tap < end;) {
        const REAL *const *place = (const REAL *const *)t->places + tap->offset;
        const ptrdiff_t left = unit ? end - tap : 1;
        const int taps = left >= 5 && tap[4].offset == tap->offset + 4   ? 5
                         : left >= 3 && tap[2].offset == tap->offset + 2 ? 3
                                                                         : 1;
        if (unit && taps == 5)
            FN(meet)(place, channel, packed, acc, pixels, 5, 1);
        else if (unit && taps == 3)
            FN(meet)(place, channel, packed, acc, pixels, 3, 1);
        else
            FN(meet)(place, channel, packed, acc, pixels, 1, unit ? 1 : t->step);
        tap += taps;
        packed += taps * CHUNK;
    }
    const ptrdiff_t to_step = t->to_step; /* t may not be read between writes: they may alias */
    REAL *to = (REAL *)t->to + channel;
    if (t->finish)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            const VEC bias = FN(load)((const REAL *)t->bias + channel + v * LANES);
#pragma GCC unroll 8
            for (int p = 0; p < pixels; p++) acc[p][v] = FN(leaky)(acc[p][v] + bias, (REAL)t->slope);
        }
#pragma GCC unroll 8
    for (int p = 0; p < pixels; p++, to += to_step) {
        if (p == stored) return;
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) FN(store)(to + v * LANES, acc[p][v]);
    }
}

#define DIRECT(pixels, unit, name) \
    static __attribute__((noinline)) TARGET void FN(name)(const DirectTile *t, ptrdiff_t stored) { \
        FN(direct)(t, stored, pixels, unit); \
    }
DIRECT(8, 1, direct_8_unit)
DIRECT(8, 0, direct_8)
DIRECT(4, 1, direct_4_unit)
DIRECT(4, 0, direct_4)
#undef DIRECT

/* Points at the pixels under a tile's windows, row by row; rows outside the image have no taps and stay as they are. */
INLINE void FN(point)(const Slide *g, const REAL *image, ptrdiff_t row, ptrdiff_t col, const REAL **places) {
    for (ptrdiff_t r = most(-row, 0); r < least(g->patch[0], g->from_size[0] - row); r++) {
        const REAL *line = image + ((row + r) * g->from_size[1] + col) * g->from_channels;
        for (ptrdiff_t c = 0; c < g->patch[1]; c++)
            places[r * g->patch[1] + c] = (size_t)(col + c) < (size_t)g->from_size[1] ? line + c * g->from_channels
                                                                                    : (const REAL *)depthwise_zeros;
    }
}

/* Asks for source pixels ahead of their use: a tile reads many short pieces, which hardware does not foresee. */
INLINE void FN(fetch)(const Slide *g, const REAL *image, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t col, ptrdiff_t cols,
                      ptrdiff_t count) {
    const ptrdiff_t line = CHUNK_BYTES / sizeof(REAL), left = most(col, 0), right = least(col + cols, g->from_size[1]);
    for (ptrdiff_t r = most(row, 0); r < least(row + rows, g->from_size[0]); r++)
        for (ptrdiff_t c = left; c < right; c++) {
            const REAL *pixel = image + (r * g->from_size[1] + c) * g->from_channels;
            for (ptrdiff_t i = 0; i < count; i += line) __builtin_prefetch(pixel + i, 0, 2);
        }
}

/* The same for the pixels that the next tile writes. */
INLINE void FN(fetch_next)(const DirectTile *t, ptrdiff_t pixels, ptrdiff_t count) {
    const ptrdiff_t line = CHUNK_BYTES / sizeof(REAL);
    for (ptrdiff_t p = TILE; p < least(2 * TILE, pixels); p++)
        for (ptrdiff_t i = 0; i < count; i += line) __builtin_prefetch((REAL *)t->to + p * t->to_step + i, 1, 2);
}

/* One row of destination pixels of one phase: `count` channels of a tile before the next tile, for long reads. */
INLINE void FN(direct_row)(const Slide *g, DirectTile t, const REAL *image, ptrdiff_t row, ptrdiff_t pixels,
                           ptrdiff_t count) {
    const int unit = t.step == 1;
    const REAL *packed = t.packed, **places = t.places;
    for (ptrdiff_t col = g->origin[1]; pixels > 0; pixels -= TILE, col += TILE * t.step) {
        FN(point)(g, image, row, col, places);
        if (g->fetch) {
            FN(fetch)(g, image, row + g->patch[0], g->step[0], col, TILE * t.step, count);
            FN(fetch_next)(&t, pixels, count);
        }
        for (ptrdiff_t c = 0; c < count; c += CHUNK) {
            t.packed = packed + c * g->tap_count;
            t.channel = least(c, count - CHUNK);
            if (pixels > TILE / 2)
                (unit ? FN(direct_8_unit) : FN(direct_8))(&t, least(pixels, TILE));
            else
                (unit ? FN(direct_4_unit) : FN(direct_4))(&t, pixels);
        }
        t.to = (REAL *)t.to + TILE * t.to_step;
    }
}

/* A row of destination pixels, phase by phase, with the taps whose source rows lie inside the image. */
INLINE void FN(direct_phases)(const Slide *g, const REAL *image, REAL *to, ptrdiff_t row, DirectTile t,
                              ptrdiff_t count) {
    const ptrdiff_t source = row / g->phase[0] * g->step[0] + g->origin[0];
    const Phase *phase = g->phases + row % g->phase[0] * g->phase[1];
    const REAL *packed = t.packed;
    for (ptrdiff_t col = 0; col < least(g->phase[1], g->to_size[1]); col++, phase++) {
        ptrdiff_t begin = phase->first, end = phase->end;
        while (begin < end && g->taps[begin].offset < -source * g->patch[1]) begin++;
        while (begin < end && g->taps[end - 1].offset >= (g->from_size[0] - source) * g->patch[1]) end--;
        t.taps = g->taps + begin;
        t.runs = end - begin;
        t.packed = packed + begin * CHUNK;
        t.to = to + col * g->to_channels;
        FN(direct_row)(g, t, image, source, ceil_div(g->to_size[1] - col, g->phase[1]), count);
    }
}

/* The convolution, or the gradient of its input. A block is one band of rows times a run of chunks; the last chunk of
   all begins earlier where the channels end, and is computed twice in part. */
KERNEL_OF(depthwise_direct) {
    const Slide *g = context;
    const ptrdiff_t groups = ceil_div(g->to_channels / CHUNK, g->run), group = block % groups;
    const ptrdiff_t first = group * g->run * CHUNK;
    const ptrdiff_t count = group < groups - 1 ? g->run * CHUNK : g->to_channels - first;
    const Area a = area_of(g, block / groups);
    const REAL *image = (const REAL *)g->from + a.image * g->from_size[0] * g->from_size[1] * g->from_channels + first;
    REAL *packed = scratch, *to = (REAL *)g->to + first;
    if (g->fetch)
        FN(fetch)(g, image, a.at[0] / g->phase[0] * g->step[0] + g->origin[0], g->patch[0], 0, g->from_size[1], count);
    for (ptrdiff_t c = 0; c < count; c += CHUNK)
        FN(pack_taps)(g, first + least(c, count - CHUNK), CHUNK, packed + c * g->tap_count);
    const DirectTile t = {.packed = packed, .places = packed + (g->run + 1) * CHUNK * g->tap_count, .step = g->step[1],
                          .to_step = g->phase[1] * g->to_channels, .finish = g->finish, .slope = g->slope,
                          .bias = g->bias ? (const REAL *)g->bias + first : (const REAL *)depthwise_zeros};
    for (ptrdiff_t row = a.at[0]; row < a.at[0] + a.size[0]; row++) {
        const ptrdiff_t line = (a.image * g->to_size[0] + row) * g->to_size[1] * g->to_channels;
        FN(direct_phases)(g, image, to + line, row, t, count);
    }
}
