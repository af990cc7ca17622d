/* The cores of the dense products, for one instruction set and type. */
#include "dense_panels.h"
#include "dense_direct.h"

/* Rows begin..end of a panel of the partial sums, from t->length inputs; fetches some of `next` at every tile. */
INLINE void FN(panel_of_rows)(const Dense *d, DotTile *t, ptrdiff_t begin, ptrdiff_t end, REAL *sums, int vectors,
                              const char **next, ptrdiff_t lines, int new_inputs) {
    REAL dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    memset(dump, 0, sizeof(dump));
    for (ptrdiff_t row = begin; row < end; row += ROWS) {
        ptrdiff_t rows = least(ROWS, end - row);
        for (int p = 0; p < ROWS; p++) {
            t->at[p] = (p < rows ? row + p : row) * d->inputs;
            t->out[p] = p < rows ? sums + (row + p) * vectors * LANES : dump;
        }
        for (ptrdiff_t p = 0; new_inputs && p < rows; p++)
            FN(fetch)((const REAL *)d->x + t->at[p] + t->taps->offset + t->length, CHUNK * sizeof(REAL) / 64, 0);
        FN(fetch)(*next, lines, 0);
        *next += lines * 64;
        FN(run_dot)(t, rows, vectors);
    }
}

/* The rows' products with `count` panels of a chunk of w, which is packed when it is used more than once. */
INLINE void FN(chunk_of_panels)(const Dense *d, DotTile *t, const REAL *w, ptrdiff_t first_panel, ptrdiff_t count,
                                ptrdiff_t begin, ptrdiff_t end, REAL *partial, REAL *packed) {
    const ptrdiff_t width = WIDE * LANES, tiles = ceil_div(end - begin, ROWS) * count;
    /* Where the next chunk lies when these panels are all of w. */
    const char *next = (const char *)(w + t->length * d->units);
    const ptrdiff_t lines = d->panels_each > 1 ? t->length * count * width * (ptrdiff_t)sizeof(REAL) / 64 / tiles : 0;
    for (ptrdiff_t k = 0; k < t->length && end - begin > ROWS; k++) /* row by row: memory is read in order */
        for (ptrdiff_t panel = 0; panel < count; panel++) {
            const ptrdiff_t first = (first_panel + panel) * width, columns = least(width, d->units - first);
            const ptrdiff_t step = FN(panel_vectors)(columns) * LANES;
            REAL *to = packed + panel * CHUNK * width + k * step;
            FN(pack_panel)(w + k * d->units + first, d->units, 1, columns, to, step);
        }
    for (ptrdiff_t panel = first_panel; panel < first_panel + count; panel++) {
        const ptrdiff_t first = panel * width, columns = least(width, d->units - first);
        const int vectors = FN(panel_vectors)(columns), whole = columns == vectors * LANES;
        t->panel = packed + (panel - first_panel) * CHUNK * width;
        t->panel_step = vectors * LANES;
        if (end - begin <= ROWS && whole) {
            t->panel = w + first;
            t->panel_step = d->units;
        } else if (end - begin <= ROWS) /* needs zeros beyond its end */
            FN(pack_panel)(w + first, d->units, t->length, columns, (REAL *)t->panel, t->panel_step);
        FN(panel_of_rows)(d, t, begin, end, partial + first * d->samples, vectors, &next, lines,
                          d->panels_each > 1 && !first);
    }
}

KERNEL_OF(dense_products) {
    const Dense *d = context;
    const ptrdiff_t groups = ceil_div(d->panels, d->panels_each), group = block % groups;
    const ptrdiff_t begin = block / groups % d->row_blocks * d->block_rows;
    const ptrdiff_t end = least(begin + d->block_rows, d->samples);
    const ptrdiff_t part = block / groups / d->row_blocks, from = part * d->part_inputs;
    const ptrdiff_t to = least(from + d->part_inputs, d->inputs), last = least((group + 1) * d->panels_each, d->panels);
    Tap tap = {0};
    DotTile t = {.source = d->x, .taps = &tap, .runs = 1};
    for (ptrdiff_t k = from; k < to; k += CHUNK) {
        tap.offset = k;
        t.length = least(CHUNK, to - k);
        t.accumulate = k > from;
        for (ptrdiff_t panel = group * d->panels_each; panel < last; panel += PANELS_AT_ONCE)
            FN(chunk_of_panels)(d, &t, (const REAL *)d->w + k * d->units, panel, least(PANELS_AT_ONCE, last - panel),
                                begin, end, (REAL *)d->partial + part * d->partial_size, scratch);
    }
}

/* Few samples: memory is the limit, so w is read once and unpacked while the sums stay in the first cache. A block is a
   range of inputs; it is read in STREAMS places at once, each in order, which is what the processor fetches ahead. The
   last vector of a row ends with it, and may begin inside the one before. */
