/* Convolution's output, and the gradient of its input: every output pixel gathers from the pixels under its window.

   Blocks are panels of filters times ranges of output pixels, counted through all images, so that a tile is full even
   where rows are short. Inside the image a row of the window is one run over (kw, c); at edges each cell is a run of
   its own, and one outside the image reads zeros. */

typedef struct FN(place) {
    ptrdiff_t image, row, col;
} FN(place);

/* Moves on by so many pixels, at most to the beginning of the next row. */
INLINE void FN(advance)(const Gather *g, FN(place) *at, ptrdiff_t pixels) {
    at->col += pixels;
    if (at->col < g->grid[1]) return;
    at->col = 0;
    if (++at->row < g->grid[0]) return;
    at->row = 0;
    at->image++;
}

/* A whole tile in one row is the usual case, and worth its own copy: with a constant count this is a few vectors. */
INLINE void FN(aim_along)(const Gather *g, DotTile *t, int p, const int count, ptrdiff_t row, ptrdiff_t col,
                          ptrdiff_t from, REAL *to) {
    const ptrdiff_t from_step = g->step[1] * g->channels, to_step = g->to_step[1] * g->to_channels;
    for (int i = 0; i < count; i++) {
        t->row[p + i] = row;
        t->col[p + i] = col + i * g->step[1];
        t->at[p + i] = from + i * from_step;
        t->out[p + i] = to + i * to_step;
    }
}

/* Aims a tile's pixels from `p` on at the grid's pixels from `at` on, up to the end of a row of the grid, and moves `at`
   past them; returns the first of the tile's pixels that is left. Notes whether any window leaves the image. */
INLINE int FN(aim)(const Gather *g, DotTile *t, int p, int end, FN(place) *at, ptrdiff_t source_channel, REAL *dst) {
    const ptrdiff_t row = at->row * g->step[0] + g->first[0], to_row = at->row * g->to_step[0] + g->to_first[0];
    const ptrdiff_t col = at->col * g->step[1] + g->first[1], to_col = at->col * g->to_step[1] + g->to_first[1];
    ptrdiff_t from = ((at->image * g->size[0] + row) * g->size[1] + col) * g->channels + source_channel;
    REAL *to = dst + ((at->image * g->to_size[0] + to_row) * g->to_size[1] + to_col) * g->to_channels;
    const int count = (int)least(end - p, g->grid[1] - at->col);
    t->edges |= row < g->inside[0] || row > g->inside[1] || col < g->inside[2] ||
                col + (count - 1) * g->step[1] > g->inside[3];
    if (count == ROWS)
        FN(aim_along)(g, t, 0, ROWS, row, col, from, to);
    else
        FN(aim_along)(g, t, p, count, row, col, from, to);
    FN(advance)(g, at, count);
    return p + count;
}

/* Runs one tile whose panel has more columns than there are filters: through a small buffer. */
INLINE void FN(dot_narrow)(DotTile *t, ptrdiff_t rows, int vectors, ptrdiff_t filters) {
    REAL buffer[ROWS * WIDE * LANES];
    void *out[ROWS];
    for (int p = 0; p < ROWS; p++) {
        out[p] = t->out[p];
        t->out[p] = buffer + p * vectors * LANES;
    }
    FN(run_dot)(t, rows, vectors);
    for (int p = 0; p < rows; p++) memcpy(out[p], t->out[p], filters * sizeof(REAL));
}

/* The filters and the output pixels of one block. */
typedef struct FN(panel) {
    ptrdiff_t from, to, filters, pixel, end; /* first channels of source and destination */
    int vectors;
    FN(place) at; /* of `pixel` */
} FN(panel);

