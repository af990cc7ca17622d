/* Products with w read where it lies, for one instruction set and type: where its rows are short, a chunk of them is as
   near as packed panels would be. */

typedef struct FN(direct_tile) {
    const REAL *x, *w;
    REAL *sums;       /* [row][WIDE * LANES] */
    const char *next; /* what is asked for ahead: so many lines for every line of the first row of x */
    ptrdiff_t lines, inputs, units, length;
    int new_inputs, accumulate;
} FN(direct_tile);

INLINE void FN(direct)(const FN(direct_tile) *t, const int rows) {
    const ptrdiff_t line = 64 / sizeof(REAL);
    const char *next = t->next;
    const REAL *w = t->w, *x[ROWS];
    VEC acc[ROWS][WIDE];
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++) {
        x[p] = t->x + p * t->inputs;
#pragma GCC unroll 8
        for (int v = 0; v < WIDE; v++)
            acc[p][v] = t->accumulate ? FN(load)(t->sums + (p * WIDE + v) * LANES) : FN(all)(0);
    }
    for (ptrdiff_t begin = 0; begin < t->length; begin += line, next += t->lines * 64) {
        const ptrdiff_t end = least(begin + line, t->length);
        FN(fetch)(next, t->lines, 0);
        for (int p = 0; t->new_inputs && p < rows; p++) FN(fetch)(t->x + p * t->inputs + t->length + begin, 1, 0);
        for (ptrdiff_t k = begin; k < end; k++, w += t->units) {
            VEC b[WIDE];
#pragma GCC unroll 8
            for (int v = 0; v < WIDE; v++) b[v] = FN(load)(w + v * LANES);
#pragma GCC unroll 8
            for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
                for (int v = 0; v < WIDE; v++) acc[p][v] += x[p][k] * b[v];
        }
    }
#pragma GCC unroll 8
    for (int p = 0; p < rows; p++)
#pragma GCC unroll 8
        for (int v = 0; v < WIDE; v++) FN(store)(t->sums + (p * WIDE + v) * LANES, acc[p][v]);
}

#define DIRECT(rows) \
    static __attribute__((noinline)) TARGET void FN(direct_##rows)(const FN(direct_tile) *t) { FN(direct)(t, rows); }
DIRECT(1)
DIRECT(2)
DIRECT(3)
DIRECT(4)
DIRECT(5)
DIRECT(6)
#undef DIRECT

static void (*const FN(direct_of)[])(const FN(direct_tile) *) = {
    [1] = FN(direct_1), [2] = FN(direct_2), [3] = FN(direct_3),
    [4] = FN(direct_4), [5] = FN(direct_5), [6] = FN(direct_6)};

/* Tiles of rows are as even as they come: a tile of few rows reads as much of w as one of many. */
KERNEL_OF(dense_direct) {
    const Dense *d = context;
    const ptrdiff_t width = WIDE * LANES, line = 64 / sizeof(REAL), row_bytes = d->units * (ptrdiff_t)sizeof(REAL);
    const ptrdiff_t tiles = ceil_div(d->samples, ROWS), chunk = DIRECT_BYTES / row_bytes / line * line;
    const ptrdiff_t from = block * d->part_inputs, to = least(from + d->part_inputs, d->inputs);
    REAL *partial = (REAL *)d->partial + block * d->partial_size;
    FN(direct_tile) t = {.inputs = d->inputs, .units = d->units};
    for (ptrdiff_t k = from; k < to; k += t.length) {
        t.length = least(chunk, to - k);
        t.accumulate = k > from;
        t.next = (const char *)((const REAL *)d->w + (k + t.length) * d->units);
        t.lines = ceil_div(least(t.length, to - k - t.length) * row_bytes / 64,
                           tiles * d->panels * ceil_div(t.length, line));
        for (ptrdiff_t first = 0; first < d->units; first += width) {
            t.w = (const REAL *)d->w + k * d->units + first;
            t.new_inputs = first == 0;
            for (ptrdiff_t row = 0, tile = 0; tile < tiles; tile++) {
                const ptrdiff_t rows = (d->samples - row) / (tiles - tile);
                t.x = (const REAL *)d->x + row * d->inputs + k;
                t.sums = partial + first * d->samples + row * width;
                FN(direct_of)[rows](&t);
                t.next += t.lines * 64 * ceil_div(t.length, line);
                row += rows;
            }
        }
    }
}