INLINE void FN(add_rows_of_w)(const Dense *d, const REAL *x, const REAL *w, ptrdiff_t apart, REAL *sums,
                              const int streams) {
    const ptrdiff_t vectors = ceil_div(d->units, LANES);
    for (ptrdiff_t v = 0; v < vectors; v++) {
        const ptrdiff_t first = least(v * LANES, d->units - LANES);
        VEC b[STREAMS];
#pragma GCC unroll 8
        for (int k = 0; k < streams; k++) b[k] = FN(load)(w + k * apart * d->units + first);
        for (ptrdiff_t n = 0; n < d->samples; n++) {
            REAL *to = sums + (n * vectors + v) * LANES;
            VEC sum = FN(load)(to);
#pragma GCC unroll 8
            for (int k = 0; k < streams; k++) sum += x[n * d->inputs + k * apart] * b[k];
            FN(store)(to, sum);
        }
    }
}

KERNEL_OF(dense_few_samples) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, padded = round_up(d->units, LANES);
    const ptrdiff_t to = least(d->inputs, (block + 1) * d->part_inputs);
    const REAL *x = d->x, *w = d->w;
    REAL *sums = scratch, *partial = (REAL *)d->partial + block * d->partial_size;
    memset(sums, 0, d->samples * padded * sizeof(REAL));
    ptrdiff_t k = block * d->part_inputs;
    const ptrdiff_t apart = (to - k) / STREAMS;
    for (ptrdiff_t end = k + apart; k < end; k++) FN(add_rows_of_w)(d, x + k, w + k * d->units, apart, sums, STREAMS);
    for (k += (STREAMS - 1) * apart; k < to; k++) FN(add_rows_of_w)(d, x + k, w + k * d->units, 0, sums, 1);
    for (ptrdiff_t n = 0; n < d->samples; n++, sums += padded) {
        const ptrdiff_t last = d->units - padded + LANES; /* columns of the last vector that no other has */
        memmove(sums + padded - LANES, sums + padded - last, last * sizeof(REAL));
        for (ptrdiff_t first = 0; first < d->units; first += width) {
            const ptrdiff_t columns = least(width, d->units - first);
            memcpy(partial + first * d->samples + n * FN(panel_vectors)(columns) * LANES, sums + first,
                   columns * sizeof(REAL));
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

/* dx of INPUT_BLOCK inputs, as rows of w against transposed dy: the result is what is transposed, being smaller. */
KERNEL_OF(dense_input_gradient) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, last = least(d->inputs, (block + 1) * INPUT_BLOCK);
    REAL *buffer = scratch, dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    Tap tap = {0};
    DotTile t = {.source = d->w, .taps = &tap, .runs = 1, .length = d->units};
    const ptrdiff_t row_lines = d->units * (ptrdiff_t)sizeof(REAL) / 64;
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
                if (first == 0)
                    FN(fetch)((const REAL *)d->w + (input + row + ROWS) * d->units, least(row_lines * ROWS, 96), 0);
                FN(run_dot)(&t, least(ROWS, end - row), vectors);
            }
            FN(transpose)(buffer, t.panel_step, (REAL *)d->dx + first * d->inputs + input, d->inputs, end, columns);
        }
}

/* dw of INPUT_BLOCK inputs: tiles of inputs x units that accumulate over samples. A row of tiles writes whole rows of
   dw, which are fetched ahead. */
KERNEL_OF(dense_weights_gradient) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, begin = block * INPUT_BLOCK, inputs = least(INPUT_BLOCK, d->inputs - begin);
    REAL *tiles = scratch, edge[ROWS * WIDE * VECTOR_BYTES / sizeof(REAL)];
    const ptrdiff_t panel_lines = ROWS * WIDE * VECTOR_BYTES / 64;
    for (ptrdiff_t n = 0; n < d->samples; n += SAMPLE_CHUNK) {
        const ptrdiff_t samples = least(SAMPLE_CHUNK, d->samples - n);
        FN(pack_tiles)((const REAL *)d->x + n * d->inputs + begin, d->inputs, samples, inputs, tiles);
        for (ptrdiff_t i = 0; i < inputs; i += ROWS) {
            const ptrdiff_t rows = least(ROWS, inputs - i);
            REAL *dw = (REAL *)d->dw + (begin + i) * d->units;
            const char *next = (const char *)(dw + ROWS * d->units);
            for (ptrdiff_t first = 0; first < d->units; first += width, next += panel_lines * 64) {
                const ptrdiff_t columns = least(width, d->units - first);
                const int vectors = FN(panel_vectors)(columns), whole = columns == vectors * LANES;
                OuterTile t = {.a = tiles + i * samples, .a_step = ROWS, .b_step = vectors * LANES, .rows = 1,
                               .count = samples, .accumulate = n > 0, .out = whole ? dw + first : edge,
                               .out_step = whole ? d->units : vectors * LANES,
                               .b = (const REAL *)d->packed + first * d->samples + n * vectors * LANES};
                FN(fetch)(next, panel_lines, 1);
                for (ptrdiff_t p = 0; t.accumulate && !whole && p < rows; p++)
                    memcpy(edge + p * t.out_step, dw + p * d->units + first, columns * sizeof(REAL));
                FN(outer_of)(rows, vectors)(&t);
                for (ptrdiff_t p = 0; !whole && p < rows; p++)
                    memcpy(dw + p * d->units + first, edge + p * t.out_step, columns * sizeof(REAL));
            }
        }
    }
}
