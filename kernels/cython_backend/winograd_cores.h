/* The cores of Winograd's convolution, for one instruction set and type.

   A block takes some tiles and some panels of filters: V = B^T d B of all channels, [vector of channels][tile][cell];
   then, panel by panel, a small product for each cell, M = V U, [tile][cell][filter]; and A^T M A while it is near,
   with all that follows the convolution. V and M live in the thread's scratch memory. */
#include "winograd_transforms.h"
#include "winograd_filters.h"

/* Elements from a tile to the next in V: cells of one vector each, and one more so that tiles share no cache sets. */
INLINE ptrdiff_t FN(tile_step)(int tile) { return (cells_of(tile) + 1) * LANES; }

/* V of `count` tiles; lanes beyond the last channel are zero. */
INLINE void FN(read_tiles)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, REAL *v, const REAL *zeros,
                           const int tile, const int pooled) {
    const int side = tile + 2;
    const ptrdiff_t image_size = g->size[0] * g->size[1] * g->c, vector_step = g->block * FN(tile_step)(tile);
    for (ptrdiff_t t = 0; t < count; t++, at++, v += FN(tile_step)(tile)) {
        const REAL *image = (const REAL *)g->from + at->image * image_size, *pixels[36];
        if (!pooled) FN(aim_square)(pixels, image, g->size, g->c, at->row, at->col, zeros, side);
        REAL *to = v;
        for (ptrdiff_t c = 0; c < g->c; c += LANES, to += vector_step) {
            VEC d[64], square[36];
            if (pooled) {
                const uint8_t *cells = g->from_cells + at->image * image_size + c;
                const VEC *corner = FN(unpool_square)(d, image + c, cells, g->size, g->c, at->row, at->col, side,
                                                      g->c - c);
                FN(input_square)(corner, FN(UNPOOLED), square, tile);
            } else {
                if (g->c - c >= LANES) {
#pragma GCC unroll 36
                    for (int i = 0; i < side * side; i++) d[i] = FN(load)(pixels[i] + c);
                } else {
                    for (int i = 0; i < side * side; i++) d[i] = FN(load_some)(pixels[i] + c, g->c - c);
                }
                FN(input_square)(d, side, square, tile);
            }
#pragma GCC unroll 36
            for (int i = 0; i < side * side; i++) FN(store)(to + i * LANES, square[i]);
        }
    }
}

/* Asks for memory early, a little with each cell: first where results will be written (and their mask be read), then,
   with `last`, the pixels that the next tiles add. All into the second cache: the first has V and U. */
INLINE void FN(fetch)(const Winograd *g, const WinogradTiles *tiles, ptrdiff_t t, ptrdiff_t cell, ptrdiff_t filter,
                      ptrdiff_t columns, int last) {
    const ptrdiff_t side = g->tile / g->pool, pixel = cell - g->tile * g->tile;
    if (cell < side * side)
        for (const WinogradTile *at = tiles->at + t; at < tiles->at + least(t + ROWS, tiles->count); at++) {
            if (cell / side >= at->rows || cell % side >= at->cols) continue;
            const ptrdiff_t place = at->to + (cell / side * g->to_size[1] + cell % side) * g->f + filter;
            for (ptrdiff_t f = 0; f < columns; f += ALIGNMENT / sizeof(REAL)) {
                __builtin_prefetch((const REAL *)g->to + place + f, 0, 2);
                if (g->mask) __builtin_prefetch((const REAL *)g->mask + place + f, 0, 2);
            }
        }
    if (last && pixel >= 0 && pixel < g->tile * g->tile)
        for (const WinogradTile *at = tiles->next + t; at < tiles->next + least(t + ROWS, tiles->coming); at++) {
            const ptrdiff_t row = at->row + 2 + pixel / g->tile, col = at->col + 2 + pixel % g->tile;
            if ((size_t)row >= (size_t)g->size[0] || (size_t)col >= (size_t)g->size[1]) continue;
            const ptrdiff_t place = ((at->image * g->size[0] + row) * g->size[1] + col) * g->c;
            for (ptrdiff_t c = 0; c < g->c; c += ALIGNMENT / sizeof(REAL))
                __builtin_prefetch((const REAL *)g->from + place + c, 0, 2);
        }
}

