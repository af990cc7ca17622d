/* Gradient of 3x3 weights by Winograd's algorithm: dw = G^T (sum over tiles of (B^T x B) * (A dy A^T)) G.

   Transformed tiles lie [component][panel of channels][tile][channel of the panel], so that a product of one component,
   (tiles x C)^T (tiles x F), runs down contiguous rows of two panels; its sums stay in registers all the way. */
#include "tiles.h"
#include "winograd_transforms.h"

INLINE void FN(one_line)(const VEC *d, VEC *to, const int to_step, const int tile, const int gradient) {
    if (gradient)
        FN(gradient_line)(d, 1, to, to_step, tile);
    else
        FN(input_line)(d, 1, to, to_step, tile);
}

/* B^T x B of a square of tile + 2 pixels, or A dy A^T of a square of tile pixels: all columns, then all rows. `step`
   elements lie between components. Pixels lie too far apart for the CPU to see which come next: those of the next tile
   are fetched meanwhile. */
INLINE void FN(transform)(const REAL *const *pixels, const REAL *const *next, ptrdiff_t first, ptrdiff_t vectors,
                          REAL *to, ptrdiff_t step, const int tile, const int gradient) {
    const int side = tile + 2, across = gradient ? tile : side;
    for (; vectors > 0; vectors--, first += LANES, to += LANES) {
        VEC d[6], half[6 * 6];
#pragma GCC unroll 8
        for (int j = 0; j < across; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < across; i++) {
                d[i] = FN(load)(pixels[i * across + j] + first);
                FETCH(next[i * across + j] + first);
            }
            FN(one_line)(d, half + j, 6, tile, gradient);
        }
#pragma GCC unroll 8
        for (int i = 0; i < side; i++) {
            FN(one_line)(half + 6 * i, d, 1, tile, gradient);
#pragma GCC unroll 8
            for (int j = 0; j < side; j++) FN(store)(to + (i * side + j) * step, d[j]);
        }
    }
}

typedef void (*FN(transform_fn))(const REAL *const *, const REAL *const *, ptrdiff_t, ptrdiff_t, REAL *, ptrdiff_t);

#define TRANSFORM(name, tile, gradient)                                                                               \
    static __attribute__((noinline)) TARGET void FN(name)(const REAL *const *pixels, const REAL *const *next,         \
                                                          ptrdiff_t first, ptrdiff_t vectors, REAL *to,               \
                                                          ptrdiff_t step) {                                           \
        FN(transform)(pixels, next, first, vectors, to, step, tile, gradient);                                        \
    }
TRANSFORM(input_2, 2, 0)
TRANSFORM(input_4, 4, 0)
TRANSFORM(gradient_2, 2, 1)
TRANSFORM(gradient_4, 4, 1)
#undef TRANSFORM

typedef struct FN(chunk) {
    REAL *v, *m;            /* transformed tiles of x and of dy */
    ptrdiff_t begin, count; /* of all tiles */
} FN(chunk);

INLINE FN(chunk) FN(chunk_at)(const Weights *g, void *memory, ptrdiff_t begin, ptrdiff_t end) {
    FN(chunk) k = {.v = memory, .begin = begin, .count = least(g->chunk, end - begin)};
    k.m = k.v + g->sides * g->sides * g->v_step;
    return k;
}

INLINE Place FN(place_of)(const Weights *g, ptrdiff_t tile) {
    const ptrdiff_t each = g->grid[0] * g->grid[1];
    return (Place){tile / each, tile % each / g->grid[1] * g->tile, tile % g->grid[1] * g->tile};
}

/* A panel of a tile's `count` pixels; a last vector that is not full goes through a padded copy. */
INLINE void FN(transform_panel)(FN(transform_fn) transform, const REAL *const *pixels, const REAL *const *next,
                                int count, ptrdiff_t first, ptrdiff_t width, ptrdiff_t vectors, REAL *to,
                                ptrdiff_t step) {
    const ptrdiff_t full = width / LANES, rest = width % LANES;
    transform(pixels, next, first, full, to, step);
    if (full == vectors) return;
    VEC padded[36 * WIDE] = {{0}};
    const REAL *copies[36];
    for (int i = 0; i < count; i++) {
        copies[i] = (const REAL *)(padded + i * WIDE);
        padded[i * WIDE] = FN(load_some)(pixels[i] + first + full * LANES, rest);
    }
    transform(copies, copies, 0, vectors - full, to + full * LANES, step);
}

INLINE void FN(aim_at_x)(const Weights *g, ptrdiff_t tile, const REAL **pixels) {
    const Place at = FN(place_of)(g, tile);
    const REAL *image = (const REAL *)g->x + at.image * g->size[0] * g->size[1] * g->c;
    const ptrdiff_t row = at.row - g->pad[0], col = at.col - g->pad[1];
    FN(aim_square)(pixels, image, g->size, g->c, row, col, g->zeros, (int)g->sides);
}

