/* The plan's numbers, and the two passes over its blocks. */

static ptrdiff_t strip_bytes(const Winners *g, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t itemsize) {
    return round_up((strip_size(g, 0, rows) * strip_size(g, 1, cols) * g->chunk + WIDEST) * itemsize, ALIGNMENT);
}

static ptrdiff_t laid_bytes(const Winners *g, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t itemsize) {
    if (g->tables) return strip_size(g, 0, rows) * strip_size(g, 1, cols) * g->chunk * 4 * itemsize;
    return g->columns ? (rows * g->pool[0] * cols * g->pool[1] * g->padded + WIDEST) * itemsize : 0;
}

/* Of the filters' lists: a value and a place each, and a count a list. */
static ptrdiff_t lists_bytes(const Winners *g, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t itemsize) {
    const ptrdiff_t lists = rows * g->pool[0] * cols * g->pool[1];
    return g->filters ? lists * (2 * g->filters * itemsize + (ptrdiff_t)sizeof(int32_t)) : 0;
}

/* Whether so large a patch's windows fit the nearest cache, and all of it the scratch memory. */
static int patch_fits(const Winners *g, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t itemsize, ptrdiff_t near) {
    ptrdiff_t strip = strip_bytes(g, rows, cols, itemsize), laid = laid_bytes(g, rows, cols, itemsize);
    const ptrdiff_t total = strip + laid + lists_bytes(g, rows, cols, itemsize);
    return (laid ? laid : strip) <= near && total <= SCRATCH_BYTES;
}

/* How windows are laid out for chunks of `chunk` channels. */
static void plan_windows(Winners *g, ptrdiff_t chunk, int is_double) {
    const Conv *s = &g->conv;
    const ptrdiff_t lanes = vector_lanes(is_double), runs = strip_runs(s);
    g->group_chunks = ceil_div(g->group_c, chunk);
    g->chunk = ceil_div(g->group_c, g->group_chunks);
    g->chunks = s->groups * g->group_chunks;
    ptrdiff_t window = s->kernel[0] * s->kernel[1] * g->chunk;
    g->tables = !g->filters && lanes == 8 && s->groups == 1 && s->dilation[1] == 1 && g->pool[0] == 2 &&
                g->pool[1] == 2 && s->c < lanes && s->f % (2 * lanes) == 0;
    g->columns = !g->filters && !g->tables && runs * round_up(window / runs, lanes) > round_up(window, lanes);
    g->runs = g->columns ? 1 : runs;
    g->length = window / g->runs;
    g->padded = round_up(g->length, lanes);
    g->sums_size = g->group_f * g->runs * (g->tables ? g->length : g->padded);
}

/* Patches of whole rows if they fit, of several rows if those are short. Returns whether there is any way. */
static int plan_winners(Winners *g, int is_double) {
    const ptrdiff_t itemsize = is_double ? 8 : 4;
    const Conv *s = &g->conv;
    g->group_c = s->c / s->groups;
    g->group_f = s->f / s->groups;
    plan_windows(g, CHUNK, is_double);
    while (!patch_fits(g, 1, 1, itemsize, SCRATCH_BYTES)) {
        if (g->chunk == 1) return 0;
        plan_windows(g, g->chunk / 2, is_double);
    }
    ptrdiff_t cuts = 1, rows = 1;
    while (cuts < g->pooled[1] && !patch_fits(g, 1, ceil_div(g->pooled[1], cuts), itemsize, NEAR_BYTES)) cuts++;
    g->patch[1] = ceil_div(g->pooled[1], cuts);
    while (rows < g->pooled[0] && patch_fits(g, rows + 1, g->patch[1], itemsize, NEAR_BYTES)) rows++;
    g->patch[0] = ceil_div(g->pooled[0], ceil_div(g->pooled[0], rows));
    g->strip_bytes = strip_bytes(g, g->patch[0], g->patch[1], itemsize);
    g->line = strip_size(g, 1, g->patch[1]) * g->chunk;
    const ptrdiff_t down = s->stride[0] * g->line, across = s->stride[1] * g->chunk, cells = g->pool[0] * g->pool[1];
    g->next_pooled[1] = g->columns ? cells * g->padded : g->pool[1] * across;
    g->next_pooled[0] = g->columns ? g->patch[1] * g->next_pooled[1] : g->pool[0] * down;
    if (g->tables) {
        g->table_line = g->line * 4;
        g->next_pooled[1] = 2 * across * 4;
        g->next_pooled[0] = 2 * s->stride[0] * g->table_line;
    }
    for (ptrdiff_t i = 0; i < cells; i++)
        g->cells[i] = g->columns ? i * g->padded : i / g->pool[1] * down + i % g->pool[1] * across;
    ptrdiff_t rows_of_all = s->images * g->pooled[0], most_sums = PARTIAL_ELEMENTS / (g->sums_size * g->chunks);
    g->parts = most(1, least(least(ceil_div(MOST_PARTS, g->chunks), most_sums), rows_of_all));
    g->part_rows = ceil_div(rows_of_all, g->parts);
    return 1;
}

