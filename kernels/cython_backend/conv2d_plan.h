/* Convolution's plans: sizes of blocks, layout of work memory, which pixels meet which cells. Integers only. */
#define BLOCK_WORK 1048576
#define FEWEST_BLOCKS 16 /* of one small image: enough to share evenly */
#define MOST_PARTS 32
#define PARTIAL_ELEMENTS (1 << 21)
#define SHORT_SUM 64 /* products: up to so many, a list of all offsets is faster than runs of a row or cell each */
#define PATCH_BYTES (64 * 1024) /* of dy and x: more would leave the nearer caches between tiles */

/* Elements of packed weights: `columns` a group, `depth` products a cell. */
static ptrdiff_t packed_size(const Conv *s, ptrdiff_t columns, ptrdiff_t depth) {
    return s->groups * round_up(columns, WIDEST) * s->kernel[0] * s->kernel[1] * depth;
}

/* Bytes of packed weights, their bias, zeros, two lists of taps, and a list of offsets. */
static ptrdiff_t gather_work(const Conv *s, ptrdiff_t columns, ptrdiff_t depth, ptrdiff_t itemsize) {
    ptrdiff_t padded = s->groups * round_up(columns, WIDEST), cells = s->kernel[0] * s->kernel[1];
    return (packed_size(s, columns, depth) + padded + depth) * itemsize + 2 * cells * (ptrdiff_t)sizeof(Tap) +
           SHORT_SUM * (ptrdiff_t)sizeof(ptrdiff_t) + 6 * ALIGNMENT;
}

static void pack(const Conv *s, Packing *p, int is_double, int threads) {
    p->cells = s->kernel[0] * s->kernel[1];
    p->filters = s->f;
    double weights = (double)p->cells * p->depth * p->columns * s->groups;
    run_pack_weights(p, is_double, s->groups * ceil_div(p->columns, panel_width(is_double)),
                     threads_for(weights * 8, threads), NULL);
}

static void conv2d_pack(const Conv *s, const void *w, void *packed, int is_double, int threads) {
    Packing p = {.from = w, .to = packed, .columns = s->f / s->groups, .depth = s->c / s->groups};
    pack(s, &p, is_double, threads);
}

/* Lays out work memory, packs the weights unless they come packed, and sets what all gathers share. */
static void begin_gather(Gather *g, const Conv *s, Packing p, char *work, int is_double, int threads) {
    ptrdiff_t itemsize = is_double ? 8 : 4, cells = s->kernel[0] * s->kernel[1];
    void *packed = take(&work, packed_size(s, p.columns, p.depth) * itemsize);
    void *zeros = take(&work, p.depth * itemsize);
    memset(zeros, 0, p.depth * itemsize);
    g->cells = take(&work, cells * sizeof(Tap));
    g->rows = take(&work, cells * sizeof(Tap));
    g->offsets = take(&work, SHORT_SUM * sizeof(ptrdiff_t));
    g->zeros = zeros;
    g->images = s->images;
    g->groups = s->groups;
    g->depth = cells * p.depth;
    g->group_from = g->cell_length = g->row_length = p.depth;
    g->group_to = p.columns;
    if (!g->packed) {
        p.to = packed;
        pack(s, &p, is_double, threads);
        g->packed = packed;
    }
}

/* The bias, zeros beyond each group's last filter, at the end of what begin_gather took. */
static void pad_bias(Gather *g, const Conv *s, const char *bias, int is_double) {
    ptrdiff_t itemsize = is_double ? 8 : 4, group = s->f / s->groups * itemsize;
    ptrdiff_t padded = round_up(s->f / s->groups, panel_width(is_double)) * itemsize;
    char *cursor = (char *)(g->offsets + SHORT_SUM), *to = take(&cursor, s->groups * padded);
    memset(to, 0, s->groups * padded);
    for (ptrdiff_t i = 0; bias && i < s->groups; i++) memcpy(to + i * padded, bias + i * group, group);
    g->bias = to;
}

/* Where a whole window lies inside the image, for window origins: rows inside[0..1], columns inside[2..3]. */
static void set_inside(Gather *g) {
    ptrdiff_t low[2] = {0, 0}, high[2] = {0, 0};
    for (ptrdiff_t i = 0; i < g->cell_count; i++) {
        low[0] = least(low[0], g->cells[i].row);
        high[0] = most(high[0], g->cells[i].row);
        low[1] = least(low[1], g->cells[i].col);
        high[1] = most(high[1], g->cells[i].col);
    }
    for (int axis = 0; axis < 2; axis++) {
        g->inside[2 * axis] = -low[axis];
        g->inside[2 * axis + 1] = g->size[axis] - 1 - high[axis];
    }
}

/* Lists the offsets of a short sum, in the order of packed weights. */
static void list_offsets(Gather *g) {
    g->each = g->cell_count * g->cell_length == g->depth && g->depth <= SHORT_SUM ? g->offsets : NULL;
    for (ptrdiff_t i = 0; g->each && i < g->depth; i++)
        g->offsets[i] = g->cells[i / g->cell_length].offset + i % g->cell_length;
}