/* V of tiles first to end of the chunk. */
INLINE void FN(transform_x)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    const FN(transform_fn) transform = g->tile == 2 ? FN(input_2) : FN(input_4);
    const REAL *aims[2][36];
    FN(aim_at_x)(g, k->begin + first, aims[first % 2]);
    const int count = (int)(g->sides * g->sides);
    for (ptrdiff_t t = first; t < end; t++) {
        const REAL **pixels = aims[t % 2], **next = aims[(t + 1) % 2];
        FN(aim_at_x)(g, k->begin + least(t + 1, end - 1), next);
        for (ptrdiff_t c = 0; c < g->c; c += CHANNELS) {
            const ptrdiff_t width = least(CHANNELS, g->c - c), vectors = ceil_div(width, LANES);
            REAL *to = k->v + c * g->chunk + t * vectors * LANES;
            FN(transform_panel)(transform, pixels, next, count, c, width, vectors, to, g->v_step);
        }
    }
}

INLINE void FN(aim_at_dy)(const Weights *g, ptrdiff_t tile, const REAL **pixels) {
    const Place at = FN(place_of)(g, tile);
    const REAL *image = (const REAL *)g->dy + at.image * g->out[0] * g->out[1] * g->f;
    FN(aim_square)(pixels, image, g->out, g->f, at.row, at.col, g->zeros, (int)g->tile);
}

/* The transformed gradient of tiles first to end of the chunk. */
INLINE void FN(transform_dy)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    const FN(transform_fn) transform = g->tile == 2 ? FN(gradient_2) : FN(gradient_4);
    const REAL *aims[2][16];
    FN(aim_at_dy)(g, k->begin + first, aims[first % 2]);
    const int count = (int)(g->tile * g->tile);
    for (ptrdiff_t t = first; t < end; t++) {
        const REAL **pixels = aims[t % 2], **next = aims[(t + 1) % 2];
        FN(aim_at_dy)(g, k->begin + least(t + 1, end - 1), next);
        for (ptrdiff_t f = 0; f < g->f; f += WIDE * LANES) {
            const ptrdiff_t width = least(WIDE * LANES, g->f - f), vectors = FN(panel_vectors)(width);
            REAL *to = k->m + f * g->chunk + t * vectors * LANES;
            FN(transform_panel)(transform, pixels, next, count, f, width, vectors, to, g->m_step);
        }
    }
}

/* Fetches the pooled pixels of a tile. */
INLINE void FN(fetch_pooled)(const Weights *g, ptrdiff_t tile) {
    const Place at = FN(place_of)(g, tile);
    const ptrdiff_t top = at.row / 2, left = at.col / 2, side = g->tile / 2;
    for (ptrdiff_t row = top; row < least(top + side, g->out[0]); row++)
        for (ptrdiff_t col = left; col < least(left + side, g->out[1]); col++) {
            const ptrdiff_t pixel = ((at.image * g->out[0] + row) * g->out[1] + col) * g->f;
            for (ptrdiff_t f = 0; f < g->f; f += 2 * LANES) FETCH((const REAL *)g->dy + pixel + f);
            for (ptrdiff_t f = 0; f < g->f; f += ALIGNMENT) FETCH(g->argmax + pixel + f);
        }
}

/* The same from a pooled gradient. */
INLINE void FN(transform_pooled)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    const FN(transform_fn) transform = g->tile == 2 ? FN(gradient_2) : FN(gradient_4);
    VEC square[4 * FN(UNPOOLED)];
    const REAL *pixels[16];
    for (int i = 0; i < g->tile * g->tile; i++)
        pixels[i] = (const REAL *)(square + i / g->tile * FN(UNPOOLED) + i % g->tile);
    for (ptrdiff_t t = first; t < end; t++) {
        const Place at = FN(place_of)(g, k->begin + t);
        const ptrdiff_t image = at.image * g->out[0] * g->out[1] * g->f;
        FN(fetch_pooled)(g, k->begin + least(t + 1, end - 1));
        for (ptrdiff_t f = 0; f < g->f; f += WIDE * LANES) {
            const ptrdiff_t vectors = FN(panel_vectors)(g->f - f);
            REAL *to = k->m + f * g->chunk + t * vectors * LANES;
            for (ptrdiff_t v = 0; v < vectors; v++, to += LANES) {
                const ptrdiff_t filter = image + f + v * LANES, count = most(g->f - f - v * LANES, 0);
                FN(unpool_square)(square, (const REAL *)g->dy + filter, g->argmax + filter, g->out, g->f, at.row,
                                  at.col, (int)g->tile, count);
                transform(pixels, pixels, 0, 1, to, g->m_step);
            }
        }
    }
}

INLINE void FN(transform_both)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    FN(transform_x)(g, k, first, end);
    if (g->argmax)
        FN(transform_pooled)(g, k, first, end);
    else
        FN(transform_dy)(g, k, first, end);
}

