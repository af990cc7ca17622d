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
   elements lie between components. */
INLINE void FN(transform)(const REAL *from, ptrdiff_t row, ptrdiff_t col, REAL *to, ptrdiff_t step, ptrdiff_t vectors,
                          const int tile, const int gradient) {
    const int side = tile + 2, pixels = gradient ? tile : side;
    for (; vectors > 0; vectors--, from += LANES, to += LANES) {
        VEC d[6], half[6 * 6];
#pragma GCC unroll 8
        for (int j = 0; j < pixels; j++) {
#pragma GCC unroll 8
            for (int i = 0; i < pixels; i++) d[i] = FN(load)(from + i * row + j * col);
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

typedef void (*FN(transform_fn))(const REAL *, ptrdiff_t, ptrdiff_t, REAL *, ptrdiff_t, ptrdiff_t);

#define TRANSFORM(name, tile, gradient)                                                                             \
    static __attribute__((noinline)) TARGET void FN(name)(const REAL *from, ptrdiff_t row, ptrdiff_t col, REAL *to, \
                                                          ptrdiff_t step, ptrdiff_t vectors) {                      \
        FN(transform)(from, row, col, to, step, vectors, tile, gradient);                                           \
    }
TRANSFORM(input_2, 2, 0)
TRANSFORM(input_4, 4, 0)
TRANSFORM(gradient_2, 2, 1)
TRANSFORM(gradient_4, 4, 1)
#undef TRANSFORM

/* A square of pixels, `width` channels each, zeros outside the image and up to `step` channels. */
INLINE void FN(copy_square)(const REAL *image, const ptrdiff_t size[2], ptrdiff_t channels, ptrdiff_t row,
                            ptrdiff_t col, ptrdiff_t side, ptrdiff_t width, ptrdiff_t step, REAL *to) {
    for (ptrdiff_t i = row; i < row + side; i++)
        for (ptrdiff_t j = col; j < col + side; j++, to += step) {
            const int inside = i >= 0 && i < size[0] && j >= 0 && j < size[1];
            const ptrdiff_t count = inside ? width : 0;
            if (inside) memcpy(to, image + (i * size[1] + j) * channels, width * sizeof(REAL));
            memset(to + count, 0, (step - count) * sizeof(REAL));
        }
}

/* The same of a pooled gradient: each cell of 2x2 pixels holds it where the window's maximum was, else zero. */
INLINE void FN(unpool_panel)(const REAL *pooled, const uint8_t *argmax, const ptrdiff_t size[2], ptrdiff_t channels,
                              ptrdiff_t row, ptrdiff_t col, ptrdiff_t side, ptrdiff_t width, ptrdiff_t step,
                              REAL *to) {
    for (ptrdiff_t i = 0; i < side; i += 2)
        for (ptrdiff_t j = 0; j < side; j += 2) {
            REAL *cell[4] = {to + (i * side + j) * step, to + (i * side + j + 1) * step,
                             to + ((i + 1) * side + j) * step, to + ((i + 1) * side + j + 1) * step};
            const ptrdiff_t r = (row + i) / 2, c = (col + j) / 2, at = (r * size[1] + c) * channels;
            const ptrdiff_t count = r < size[0] && c < size[1] ? width : 0;
            for (int k = 0; k < 4; k++) {
                EACH_ALONE for (ptrdiff_t f = 0; f < count; f++) cell[k][f] = argmax[at + f] == k ? pooled[at + f] : 0;
                memset(cell[k] + count, 0, (step - count) * sizeof(REAL));
            }
        }
}

typedef struct FN(chunk) {
    REAL *v, *m, *square;   /* transformed tiles of x and of dy, and one tile's pixels */
    ptrdiff_t begin, count; /* of all tiles */
} FN(chunk);

INLINE FN(chunk) FN(chunk_at)(const Weights *g, void *memory, void *square, ptrdiff_t begin, ptrdiff_t end) {
    FN(chunk) k = {.v = memory, .square = square, .begin = begin, .count = least(g->chunk, end - begin)};
    k.m = k.v + g->sides * g->sides * g->v_step;
    return k;
}

INLINE Place FN(place_of)(const Weights *g, ptrdiff_t tile) {
    const ptrdiff_t each = g->grid[0] * g->grid[1];
    return (Place){tile / each, tile % each / g->grid[1] * g->tile, tile % g->grid[1] * g->tile};
}

/* V of tiles first to end of the chunk. */
INLINE void FN(transform_x)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    const FN(transform_fn) transform = g->tile == 2 ? FN(input_2) : FN(input_4);
    for (ptrdiff_t c = 0; c < g->c; c += CHANNELS) {
        const ptrdiff_t width = least(CHANNELS, g->c - c), step = round_up(width, LANES);
        for (ptrdiff_t t = first; t < end; t++) {
            const Place at = FN(place_of)(g, k->begin + t);
            const ptrdiff_t row = at.row - g->pad[0], col = at.col - g->pad[1], line = g->size[1] * g->c;
            const REAL *image = (const REAL *)g->x + at.image * g->size[0] * line + c;
            REAL *to = k->v + c * g->chunk + t * step;
            if (row >= 0 && col >= 0 && row + g->sides <= g->size[0] && col + g->sides <= g->size[1] && width == step) {
                transform(image + row * line + col * g->c, line, g->c, to, g->v_step, step / LANES);
                continue;
            }
            FN(copy_square)(image, g->size, g->c, row, col, g->sides, width, step, k->square);
            transform(k->square, g->sides * step, step, to, g->v_step, step / LANES);
        }
    }
}

/* The transformed gradient of tiles first to end of the chunk. */
INLINE void FN(transform_dy)(const Weights *g, const FN(chunk) *k, ptrdiff_t first, ptrdiff_t end) {
    const FN(transform_fn) transform = g->tile == 2 ? FN(gradient_2) : FN(gradient_4);
    for (ptrdiff_t f = 0; f < g->f; f += WIDE * LANES) {
        const ptrdiff_t width = least(WIDE * LANES, g->f - f), step = FN(panel_vectors)(width) * LANES;
        for (ptrdiff_t t = first; t < end; t++) {
            const Place at = FN(place_of)(g, k->begin + t);
            const ptrdiff_t line = g->out[1] * g->f, image = at.image * g->out[0] * line + f;
            const REAL *dy = (const REAL *)g->dy + image;
            REAL *to = k->m + f * g->chunk + t * step;
            if (g->argmax)
                FN(unpool_panel)(dy, g->argmax + image, g->out, g->f, at.row, at.col, g->tile, width, step, k->square);
            else if (at.row + g->tile <= g->out[0] && at.col + g->tile <= g->out[1] && width == step) {
                transform(dy + at.row * line + at.col * g->f, line, g->f, to, g->m_step, step / LANES);
                continue;
            } else
                FN(copy_square)(dy, g->out, g->f, at.row, at.col, g->tile, width, step, k->square);
            transform(k->square, g->tile * step, step, to, g->m_step, step / LANES);
        }
    }
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
    char *near = (char *)scratch + SQUARE_BYTES;
    const ptrdiff_t begin = block * g->part_tiles, end = least(g->tiles, begin + g->part_tiles);
    for (ptrdiff_t at = begin; at < end; at += g->chunk) {
        FN(chunk) k = FN(chunk_at)(g, near, scratch, at, end);
        FN(transform_x)(g, &k, 0, k.count);
        FN(transform_dy)(g, &k, 0, k.count);
        for (ptrdiff_t component = 0; component < g->sides * g->sides; component++)
            for (ptrdiff_t f = 0; f < g->f; f += WIDE * LANES)
                FN(multiply)(g, &k, component, f, sums, at > begin);
    }
}

/* Where they are not: all threads transform a chunk of tiles, ... */
KERNEL_OF(winograd_transforms) {
    const Weights *g = context;
    FN(chunk) k = FN(chunk_at)(g, g->transformed, scratch, g->begin, g->tiles);
    const ptrdiff_t first = block * BLOCK_TILES, end = least(k.count, first + BLOCK_TILES);
    FN(transform_x)(g, &k, first, end);
    FN(transform_dy)(g, &k, first, end);
}

/* ... then multiply it; a block is a component and a panel of filters. */
KERNEL_OF(winograd_products) {
    const Weights *g = context;
    const ptrdiff_t panels = ceil_div(g->f, WIDE * LANES);
    FN(chunk) k = FN(chunk_at)(g, g->transformed, scratch, g->begin, g->tiles);
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