/* M of one panel: for each cell, rows of V times the panel's weights. */
INLINE void FN(multiply)(const Winograd *g, const WinogradTiles *tiles, const REAL *v, ptrdiff_t panel, int last,
                         REAL *m, const int vectors) {
    const ptrdiff_t columns = vectors * LANES, width = WIDE * LANES, cells = cells_of(g->tile);
    const ptrdiff_t depth = ceil_div(g->c, LANES), step = FN(tile_step)(g->tile);
    const REAL *u = (const REAL *)g->packed + panel * cells * (depth * LANES * width + CELL_GAP);
    for (ptrdiff_t cell = 0; cell < cells; cell++, v += LANES, m += width, u += depth * LANES * columns + CELL_GAP)
        for (ptrdiff_t t = 0; t < tiles->count; t += ROWS) {
            FN(fetch)(g, tiles, t, cell, panel * width, columns, last);
            VEC acc[ROWS][WIDE];
            const REAL *a = v + t * step, *b = u;
#pragma GCC unroll 8
            for (int p = 0; p < ROWS; p++)
#pragma GCC unroll 8
                for (int i = 0; i < vectors; i++) acc[p][i] = FN(all)(0);
            for (ptrdiff_t c = 0; c < depth; c++, a += g->block * step)
#pragma GCC unroll 2
                for (ptrdiff_t k = 0; k < LANES; k++, b += columns) {
                    VEC w[WIDE];
#pragma GCC unroll 8
                    for (int i = 0; i < vectors; i++) w[i] = FN(load)(b + i * LANES);
#pragma GCC unroll 8
                    for (int p = 0; p < ROWS; p++)
#pragma GCC unroll 8
                        for (int i = 0; i < vectors; i++) acc[p][i] += a[p * step + k] * w[i];
                }
#pragma GCC unroll 8
            for (int p = 0; p < ROWS; p++)
#pragma GCC unroll 8
                for (int i = 0; i < vectors; i++) FN(store)(m + (t + p) * cells * width + i * LANES, acc[p][i]);
        }
}

/* 2x2 max pooling of outputs y[0], y[1], y[side], y[side + 1], the winner's cell into `cells`; a NaN wins. */
INLINE VEC FN(pool_square)(const VEC *y, const int side, IVEC *cells) {
    VEC best = y[0];
    *cells = (IVEC)FN(all)(0);
#pragma GCC unroll 4
    for (int cell = 1; cell < 4; cell++) {
        const VEC value = y[cell / 2 * side + cell % 2];
        const IVEC better = (IVEC)(value > best) | ((IVEC)(value != value) & (IVEC)(best == best));
        best = FN(select)(better, value, best);
        *cells = (better & (INT)cell) | (~better & *cells);
    }
    return best;
}

/* One vector of results at element `at`, through the activation or the mask; `count` of its lanes exist. */
INLINE void FN(finish)(const Winograd *g, VEC y, ptrdiff_t at, ptrdiff_t count) {
    REAL *to = (REAL *)g->to + at;
    VEC sign = y;
    if (g->mask) {
        const REAL *mask = (const REAL *)g->mask + at;
        sign = count >= LANES ? FN(load)(mask) : FN(load_some)(mask, count);
    }
    y = FN(select)(sign > 0, y, y * (REAL)g->slope);
    if (count >= LANES)
        FN(store)(to, y);
    else
        FN(store_some)(to, y, count);
}

/* One vector of a tile's outputs y into its rows x cols results, of which the first is element `at`. */
INLINE void FN(write_square)(const Winograd *g, const VEC *y, ptrdiff_t at, ptrdiff_t rows, ptrdiff_t cols,
                             ptrdiff_t count, const int tile, const int pooled) {
#pragma GCC unroll 4
    for (ptrdiff_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (ptrdiff_t j = 0; j < cols; j++) {
            const ptrdiff_t place = at + (i * g->to_size[1] + j) * g->f;
            if (!pooled) {
                FN(finish)(g, y[i * tile + j], place, count);
                continue;
            }
            IVEC winner;
            FN(finish)(g, FN(pool_square)(y + 2 * i * tile + 2 * j, tile, &winner), place, count);
            if (!g->to_cells) continue;
            const FN(cells) narrow = __builtin_convertvector(winner, FN(cells));
            memcpy(g->to_cells + place, &narrow, least(count, LANES));
        }
}

/* A^T M A of one panel, + bias, into its place. */
INLINE void FN(write_tiles)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, const REAL *m, ptrdiff_t panel,
                            const int tile, const int pooled) {
    const Winograd h = *g; /* a copy that no store can touch */
    const int side = tile + 2, step = pooled ? tile / 2 : tile;
    const ptrdiff_t width = WIDE * LANES, filter = panel * width, filters = least(g->f - filter, width);
    REAL bias[WIDE * VECTOR_BYTES / sizeof(REAL)] = {0};
    if (g->bias) memcpy(bias, (const REAL *)g->bias + filter, filters * sizeof(REAL));
    for (ptrdiff_t t = 0; t < count; t++, at++, m += side * side * width)
        for (ptrdiff_t f = 0; f < filters; f += LANES) {
            VEC lines[24], y[16], b = FN(load)(bias + f);
#pragma GCC unroll 8
            for (int j = 0; j < side; j++) {
                VEC line[6];
#pragma GCC unroll 8
                for (int i = 0; i < side; i++) line[i] = FN(load)(m + (i * side + j) * width + f);
                FN(output_line)(line, 1, lines + j, side, tile);
            }
#pragma GCC unroll 8
            for (int i = 0; i < tile; i++) {
                FN(output_line)(lines + i * side, 1, y + i * tile, 1, tile);
#pragma GCC unroll 8
                for (int j = 0; j < tile; j++) y[i * tile + j] += b;
            }
            if (at->rows == step && at->cols == step && filters - f >= LANES)
                FN(write_square)(&h, y, at->to + filter + f, step, step, LANES, tile, pooled);
            else
                FN(write_square)(&h, y, at->to + filter + f, at->rows, at->cols, filters - f, tile, pooled);
        }
}