static void gather_pixels(Gather *g, int pooled, int is_double, int threads) {
    ptrdiff_t width = panel_width(is_double), pixels = g->images * g->grid[0] * g->grid[1];
    set_inside(g);
    list_offsets(g);
    ptrdiff_t panels = g->groups * ceil_div(g->group_to, width);
    double each = (double)g->cell_count * g->cell_length * (pooled ? 4 : 1);
    g->block = least(most((ptrdiff_t)(BLOCK_WORK / (each * width + 1)), 48), 3072);
    g->block = round_up(least(g->block, ceil_div(pixels * panels, FEWEST_BLOCKS)), ROWS);
    ptrdiff_t blocks = ceil_div(pixels, g->block) * panels;
    Runner run = pooled ? run_gather_pooled : run_gather;
    run(g, is_double, blocks, threads_for(pixels * each * g->group_to * g->groups, threads), NULL);
}

/* Undilated windows of one group are runs of whole rows. With pooling, s->out counts pooled pixels. */
static void conv2d_forward(const Conv *s, const Forward *f, void *work, int is_double, int threads) {
    Gather g = {.from = f->x, .to = f->y, .packed = f->packed, .argmax = f->argmax, .finish = f->finish,
                .slope = f->slope, .channels = s->c, .to_channels = s->f};
    Packing p = {.from = f->w, .columns = s->f / s->groups, .depth = s->c / s->groups};
    begin_gather(&g, s, p, work, is_double, threads);
    if (f->finish) pad_bias(&g, s, f->bias, is_double);
    for (int axis = 0; axis < 2; axis++) {
        g.size[axis] = s->size[axis];
        g.grid[axis] = g.to_size[axis] = s->out[axis];
        g.step[axis] = s->stride[axis] * (f->pooled ? 2 : 1);
        g.first[axis] = -s->pad[axis];
        g.to_step[axis] = 1;
    }
    Tap *cells = (Tap *)g.cells, *rows = (Tap *)g.rows;
    for (ptrdiff_t cell = 0; cell < s->kernel[0] * s->kernel[1]; cell++) {
        ptrdiff_t row = cell / s->kernel[1] * s->dilation[0], col = cell % s->kernel[1] * s->dilation[1];
        cells[g.cell_count++] = (Tap){row, col, (row * s->size[1] + col) * s->c, cell * p.depth};
        if (s->groups > 1 || s->dilation[1] > 1 || col == 0) rows[g.row_count++] = cells[cell];
    }
    if (s->groups == 1 && s->dilation[1] == 1) g.row_length = s->kernel[1] * p.depth;
    gather_pixels(&g, f->pooled, is_double, threads);
}

/* One class of input pixels, those that lie `rest` past a multiple of the strides: all meet the same cells of w. */
static void gather_class(Gather *g, const Conv *s, const ptrdiff_t rest[2], int is_double, int threads) {
    for (int axis = 0; axis < 2; axis++) {
        ptrdiff_t stride = s->stride[axis], past = rest[axis] - s->pad[axis];
        ptrdiff_t start = (past % stride + stride) % stride; /* the first such pixel inside the image */
        if (start >= s->size[axis]) return;
        g->size[axis] = s->out[axis];
        g->to_size[axis] = s->size[axis];
        g->grid[axis] = ceil_div(s->size[axis] - start, stride);
        g->step[axis] = 1;
        g->to_step[axis] = stride;
        g->to_first[axis] = start;
        g->first[axis] = (start - past) / stride;
    }
    const ptrdiff_t last = s->kernel[0] * s->kernel[1] - 1;
    const int by_rows = s->groups == 1 && s->stride[0] == 1 && s->stride[1] == 1 && s->dilation[1] == 1;
    Tap *cells = (Tap *)g->cells, *rows = (Tap *)g->rows;
    g->cell_count = g->row_count = 0;
    for (ptrdiff_t cell = last; cell >= 0; cell--) { /* as they are packed */
        ptrdiff_t down = cell / s->kernel[1] * s->dilation[0] - rest[0];
        ptrdiff_t kw = cell % s->kernel[1], across = kw * s->dilation[1] - rest[1];
        if (down % s->stride[0] || across % s->stride[1]) continue;
        ptrdiff_t row = -down / s->stride[0], col = -across / s->stride[1];
        Tap tap = {row, col, (row * s->out[1] + col) * s->f, (last - cell) * g->cell_length};
        cells[g->cell_count++] = tap;
        if (!by_rows || kw == s->kernel[1] - 1) rows[g->row_count++] = tap;
    }
    g->row_length = by_rows ? s->kernel[1] * s->f : g->cell_length;
    gather_pixels(g, 0, is_double, threads);
}

