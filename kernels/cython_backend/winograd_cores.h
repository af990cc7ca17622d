/* The cores of Winograd's convolution, for one instruction set and type.

   A block takes some tiles and some panels of filters: V = B^T d B of all channels, [vector of channels][tile][cell];
   then, panel by panel, a small product for each cell, M = V U, [tile][cell][filter]; and A^T M A while it is near,
   with all that follows the convolution. V and M live in the thread's scratch memory. */
#include "transpose.h"
#include "winograd_transforms.h"

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

/* Asks for the memory that result number `cell` of each tile will be written to, and its mask read from. */
INLINE void FN(expect)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, ptrdiff_t cell, ptrdiff_t filter,
                       ptrdiff_t columns) {
    const ptrdiff_t side = g->tile / g->pool, row = cell / side, col = cell % side;
    for (ptrdiff_t t = 0; t < count; t++) {
        if (row >= at[t].rows || col >= at[t].cols) continue;
        const ptrdiff_t place = at[t].to + (row * g->to_size[1] + col) * g->f + filter;
        for (ptrdiff_t f = 0; f < columns; f += ALIGNMENT / sizeof(REAL)) {
            __builtin_prefetch((const REAL *)g->to + place + f, 1);
            if (g->mask) __builtin_prefetch((const REAL *)g->mask + place + f);
        }
    }
}

/* M of one panel: for each cell, rows of V times the panel's weights. */
INLINE void FN(multiply)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, const REAL *v, ptrdiff_t panel,
                         REAL *m, const int vectors) {
    const ptrdiff_t columns = vectors * LANES, width = WIDE * LANES, cells = cells_of(g->tile);
    const ptrdiff_t depth = ceil_div(g->c, LANES), step = FN(tile_step)(g->tile);
    const REAL *u = (const REAL *)g->packed + panel * cells * (depth * LANES * width + CELL_GAP);
    for (ptrdiff_t cell = 0; cell < cells; cell++, v += LANES, m += width, u += depth * LANES * columns + CELL_GAP)
        for (ptrdiff_t t = 0; t < count; t += ROWS) {
            FN(expect)(g, at + t, least(ROWS, count - t), cell, panel * width, columns);
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
    NAMED FN(name)(const Winograd *g, const WinogradTile *at, ptrdiff_t count, const REAL *v, ptrdiff_t panel,    \
                   REAL *m) {                                                                                     \
        FN(multiply)(g, at, count, v, panel, m, vectors);                                                         \
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

KERNEL_OF(winograd_tiles) {
    const Winograd *g = context;
    const ptrdiff_t width = WIDE * LANES, panels = ceil_div(g->f, width), depth = ceil_div(g->c, LANES);
    const ptrdiff_t first = block / g->parts * g->block, count = least(g->block, g->tiles - first);
    const ptrdiff_t part = block % g->parts, end = panels * (part + 1) / g->parts;
    const ptrdiff_t step = FN(tile_step)(g->tile);
    REAL *v = scratch, *m = v + depth * g->block * step;
    REAL *zeros = m + round_up(g->block, ROWS) * cells_of(g->tile) * width;
    WinogradTile at[MOST_TILES];
    list_tiles(g, first, count, at);
    memset(zeros, 0, g->c * sizeof(REAL));
    const ptrdiff_t unused = least(round_up(count, ROWS), g->block) - count; /* rows of the last register tile */
    for (ptrdiff_t c = 0; c < depth && unused; c++)
        memset(v + (c * g->block + count) * step, 0, unused * step * sizeof(REAL));
    if (g->from_cells)
        (g->tile == 4 ? FN(read_pooled_4) : FN(read_pooled_2))(g, at, count, v, zeros);
    else
        (g->tile == 4 ? FN(read_4) : FN(read_2))(g, at, count, v, zeros);
    for (ptrdiff_t panel = panels * part / g->parts; panel < end; panel++) {
        const int vectors = FN(panel_vectors)(g->f - panel * width);
#if WIDE > 2
        (vectors > 2 ? FN(multiply_wide) : vectors == 2 ? FN(multiply_2) : FN(multiply_1))(g, at, count, v, panel, m);
#else
        (vectors == 2 ? FN(multiply_2) : FN(multiply_1))(g, at, count, v, panel, m);
#endif
        if (g->pool == 2)
            (g->tile == 4 ? FN(write_pooled_4) : FN(write_pooled_2))(g, at, count, m, panel);
        else
            (g->tile == 4 ? FN(write_4) : FN(write_2))(g, at, count, m, panel);
    }
}

/* G w G^T of `rows` rows of a panel: [cell][row][column]; `left` columns of `from` exist. */
INLINE void FN(transform_weights)(const REAL *from, ptrdiff_t cell_step, ptrdiff_t row_step, ptrdiff_t left, REAL *to,
                                  ptrdiff_t to_step, ptrdiff_t columns, ptrdiff_t rows, const int tile) {
    const int side = tile + 2;
    for (ptrdiff_t row = 0; row < rows; row++, from += row_step, to += columns)
        for (ptrdiff_t f = 0; f < columns; f += LANES) {
            VEC w[9], lines[18], u[36];
#pragma GCC unroll 9
            for (int i = 0; i < 9; i++) {
                const REAL *at = from + i * cell_step + f;
                w[i] = left - f >= LANES ? FN(load)(at) : FN(load_some)(at, most(left - f, 0));
            }
#pragma GCC unroll 8
            for (int j = 0; j < 3; j++) FN(weights_line)(w + j, 3, lines + j, 3, tile);
#pragma GCC unroll 8
            for (int i = 0; i < side; i++) FN(weights_line)(lines + i * 3, 1, u + i * side, 1, tile);
#pragma GCC unroll 36
            for (int i = 0; i < side * side; i++) FN(store)(to + i * to_step + f, u[i]);
        }
}

/* Rows of one panel. In `transposed` form rows are filters and columns input channels, the window is turned round, and
   the panel is first transposed into scratch memory. */
KERNEL_OF(winograd_weights) {
    const WinogradWeights *p = context;
    const ptrdiff_t width = WIDE * LANES, panels = ceil_div(p->columns, width), first = block % panels * width;
    const ptrdiff_t left = least(width, p->columns - first), columns = FN(panel_vectors)(left) * LANES;
    const ptrdiff_t row = block / panels * WEIGHT_ROWS, rows = least(WEIGHT_ROWS, p->depth - row);
    const ptrdiff_t cells = cells_of(p->tile), depth = round_up(p->depth, LANES), to_step = depth * columns + CELL_GAP;
    REAL *to = (REAL *)p->to + first / width * cells * (depth * width + CELL_GAP) + row * columns;
    const REAL *from = (const REAL *)p->from + row * p->columns + first;
    ptrdiff_t cell_step = p->depth * p->columns, row_step = p->columns;
    if (p->transposed) {
        cell_step = rows * width;
        row_step = width;
        for (ptrdiff_t cell = 0; cell < 9; cell++)
            FN(transpose)((const REAL *)p->from + ((8 - cell) * p->columns + first) * p->depth + row, p->depth,
                          (REAL *)scratch + cell * cell_step, width, left, rows);
        from = scratch;
    }
    if (row + rows == p->depth)
        for (ptrdiff_t cell = 0; cell < cells; cell++)
            memset(to + cell * to_step + rows * columns, 0, (depth - p->depth) * columns * sizeof(REAL));
    if (p->tile == 4)
        FN(transform_weights)(from, cell_step, row_step, left, to, to_step, columns, rows, 4);
    else
        FN(transform_weights)(from, cell_step, row_step, left, to, to_step, columns, rows, 2);
}
