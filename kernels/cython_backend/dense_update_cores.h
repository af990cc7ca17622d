/* The cores of a dense layer's backward pass with update, for one instruction set and type. */
#include "dense_panels.h"
#include "updates.h"

static __attribute__((noinline)) TARGET void FN(update)(const DenseUpdate *u, const REAL *dw, ptrdiff_t begin,
                                                        ptrdiff_t count) {
    const FN(Update) update = FN(update_at)(&u->update, u->optimizer, begin);
    FN(update_range)(&update, u->optimizer, dw, count);
}

/* What the next panel needs of w and the optimizer's arrays, asked for a little at every tile of this one. */
typedef struct FN(ahead) {
    const char *at[4];
    ptrdiff_t lines, sample, samples, first, inputs;
} FN(ahead);

INLINE FN(ahead) FN(next_panel)(const DenseUpdate *u, ptrdiff_t begin, ptrdiff_t end, ptrdiff_t last) {
    const ptrdiff_t width = WIDE * LANES, units = u->d.units, next = least(u->panel_inputs, last - end);
    const ptrdiff_t panels = ceil_div(units, width) + (u->d.dx ? ceil_div(u->d.samples, width) : 0);
    const ptrdiff_t tiles = ceil_div(end - begin, ROWS) * panels;
    FN(ahead) a = {.lines = ceil_div(next * units * (ptrdiff_t)sizeof(REAL) / 64, tiles),
                   .samples = ceil_div(u->d.samples, tiles), .first = end, .inputs = next};
    for (int i = 0; i < 4; i++)
        a.at[i] = u->update.out[i] ? (const char *)((const REAL *)u->update.out[i] + end * units) : NULL;
    return a;
}

INLINE void FN(fetch_ahead)(const DenseUpdate *u, FN(ahead) *a) {
    const Dense *d = &u->d;
    if (a->inputs == 0) return;
    const ptrdiff_t lines = ceil_div(a->inputs * sizeof(REAL), 64) + 1;
    for (int i = 0; i < 4; i++)
        if (a->at[i]) {
            FN(fetch)(a->at[i], a->lines, 1);
            a->at[i] += a->lines * 64;
        }
    for (ptrdiff_t end = least(d->samples, a->sample + a->samples); a->sample < end; a->sample++) {
        FN(fetch)((const REAL *)d->x + a->sample * d->inputs + a->first, lines, 1);
        if (d->dx && d->dx != d->x) FN(fetch)((const REAL *)d->dx + a->sample * d->inputs + a->first, lines, 1);
    }
}

/* dx of a panel, as rows of w against transposed dy; the result is what is transposed, being smaller. x is read just
   before its place may become dx's. */
INLINE void FN(input_gradient)(const DenseUpdate *u, ptrdiff_t begin, ptrdiff_t end, REAL *buffer, FN(ahead) *ahead) {
    const Dense *d = &u->d;
    const ptrdiff_t width = WIDE * LANES, inputs = end - begin;
    const REAL slope = (REAL)u->slope;
    REAL *rows = buffer + BUFFER_BYTES / 2 / sizeof(REAL), dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    Tap tap = {0};
    DotTile t = {.source = d->w, .taps = &tap, .runs = 1, .length = d->units};
    for (ptrdiff_t first = 0; first < d->samples; first += width) {
        const ptrdiff_t columns = least(width, d->samples - first);
        const int vectors = FN(panel_vectors)(columns);
        t.panel = (const REAL *)d->packed + first * d->units;
        t.panel_step = vectors * LANES;
        for (ptrdiff_t row = 0; row < inputs; row += ROWS) {
            for (int p = 0; p < ROWS; p++) {
                t.at[p] = (begin + (row + p < inputs ? row + p : row)) * d->units;
                t.out[p] = row + p < inputs ? buffer + (row + p) * t.panel_step : dump;
            }
            FN(fetch_ahead)(u, ahead);
            FN(run_dot)(&t, least(ROWS, inputs - row), vectors);
        }
        FN(transpose)(buffer, t.panel_step, rows, u->panel_inputs, inputs, columns);
        for (ptrdiff_t n = 0; n < columns; n++) {
            const REAL *from = rows + n * u->panel_inputs, *x = (const REAL *)d->x + (first + n) * d->inputs + begin;
            REAL *dx = (REAL *)d->dx + (first + n) * d->inputs + begin;
            EACH_ALONE for (ptrdiff_t i = 0; i < inputs; i++) dx[i] = x[i] > 0 ? from[i] : slope * from[i];
        }
    }
}

/* dw of up to UPDATED_ROWS inputs from `input` on, whose x is in `tiles`, into the update: a panel of dy meets all of
   them while it is in the first cache. */
INLINE void FN(update_rows)(const DenseUpdate *u, ptrdiff_t input, ptrdiff_t rows, const REAL *tiles, REAL *dw,
                            FN(ahead) *ahead) {
    const Dense *d = &u->d;
    const ptrdiff_t width = WIDE * LANES, most_units = GRADIENT_BYTES / (UPDATED_ROWS * sizeof(REAL)) / width * width;
    for (ptrdiff_t from = 0; from < d->units; from += most_units) {
        const ptrdiff_t units = least(most_units, d->units - from);
        const ptrdiff_t step = units / width * width + (units % width ? FN(panel_vectors)(units % width) * LANES : 0);
        for (ptrdiff_t first = 0; first < units; first += width) {
            const int vectors = FN(panel_vectors)(least(width, units - first));
            OuterTile t = {.a_step = ROWS, .b_step = vectors * LANES, .rows = 1, .count = d->samples,
                           .b = (const REAL *)u->rows + (from + first) * d->samples, .out_step = step};
            for (ptrdiff_t row = 0; row < rows; row += ROWS) {
                t.a = tiles + row * d->samples;
                t.out = dw + row * step + first;
                FN(fetch_ahead)(u, ahead);
                FN(outer_of)(least(ROWS, rows - row), vectors)(&t);
            }
        }
        for (ptrdiff_t p = 1; step > units && units == d->units && p < rows; p++)
            memmove(dw + p * units, dw + p * step, units * sizeof(REAL));
        if (units == d->units)
            FN(update)(u, dw, input * d->units, rows * d->units);
        else
            for (ptrdiff_t p = 0; p < rows; p++)
                FN(update)(u, dw + p * step, (input + p) * d->units + from, units);
    }
}

KERNEL_OF(dense_update) {
    const DenseUpdate *u = context;
    const Dense *d = &u->d;
    const ptrdiff_t last = least(d->inputs, (block + 1) * u->block_inputs);
    REAL *tiles = scratch, *buffer = tiles + TILES_BYTES / sizeof(REAL), *dw = buffer + BUFFER_BYTES / sizeof(REAL);
    for (ptrdiff_t begin = block * u->block_inputs; begin < last; begin += u->panel_inputs) {
        const ptrdiff_t end = least(last, begin + u->panel_inputs);
        FN(ahead) ahead = FN(next_panel)(u, begin, end, last);
        FN(pack_tiles)((const REAL *)d->x + begin, d->inputs, d->samples, end - begin, tiles);
        if (d->dx) FN(input_gradient)(u, begin, end, buffer, &ahead);
        for (ptrdiff_t input = begin; input < end; input += UPDATED_ROWS)
            FN(update_rows)(u, input, least(UPDATED_ROWS, end - input), tiles + (input - begin) * d->samples, dw,
                            &ahead);
    }
}