/* dx: each input pixel gathers from the output pixels whose windows it lies in, with transposed weights. */
static void conv2d_backward_input(const Conv *s, const void *dy, const void *w, void *dx, void *work, int is_double,
                                  int threads) {
    Gather g = {.from = dy, .to = dx, .channels = s->f, .to_channels = s->c};
    Packing p = {.from = w, .columns = s->c / s->groups, .depth = s->f / s->groups, .transposed = 1};
    begin_gather(&g, s, p, work, is_double, threads);
    for (ptrdiff_t row = 0; row < s->stride[0]; row++)
        for (ptrdiff_t col = 0; col < s->stride[1]; col++) {
            ptrdiff_t rest[2] = {row, col};
            gather_class(&g, s, rest, is_double, threads);
        }
}

/* Elements of one partial sum of dw, and how many there may be at most: enough blocks to share, little to add up. */
static ptrdiff_t partial_size(const Conv *s) {
    return s->kernel[0] * s->kernel[1] * (s->c / s->groups) * s->groups * round_up(s->f / s->groups, WIDEST);
}

static ptrdiff_t most_parts(const Conv *s) {
    ptrdiff_t panels = s->groups * ceil_div(s->f / s->groups, WIDEST);
    ptrdiff_t parts = least(ceil_div(MOST_PARTS, panels), PARTIAL_ELEMENTS / partial_size(s));
    return most(least(parts, s->images * s->out[0]), 1);
}

static ptrdiff_t gradient_work(const Conv *s, ptrdiff_t itemsize) {
    return partial_size(s) * most_parts(s) * itemsize + SCRATCH_BYTES + 2 * ALIGNMENT;
}

/* The patch of output pixels at a time, and whether windows are taken row by row (kw, c). */
static void plan_patches(Gradient *g, const Conv *s, ptrdiff_t padded_line, ptrdiff_t itemsize) {
    const ptrdiff_t half = SCRATCH_BYTES / 2, panel = WIDEST * 4; /* bytes of a panel's row, in either type */
    g->step_cols = least(s->out[1], half / panel);
    ptrdiff_t row_bytes = g->step_cols * panel + s->stride[0] * s->size[1] * s->c * itemsize;
    g->step_rows = most(least(PATCH_BYTES / row_bytes, half / (panel * g->step_cols)), 1);
    const ptrdiff_t overlap = (s->kernel[0] - 1) * s->dilation[0] + 1, reach = (s->out[0] - 1) * s->stride[0] + overlap;
    const int padded = padded_line > s->size[1] || s->pad[0] || reach > s->size[0];
    const ptrdiff_t strip_line = padded_line * s->c * itemsize;
    const ptrdiff_t strip_rows = half / strip_line;
    g->by_rows = s->groups == 1 && s->dilation[1] == 1 && (!padded || (s->c < WIDEST && strip_rows >= overlap));
    if (!g->by_rows || !padded) return;
    g->strip_line = padded_line * s->c;
    g->step_rows = least(g->step_rows, (strip_rows - overlap) / s->stride[0] + 1);
}

static void conv2d_backward_weights(const Conv *s, const void *x, const void *dy, void *dw, void *work, int is_double,
                                    int threads) {
    Gradient g = {.x = x, .dy = dy, .dw = dw, .images = s->images, .c = s->c, .f = s->f, .groups = s->groups,
                  .group_c = s->c / s->groups, .group_f = s->f / s->groups};
    for (int axis = 0; axis < 2; axis++) {
        g.size[axis] = s->size[axis];
        g.out[axis] = s->out[axis];
        g.kernel[axis] = s->kernel[axis];
        g.stride[axis] = s->stride[axis];
        g.pad[axis] = s->pad[axis];
        g.dilation[axis] = s->dilation[axis];
    }
    ptrdiff_t itemsize = is_double ? 8 : 4;
    ptrdiff_t span = (s->out[1] - 1) * s->stride[1] + (s->kernel[1] - 1) * s->dilation[1] + 1;
    plan_patches(&g, s, most(span, s->size[1] + s->pad[1]), itemsize);
    ptrdiff_t rows = s->images * s->out[0], entries = s->kernel[0] * s->kernel[1] * g.group_c;
    g.part_rows = ceil_div(rows, most_parts(s));
    g.parts = ceil_div(rows, g.part_rows);
    g.partial_size = partial_size(s);
    char *cursor = work;
    g.partial = take(&cursor, g.partial_size * most_parts(s) * itemsize);
    void *scratch = take(&cursor, SCRATCH_BYTES);
    double total = (double)rows * s->out[1] * entries * s->f;
    ptrdiff_t panels = s->groups * ceil_div(g.group_f, panel_width(is_double));
    run_weights_gradient(&g, is_double, g.parts * panels, threads_for(total, threads), scratch);
    g.block_entries = most(1, 4096 / s->f);
    run_add_partials(&g, is_double, ceil_div(entries, g.block_entries),
                     threads_for((double)g.parts * entries * s->f * 4, threads), NULL);
}