INLINE FN(panel) FN(open_panel)(const Gather *g, ptrdiff_t block, DotTile *t) {
    const ptrdiff_t width = WIDE * LANES, per_group = ceil_div(g->group_to, width), panels = g->groups * per_group;
    const ptrdiff_t group = block % panels / per_group, first = block % panels % per_group * width;
    const ptrdiff_t filters = least(width, g->group_to - first), pixel = block / panels * g->block;
    FN(panel) p = {.from = group * g->group_from, .to = group * g->group_to + first, .filters = filters,
                   .pixel = pixel, .end = least(pixel + g->block, g->images * g->grid[0] * g->grid[1]),
                   .vectors = FN(panel_vectors)(filters),
                   .at = {pixel / (g->grid[0] * g->grid[1]), pixel / g->grid[1] % g->grid[0], pixel % g->grid[1]}};
    const ptrdiff_t padded = group * round_up(g->group_to, width) + first;
    *t = (DotTile){.source = g->from, .panel = (const REAL *)g->packed + padded * g->depth,
                   .panel_step = p.vectors * LANES, .finish = g->finish, .bias = (const REAL *)g->bias + padded,
                   .slope = g->slope, .zeros = g->zeros, .height = g->size[0], .width = g->size[1]};
    return p;
}

INLINE void FN(choose_taps)(const Gather *g, DotTile *t) {
    t->taps = t->edges ? g->cells : g->rows;
    t->runs = t->edges ? g->cell_count : g->row_count;
    t->length = t->edges ? g->cell_length : g->row_length;
    t->each = t->edges ? NULL : g->each;
    t->each_end = g->each + g->depth;
}

KERNEL_OF(gather) {
    (void)scratch;
    const Gather *g = context;
    DotTile t;
    FN(panel) panel = FN(open_panel)(g, block, &t);
    REAL *dst = (REAL *)g->to + panel.to, dump[WIDE * VECTOR_BYTES / sizeof(REAL)];
    for (ptrdiff_t pixel = panel.pixel; pixel < panel.end;) {
        const int rows = (int)least(ROWS, panel.end - pixel);
        t.edges = 0;
        for (int p = 0; p < rows;) p = FN(aim)(g, &t, p, rows, &panel.at, panel.from, dst);
        pixel += rows;
        for (int p = rows; p < ROWS; p++) { /* the last tile may be short: it repeats a pixel and drops it */
            t.at[p] = t.at[0];
            t.row[p] = t.row[0];
            t.col[p] = t.col[0];
            t.out[p] = dump;
        }
        FN(choose_taps)(g, &t);
        if (panel.filters == panel.vectors * LANES)
            FN(run_dot)(&t, rows, panel.vectors);
        else
            FN(dot_narrow)(&t, rows, panel.vectors, panel.filters);
    }
}

/* Packs the weights of one panel: [cell][k][column], zeros beyond the last filter. In `transposed` form the panel's
   columns are input channels, k runs over filters, and cells come last first, which is the order of growing places. */
KERNEL_OF(pack_weights) {
    (void)scratch;
    const Packing *p = context;
    const ptrdiff_t width = WIDE * LANES, per_group = ceil_div(p->columns, width);
    const ptrdiff_t group = block / per_group, first = block % per_group * width;
    const ptrdiff_t columns = least(width, p->columns - first), step = FN(panel_vectors)(columns) * LANES;
    const ptrdiff_t padded = group * round_up(p->columns, width) + first, filters = p->filters;
    REAL *to = (REAL *)p->to + padded * p->cells * p->depth;
    for (ptrdiff_t cell = 0; cell < p->cells; cell++, to += p->depth * step) {
        if (columns < step) memset(to, 0, p->depth * step * sizeof(REAL));
        if (p->transposed) {
            const REAL *from = (const REAL *)p->from + group * p->depth;
            from += ((p->cells - 1 - cell) * p->columns + first) * filters;
            FN(transpose)(from, filters, to, step, columns, p->depth);
        } else {
            const REAL *from = (const REAL *)p->from + cell * p->depth * filters + group * p->columns + first;
            for (ptrdiff_t k = 0; k < p->depth; k++) memcpy(to + k * step, from + k * filters, columns * sizeof(REAL));
        }
    }
}
