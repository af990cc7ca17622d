/* The cores of the dense products, for one instruction set and type. */
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

/* Rows begin..end of a panel of y from `length` inputs; the panel of the partial sum has rows of `step`. */
INLINE void FN(panel_of_rows)(const Dense *d, DotTile *t, ptrdiff_t begin, ptrdiff_t end, REAL *sums, int vectors) {
    REAL dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    memset(dump, 0, sizeof(dump));
    for (ptrdiff_t row = begin; row < end; row += ROWS) {
        ptrdiff_t rows = least(ROWS, end - row);
        for (int p = 0; p < ROWS; p++) {
            t->at[p] = (p < rows ? row + p : row) * d->inputs;
            t->out[p] = p < rows ? sums + (row + p) * vectors * LANES : dump;
        }
        FN(run_dot)(t, rows, vectors);
    }
}

KERNEL_OF(dense_products) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, groups = d->panels / d->panels_each, group = block % groups;
    const ptrdiff_t begin = block / groups % d->row_blocks * d->block_rows, end = least(begin + d->block_rows, d->samples);
    const ptrdiff_t part = block / groups / d->row_blocks, from = part * d->part_inputs;
    const ptrdiff_t to = least(from + d->part_inputs, d->inputs);
    Tap tap = {0};
    DotTile t = {.source = d->x, .taps = &tap, .runs = 1};
    for (ptrdiff_t k = from; k < to; k += CHUNK) {
        tap.offset = k;
        t.length = least(CHUNK, to - k);
        t.accumulate = k > from;
        for (ptrdiff_t panel = group * d->panels_each; panel < (group + 1) * d->panels_each; panel++) {
            const ptrdiff_t first = panel * width, columns = least(width, d->units - first);
            const int vectors = FN(panel_vectors)(columns);
            const REAL *w = (const REAL *)d->w + k * d->units + first;
            t.panel = w;
            t.panel_step = d->units;
            if (end - begin > ROWS || columns < vectors * LANES) { /* worth packing, or needs zeros beyond its end */
                FN(pack_panel)(w, d->units, t.length, columns, scratch, vectors * LANES);
                t.panel = scratch;
                t.panel_step = vectors * LANES;
            }
            REAL *sums = (REAL *)d->partial + part * d->partial_size + first * d->samples;
            FN(panel_of_rows)(d, &t, begin, end, sums, vectors);
        }
    }
}

/* One row of y: the partial sums added in order, then the bias and the activation. */
KERNEL_OF(dense_finish) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES;
    REAL *y = (REAL *)d->y + block * d->units;
    const REAL *bias = d->bias, slope = (REAL)d->slope;
    for (ptrdiff_t first = 0; first < d->units; first += width) {
        const ptrdiff_t columns = least(width, d->units - first), step = FN(panel_vectors)(columns) * LANES;
        const REAL *from = (const REAL *)d->partial + first * d->samples + block * step;
        REAL sums[WIDE * VECTOR_BYTES / sizeof(REAL)];
        for (ptrdiff_t i = 0; i < columns; i++) sums[i] = from[i];
        for (ptrdiff_t part = 1; part < d->parts; part++) {
            from += d->partial_size;
            for (ptrdiff_t i = 0; i < columns; i++) sums[i] += from[i];
        }
        for (ptrdiff_t i = 0; d->finish && i < columns; i++) {
            REAL value = bias ? sums[i] + bias[first + i] : sums[i], low = value * slope;
            sums[i] = value > 0 ? value : low;
        }
        memcpy(y + first, sums, columns * sizeof(REAL));
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
    FN(pack_panel)((const REAL *)d->dy + first, d->units, d->samples, columns, (REAL *)d->packed + first * d->samples, step);
}

/* dx of INPUT_BLOCK inputs, as rows of w against transposed dy: the result is transposed, since it is smaller than w. */
KERNEL_OF(dense_input_gradient) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, last = least(d->inputs, (block + 1) * INPUT_BLOCK);
    REAL *buffer = scratch, dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    Tap tap = {0};
    DotTile t = {.source = d->w, .taps = &tap, .runs = 1, .length = d->units};
    for (ptrdiff_t input = block * INPUT_BLOCK; input < last; input += STRIPE)
        for (ptrdiff_t first = 0; first < d->samples; first += width) {
            const ptrdiff_t columns = least(width, d->samples - first), end = least(STRIPE, last - input);
            const int vectors = FN(panel_vectors)(columns);
            t.panel = (const REAL *)d->packed + first * d->units;
            t.panel_step = vectors * LANES;
            for (ptrdiff_t row = 0; row < end; row += ROWS) {
                for (int p = 0; p < ROWS; p++) {
                    t.at[p] = (input + (row + p < end ? row + p : row)) * d->units;
                    t.out[p] = row + p < end ? buffer + (row + p) * t.panel_step : dump;
                }
                FN(run_dot)(&t, least(ROWS, end - row), vectors);
            }
            FN(transpose)(buffer, t.panel_step, (REAL *)d->dx + first * d->inputs + input, d->inputs, end, columns);
        }
}

/* x of the chunk's samples and the block's inputs, in tiles: [tile of ROWS inputs][sample][ROWS]. */
INLINE void FN(pack_tiles)(const REAL *x, ptrdiff_t x_step, ptrdiff_t samples, ptrdiff_t inputs, REAL *to) {
    for (ptrdiff_t n = 0; n < samples; n++, x += x_step) {
        ptrdiff_t i = 0;
        for (; i + ROWS <= inputs; i += ROWS) memcpy(to + i * samples + n * ROWS, x + i, ROWS * sizeof(REAL));
        for (ptrdiff_t p = 0; i + p < inputs; p++) to[i * samples + n * ROWS + p] = x[i + p];
    }
}

/* dw of INPUT_BLOCK inputs: tiles of inputs x units that accumulate over samples. */
KERNEL_OF(dense_weights_gradient) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, begin = block * INPUT_BLOCK, inputs = least(INPUT_BLOCK, d->inputs - begin);
    REAL *tiles = scratch, *edge = tiles + SAMPLE_CHUNK * INPUT_BLOCK; /* edge: dw of a panel with zeros at its end */
    for (ptrdiff_t n = 0; n < d->samples; n += SAMPLE_CHUNK) {
        const ptrdiff_t samples = least(SAMPLE_CHUNK, d->samples - n);
        FN(pack_tiles)((const REAL *)d->x + n * d->inputs + begin, d->inputs, samples, inputs, tiles);
        for (ptrdiff_t first = 0; first < d->units; first += width) {
            const ptrdiff_t columns = least(width, d->units - first);
            const int vectors = FN(panel_vectors)(columns), whole = columns == vectors * LANES;
            REAL *dw = (REAL *)d->dw + begin * d->units + first, *out = whole ? dw : edge;
            OuterTile t = {.a_step = ROWS, .b_step = vectors * LANES, .rows = 1, .count = samples, .accumulate = n > 0,
                           .out_step = whole ? d->units : vectors * LANES,
                           .b = (const REAL *)d->packed + first * d->samples + n * vectors * LANES};
            for (ptrdiff_t i = 0; i < inputs; i += ROWS) {
                t.a = tiles + i * samples;
                t.out = out + i * t.out_step;
                FN(outer_of)(least(ROWS, inputs - i), vectors)(&t);
            }
            for (ptrdiff_t i = 0; !whole && i < inputs; i++)
                memcpy(dw + i * d->units, edge + i * t.out_step, columns * sizeof(REAL));
        }
    }
}