/* The same for the gradient of the input. */
static int plan_scatter(Winners *g, int is_double) {
    g->filters = least(FILTERS, g->conv.f / g->conv.groups);
    return plan_winners(g, is_double);
}

static ptrdiff_t winners_work(Winners *g, int is_double) {
    plan_winners(g, is_double);
    return g->parts * (g->chunks * g->sums_size + g->conv.f) * (is_double ? 8 : 4) + SCRATCH_BYTES + 3 * ALIGNMENT;
}

static void pooled_backward_weights(Winners *g, const void *x, const void *dy, const void *argmax, void *dw, void *db,
                                    void *work, int is_double, int threads) {
    const Conv *s = &g->conv;
    char *cursor = work;
    plan_winners(g, is_double);
    g->x = x;
    g->dy = dy;
    g->argmax = argmax;
    g->dw = dw;
    g->db = db;
    g->partial = take(&cursor, g->parts * g->chunks * g->sums_size * (is_double ? 8 : 4));
    g->bias_sums = take(&cursor, g->parts * s->f * (is_double ? 8 : 4));
    double sums = (double)s->kernel[0] * s->kernel[1] * g->group_c * s->f;
    double total = sums * s->images * g->pooled[0] * g->pooled[1];
    g->parts = ceil_div(s->images * g->pooled[0], g->part_rows);
    run_winners_gradient(g, is_double, g->parts * g->chunks, threads_for(total, threads), take(&cursor, SCRATCH_BYTES));
    run_add_winner_sums(g, is_double, g->chunks * g->runs, threads_for(g->parts * sums * 4, threads), NULL);
    if (db) run_add_bias_sums(g, is_double, 1, 1, NULL);
}

static ptrdiff_t scatter_work(Winners *g, int is_double) {
    plan_scatter(g, is_double);
    return g->chunks * g->sums_size * (is_double ? 8 : 4) + SCRATCH_BYTES + 2 * ALIGNMENT;
}

static void pooled_backward_input(Winners *g, const void *dy, const void *argmax, const void *w, const void *x,
                                  void *dx, void *work, int is_double, int threads) {
    const Conv *s = &g->conv;
    char *cursor = work;
    plan_scatter(g, is_double);
    g->dy = dy;
    g->argmax = argmax;
    g->w = w;
    g->x = x;
    g->dx = dx;
    g->packed = take(&cursor, g->chunks * g->sums_size * (is_double ? 8 : 4));
    double weights = (double)s->kernel[0] * s->kernel[1] * g->group_c * s->f;
    double total = weights * s->images * g->pooled[0] * g->pooled[1];
    run_pack_runs(g, is_double, g->chunks * g->runs, threads_for(weights * 8, threads), NULL);
    run_winners_input(g, is_double, s->images * g->chunks, threads_for(total, threads), take(&cursor, SCRATCH_BYTES));
}

/* dx = x > 0 ? dx : slope * dx, after a gradient that wrote all of dx. */
static void mask_input(Winners *g, const void *x, void *dx, int is_double, int threads) {
    const Conv *s = &g->conv;
    const ptrdiff_t size = s->images * s->size[0] * s->size[1] * s->c;
    g->x = x;
    g->dx = dx;
    run_mask_elements(g, is_double, ceil_div(size, MASK_ELEMENTS), threads_for(size * 8.0, threads), NULL);
}
