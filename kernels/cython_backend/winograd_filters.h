/* Weights for Winograd's convolution, in panels: [panel][cell][row][column]. */
#include "transpose.h"

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