/* sums (C x a panel of filters) (+)= V^T M of one component. */
INLINE void FN(multiply)(const Weights *g, const FN(chunk) *k, ptrdiff_t component, ptrdiff_t f, REAL *sums,
                         int accumulate) {
    const int vectors = FN(panel_vectors)(g->f - f);
    OuterTile t = {.rows = 1, .b_step = vectors * LANES, .out_step = vectors * LANES};
    sums += component * g->sums_step + f * g->c;
    for (ptrdiff_t c = 0; c < g->c; c += CHANNELS) {
        const ptrdiff_t width = least(CHANNELS, g->c - c);
        t.a_step = round_up(width, LANES);
        for (ptrdiff_t first = 0; first < k->count; first += NEAR_TILES) {
            t.count = least(NEAR_TILES, k->count - first);
            t.accumulate = accumulate || first;
            t.b = k->m + component * g->m_step + f * g->chunk + first * t.b_step;
            for (ptrdiff_t e = 0; e < width; e += ROWS) {
                t.a = k->v + component * g->v_step + c * g->chunk + first * t.a_step + e;
                t.out = sums + (c + e) * t.out_step;
                FN(outer_of)(least(ROWS, width - e), vectors)(&t);
            }
        }
    }
}

/* Where sums are small: one part of the tiles from beginning to end, in this thread's own memory. */
KERNEL_OF(winograd_part) {
    const Weights *g = context;
    REAL *sums = (REAL *)g->sums + block * g->part_step;
    const ptrdiff_t begin = block * g->part_tiles, end = least(g->tiles, begin + g->part_tiles);
    for (ptrdiff_t at = begin; at < end; at += g->chunk) {
        FN(chunk) k = FN(chunk_at)(g, scratch, at, end);
        FN(transform_both)(g, &k, 0, k.count);
        for (ptrdiff_t component = 0; component < g->sides * g->sides; component++)
            for (ptrdiff_t f = 0; f < g->f; f += WIDE * LANES)
                FN(multiply)(g, &k, component, f, sums, at > begin);
    }
}

/* Where they are not: all threads transform a chunk of tiles, ... */
KERNEL_OF(winograd_transforms) {
    const Weights *g = context;
    FN(chunk) k = FN(chunk_at)(g, g->transformed, g->begin, g->tiles);
    const ptrdiff_t first = block * BLOCK_TILES, end = least(k.count, first + BLOCK_TILES);
    (void)scratch;
    FN(transform_both)(g, &k, first, end);
}

/* ... then multiply it; a block is a component and a panel of filters. */
KERNEL_OF(winograd_products) {
    const Weights *g = context;
    const ptrdiff_t panels = ceil_div(g->f, WIDE * LANES);
    (void)scratch;
    FN(chunk) k = FN(chunk_at)(g, g->transformed, g->begin, g->tiles);
    FN(multiply)(g, &k, block / panels, block % panels * WIDE * LANES, g->sums, g->begin > 0);
}

/* G^T u G of one vector: u[k] = the sum over `parts` of from[k * step + part * part_step]; 9 values of dw. */
INLINE void FN(gather_sums)(const REAL *from, ptrdiff_t step, ptrdiff_t parts, ptrdiff_t part_step, VEC *to,
                            const int tile) {
    const int side = tile + 2;
    VEC u[6], half[3 * 6];
    for (int j = 0; j < side; j++) {
        for (int i = 0; i < side; i++) {
            const REAL *at = from + (i * side + j) * step;
            u[i] = FN(load)(at);
            for (ptrdiff_t part = 1; part < parts; part++) u[i] += FN(load)(at + part * part_step);
        }
        FN(weights_gradient_line)(u, 1, half + j, 6, tile);
    }
    for (int i = 0; i < 3; i++) FN(weights_gradient_line)(half + 6 * i, 1, to + 3 * i, 1, tile);
}

/* dw of one channel, from the sums of all parts. */
KERNEL_OF(winograd_finish) {
    const Weights *g = context;
    VEC dw[9];
    (void)scratch;
    for (ptrdiff_t panel = 0; panel < g->f; panel += WIDE * LANES) {
        const ptrdiff_t width = least(WIDE * LANES, g->f - panel), step = FN(panel_vectors)(width) * LANES;
        const REAL *from = (const REAL *)g->sums + panel * g->c + block * step;
        for (ptrdiff_t f = 0; f < width; f += LANES) {
            if (g->tile == 2)
                FN(gather_sums)(from + f, g->sums_step, g->parts, g->part_step, dw, 2);
            else
                FN(gather_sums)(from + f, g->sums_step, g->parts, g->part_step, dw, 4);
            REAL *to = (REAL *)g->dw + block * g->f + panel + f;
            for (int cell = 0; cell < 9; cell++, to += g->c * g->f)
                if (width - f >= LANES)
                    FN(store)(to, dw[cell]);
                else
                    FN(store_some)(to, dw[cell], width - f);
        }
    }
}