/* One compiled function per tile, kind of input, width of panel, and kind of output. */
#define NAMED static __attribute__((noinline)) TARGET void
#define READ(name, tile, pooled)                                                                                 \
    NAMED FN(name)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, REAL *v, const REAL *zeros) {      \
        FN(read_tiles)(g, at, count, v, zeros, tile, pooled);                                                     \
    }
READ(read_2, 2, 0)
READ(read_4, 4, 0)
READ(read_pooled_2, 2, 1)
READ(read_pooled_4, 4, 1)
#define MULTIPLY(name, vectors)                                                                                  \
    NAMED FN(name)(const Winograd *g, const WinogradTiles *tiles, const REAL *v, ptrdiff_t panel, int last,       \
                   REAL *m) {                                                                                     \
        FN(multiply)(g, tiles, v, panel, last, m, vectors);                                                       \
    }
MULTIPLY(multiply_1, 1)
MULTIPLY(multiply_2, 2)
#if WIDE > 2
MULTIPLY(multiply_wide, WIDE)
#endif
#define WRITE(name, tile, pooled)                                                                                \
    NAMED FN(name)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, const REAL *m, ptrdiff_t panel) {  \
        FN(write_tiles)(g, at, count, m, panel, tile, pooled);                                                    \
    }
WRITE(write_2, 2, 0)
WRITE(write_4, 4, 0)
WRITE(write_pooled_2, 2, 1)
WRITE(write_pooled_4, 4, 1)
#undef NAMED
#undef READ
#undef MULTIPLY
#undef WRITE

/* All results of some tiles in the panels of one part. */
INLINE void FN(convolve)(const Winograd *g, const WinogradTiles *tiles, ptrdiff_t part, REAL *scratch) {
    const ptrdiff_t width = WIDE * LANES, panels = ceil_div(g->f, width), end = panels * (part + 1) / g->parts;
    const ptrdiff_t depth = ceil_div(g->c, LANES), step = FN(tile_step)(g->tile), count = tiles->count;
    const ptrdiff_t unused = least(round_up(count, ROWS), g->block) - count; /* rows of the last register tile */
    REAL *v = scratch, *m = v + depth * g->block * step;
    REAL *zeros = m + round_up(g->block, ROWS) * cells_of(g->tile) * width;
    memset(zeros, 0, g->c * sizeof(REAL));
    for (ptrdiff_t c = 0; c < depth && unused; c++)
        memset(v + (c * g->block + count) * step, 0, unused * step * sizeof(REAL));
    if (g->from_cells)
        (g->tile == 4 ? FN(read_pooled_4) : FN(read_pooled_2))(g, tiles->at, count, v, zeros);
    else
        (g->tile == 4 ? FN(read_4) : FN(read_2))(g, tiles->at, count, v, zeros);
    for (ptrdiff_t panel = panels * part / g->parts; panel < end; panel++) {
        const int vectors = FN(panel_vectors)(g->f - panel * width), last = panel == end - 1 && !g->from_cells;
#if WIDE > 2
        (vectors > 2 ? FN(multiply_wide) : vectors == 2 ? FN(multiply_2) : FN(multiply_1))(g, tiles, v, panel, last, m);
#else
        (vectors == 2 ? FN(multiply_2) : FN(multiply_1))(g, tiles, v, panel, last, m);
#endif
        if (g->pool == 2)
            (g->tile == 4 ? FN(write_pooled_4) : FN(write_pooled_2))(g, tiles->at, count, m, panel);
        else
            (g->tile == 4 ? FN(write_4) : FN(write_2))(g, tiles->at, count, m, panel);
    }
}

KERNEL_OF(winograd_tiles) {
    const Winograd *g = context;
    ptrdiff_t first = block / g->parts * g->span, end = least(first + g->span, g->tiles);
    WinogradTile lists[2][MOST_TILES];
    WinogradTiles tiles = {lists[0], lists[1], least(g->block, end - first), 0};
    list_tiles(g, first, tiles.count, lists[0]);
    for (int turn = 1; first < end; turn = !turn) {
        first += tiles.count;
        tiles.coming = least(g->block, end - first);
        list_tiles(g, first, tiles.coming, lists[turn]);
        FN(convolve)(g, &tiles, block % g->parts, scratch);
        tiles = (WinogradTiles){lists[turn], lists[!turn], tiles.coming, 0};
    }
}
