/* Winograd's plans: sizes of blocks and layout of work memory. Integers only. */
#define SERIAL_WORK 500000 /* multiply-adds that one thread does in about 10 microseconds */
#define FEWEST_BLOCKS 16 /* of work, so that threads finish together */
#define MOST_SPAN 4      /* runs of tiles in a block of work: within one, the next run's pixels are fetched ahead */

static int threads_for(double work, int threads) { return work < SERIAL_WORK ? 1 : threads; }

/* Elements of packed weights from `depth` to `columns` channels, whatever the width of panels. */
static ptrdiff_t winograd_packed_size(ptrdiff_t depth, ptrdiff_t columns, int tile) {
    return cells_of(tile) * (round_up(depth, 8) * round_up(columns, WIDEST) + CELL_GAP * ceil_div(columns, 4));
}

/* Bytes of scratch memory for blocks of so many tiles. */
static ptrdiff_t winograd_scratch(ptrdiff_t tiles, ptrdiff_t c, int tile, ptrdiff_t itemsize) {
    const ptrdiff_t cells = cells_of(tile);
    return (tiles * (cells + 1) * round_up(c, 8) + round_up(tiles, ROWS) * cells * WIDEST + c) * itemsize;
}

static void winograd_pack(const void *w, ptrdiff_t depth, ptrdiff_t columns, int tile, int transposed, void *packed,
                          void *scratch, int is_double, int threads) {
    WinogradWeights p = {w, packed, depth, columns, tile, transposed};
    ptrdiff_t blocks = ceil_div(columns, panel_width(is_double)) * ceil_div(depth, WEIGHT_ROWS);
    run_winograd_weights(&p, is_double, blocks, threads_for((double)depth * columns * 64, threads), scratch);
}

/* Tiles of an image, of all; then blocks of whole register tiles that fit scratch memory, and enough of them to share:
   where tiles are few the filters are parted too. */
static void plan_tiles(Winograd *g, ptrdiff_t images, int is_double) {
    const ptrdiff_t step = g->tile / g->pool, panels = ceil_div(g->f, panel_width(is_double));
    for (int axis = 0; axis < 2; axis++) g->grid[axis] = ceil_div(g->to_size[axis], step);
    g->tiles = images * g->grid[0] * g->grid[1];
    ptrdiff_t most_tiles = MOST_TILES;
    while (winograd_scratch(most_tiles, g->c, g->tile, is_double ? 8 : 4) > SCRATCH_BYTES)
        most_tiles -= most_tiles > ROWS ? ROWS : 1;
    const ptrdiff_t blocks = most(ceil_div(g->tiles, most_tiles), least(4, ceil_div(g->tiles, ROWS)));
    g->block = least(round_up(ceil_div(g->tiles, blocks), ROWS), most_tiles);
    const ptrdiff_t runs = ceil_div(g->tiles, g->block);
    g->parts = least(panels, ceil_div(FEWEST_BLOCKS, runs));
    g->span = g->block * most(least(runs / (2 * FEWEST_BLOCKS), MOST_SPAN), 1);
}

static void run_plan(Winograd *g, ptrdiff_t images, void *scratch, int is_double, int threads) {
    plan_tiles(g, images, is_double);
    double work = (double)g->tiles * cells_of(g->tile) * g->c * g->f;
    run_winograd_tiles(g, is_double, ceil_div(g->tiles, g->span) * g->parts, threads_for(work, threads), scratch);
}

/* Bytes of work memory: packed weights, and scratch memory of the calling thread. */
static ptrdiff_t winograd_work(ptrdiff_t depth, ptrdiff_t columns, int tile, ptrdiff_t itemsize) {
    return winograd_packed_size(depth, columns, tile) * itemsize + SCRATCH_BYTES + 2 * ALIGNMENT;
}

static void winograd_forward(const WinogradShape *s, const void *x, const void *w, const void *bias,
                             const void *packed, void *y, uint8_t *argmax, double slope, void *work, int is_double,
                             int threads) {
    char *scratch = aligned(work);
    void *made = scratch + SCRATCH_BYTES;
    if (!packed) winograd_pack(w, s->c, s->f, s->tile, 0, made, scratch, is_double, threads);
    Winograd g = {.from = x, .packed = packed ? packed : made, .bias = bias, .to = y, .to_cells = argmax, .c = s->c,
                  .f = s->f, .tile = s->tile, .pool = s->pool, .slope = slope};
    for (int axis = 0; axis < 2; axis++) {
        g.size[axis] = s->size[axis];
        g.to_size[axis] = s->out[axis] / s->pool;
        g.first[axis] = -s->pad[axis];
    }
    run_plan(&g, s->images, scratch, is_double, threads);
}

/* dx: the convolution of dy with windows turned round and transposed, padded by what the forward one leaves of 2. */
static void winograd_backward_input(const WinogradShape *s, const void *dy, const uint8_t *argmax, const void *w,
                                    const void *x, void *dx, double slope, void *work, int is_double, int threads) {
    char *scratch = aligned(work);
    void *made = scratch + SCRATCH_BYTES;
    winograd_pack(w, s->f, s->c, s->tile, 1, made, scratch, is_double, threads);
    Winograd g = {.from = dy, .packed = made, .mask = x, .from_cells = argmax, .to = dx, .c = s->f, .f = s->c,
                  .tile = s->tile, .pool = 1, .slope = x ? slope : 1};
    for (int axis = 0; axis < 2; axis++) {
        g.size[axis] = s->out[axis] / s->pool;
        g.to_size[axis] = s->size[axis];
        g.first[axis] = s->pad[axis] - 2;
    }
    run_plan(&g, s->images, scratch, is_double, threads);
}
