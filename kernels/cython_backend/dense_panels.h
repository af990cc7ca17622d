/* Packed operands of the dense products, for one instruction set and type. */
#include "transpose.h"
#include "tiles.h"

/* to [row][step] = `columns` of each row of `from`, zeros beyond them. */
INLINE void FN(pack_panel)(const REAL *from, ptrdiff_t from_step, ptrdiff_t rows, ptrdiff_t columns, REAL *to,
                           ptrdiff_t step) {
    if (columns == WIDE * LANES) {
        for (ptrdiff_t row = 0; row < rows; row++, from += from_step, to += step)
#pragma GCC unroll 8
            for (int v = 0; v < WIDE; v++) FN(store)(to + v * LANES, FN(load)(from + v * LANES));
        return;
    }
    for (ptrdiff_t row = 0; row < rows; row++, from += from_step, to += step)
        for (ptrdiff_t i = 0; i < step; i++) to[i] = i < columns ? from[i] : 0;
}

/* Asks for `lines` cache lines from `from` on, ahead of their use: nothing else would while a tile computes. */
INLINE void FN(fetch)(const void *from, ptrdiff_t lines, const int for_writing) {
    for (ptrdiff_t i = 0; i < lines; i++) {
        if (for_writing)
            __builtin_prefetch((const char *)from + i * 64, 1, 2);
        else
            __builtin_prefetch((const char *)from + i * 64, 0, 2);
    }
}

/* A panel of dy transposed: [unit][sample], zeros beyond the last sample. */
KERNEL_OF(pack_columns) {
    const Dense *d = context;
    const ptrdiff_t first = block * WIDE * LANES, columns = least(WIDE * LANES, d->samples - first);
    const ptrdiff_t step = FN(panel_vectors)(columns) * LANES;
    REAL *to = (REAL *)d->packed + first * d->units;
    if (columns < step) memset(to, 0, d->units * step * sizeof(REAL));
    FN(transpose)((const REAL *)d->dy + first * d->units, d->units, to, step, columns, d->units);
}

/* A panel of dy: [sample][unit], zeros beyond the last unit. */
KERNEL_OF(pack_rows) {
    const Dense *d = context;
    const ptrdiff_t first = block * WIDE * LANES, columns = least(WIDE * LANES, d->units - first);
    const ptrdiff_t step = FN(panel_vectors)(columns) * LANES;
    REAL *to = (REAL *)d->packed + first * d->samples;
    FN(pack_panel)((const REAL *)d->dy + first, d->units, d->samples, columns, to, step);
}

/* x of the chunk's samples and the block's inputs, in tiles: [tile of ROWS inputs][sample][ROWS]. */
INLINE void FN(pack_tiles)(const REAL *x, ptrdiff_t x_step, ptrdiff_t samples, ptrdiff_t inputs, REAL *to) {
    for (ptrdiff_t n = 0; n < samples; n++, x += x_step) {
        ptrdiff_t i = 0;
        for (; i + ROWS <= inputs; i += ROWS) memcpy(to + i * samples + n * ROWS, x + i, ROWS * sizeof(REAL));
        for (ptrdiff_t p = 0; i + p < inputs; p++) to[i * samples + n * ROWS + p] = x[i + p];
    }
}
