/* Depthwise convolution's plans: which patches there are, which taps their pixels meet. Integers only. */
#define DEPTHWISE_PATCH_BYTES (128 * 1024) /* with its dy it stays in the second cache */
#define DEPTHWISE_COLUMNS 64 /* of a patch, at most */
#define DEPTHWISE_BLOCKS 16  /* at least, where there are as many areas and chunks */
#define DEPTHWISE_SET_BYTES 4096 /* addresses so far apart share one set of the first cache */
#define DEPTHWISE_NEAR_BYTES (1 << 20) /* a source that the second cache may hold already */
#define DEPTHWISE_GROUP 4    /* channels of a group, at most: conv2d's tiles are faster on wider ones */
#define DEPTHWISE_PARTIAL_ELEMENTS (1 << 21)

static ptrdiff_t floor_div(ptrdiff_t a, ptrdiff_t b) { return a / b - (a % b < 0); }

static ptrdiff_t chunk_width(int is_double) { return panel_width(is_double) / 2; }

/* Source pixels, along one axis, under the windows of `band` destination pixels. */
static ptrdiff_t patch_of(const Slide *g, const ptrdiff_t span[2], int axis, ptrdiff_t band) {
    return (ceil_div(band, g->phase[axis]) - 1) * g->step[axis] + span[axis];
}

static ptrdiff_t balanced(ptrdiff_t size, ptrdiff_t band, ptrdiff_t phase) {
    return round_up(ceil_div(size, ceil_div(size, band)), phase);
}

/* Splits the destination into areas whose patches stay in the nearer caches. */
static void plan_areas(Slide *g, const ptrdiff_t span[2]) {
    ptrdiff_t most_pixels = DEPTHWISE_PATCH_BYTES / CHUNK_BYTES / g->planes, rows = g->phase[0];
    ptrdiff_t cols = balanced(g->to_size[1], most(DEPTHWISE_COLUMNS, g->phase[1]), g->phase[1]);
    g->run = least(MOST_CHUNKS, ceil_div(g->to_channels, CHUNK_BYTES / (ptrdiff_t)sizeof(float)));
    while (g->run > 1 && patch_of(g, span, 0, rows) * patch_of(g, span, 1, cols) * g->run > most_pixels / 2)
        g->run /= 2;
    most_pixels /= g->run;
    while (cols > g->phase[1] && patch_of(g, span, 0, rows) * patch_of(g, span, 1, cols) > most_pixels)
        cols = round_up(cols / 2, g->phase[1]);
    while (rows < g->to_size[0] && patch_of(g, span, 0, rows + g->phase[0]) * patch_of(g, span, 1, cols) <= most_pixels)
        rows += g->phase[0];
    g->band[0] = balanced(g->to_size[0], rows, g->phase[0]);
    g->band[1] = cols;
    for (int axis = 0; axis < 2; axis++) {
        g->bands[axis] = ceil_div(g->to_size[axis], g->band[axis]);
        g->patch[axis] = patch_of(g, span, axis, g->band[axis]);
    }
}

/* Everything that shapes decide, for the convolution (and the gradient of its weights) or the gradient of its input. */
static Slide plan_slide(const Conv *s, int backward) {
    const ptrdiff_t from = backward ? s->f : s->c, to = backward ? s->c : s->f;
    Slide g = {.images = s->images, .from_channels = from, .to_channels = to, .planes = from / s->groups,
               .own = to / s->groups, .transposed = backward};
    ptrdiff_t span[2];
    for (int axis = 0; axis < 2; axis++) {
        const ptrdiff_t reach = (s->kernel[axis] - 1) * s->dilation[axis], stride = s->stride[axis];
        g.from_size[axis] = backward ? s->out[axis] : s->size[axis];
        g.to_size[axis] = backward ? s->size[axis] : s->out[axis];
        g.step[axis] = backward ? 1 : stride;
        g.phase[axis] = backward ? stride : 1;
        g.origin[axis] = backward ? floor_div(s->pad[axis] - reach, stride) : -s->pad[axis];
        span[axis] = backward ? floor_div(stride - 1 + s->pad[axis], stride) - g.origin[axis] + 1 : reach + 1;
    }
    g.tap_count = s->kernel[0] * s->kernel[1] * g.planes;
    plan_areas(&g, span);
    return g;
}

/* Whether groups are narrow, and a patch, its weights and the dy that it meets fit the memory of one thread. */
static int depthwise_fits(const Conv *s, int backward) {
    Slide g = plan_slide(s, backward);
    if (s->c > s->groups && most(g.planes, g.own) > DEPTHWISE_GROUP) return 0;
    double pixels = (double)g.planes * g.patch[0] * g.patch[1] + (double)g.band[0] * g.band[1];
    const int few_phases = (double)s->stride[0] * s->stride[1] <= 256;
    return few_phases && (g.run * (pixels + g.tap_count) + 8) * CHUNK_BYTES <= SCRATCH_BYTES;
}

/* Plans reading in place: a "patch" is then the table of pointers of one tile. Returns how many runs there are; 0 where
   channels fill no chunk, pixels share cache sets, or weights and table do not fit the memory of one thread. */
static ptrdiff_t plan_direct(Slide *g, int is_double) {
    const ptrdiff_t itemsize = is_double ? 8 : 4, pixel = g->from_channels * itemsize;
    const ptrdiff_t chunk = chunk_width(is_double), bytes = chunk * itemsize;
    if (g->planes > 1 || g->own > 1 || g->to_channels < chunk || pixel % DEPTHWISE_SET_BYTES == 0) return 0;
    g->run = DEPTHWISE_RUN_BYTES / bytes;
    g->fetch = (double)g->images * g->from_size[0] * g->from_size[1] * pixel > DEPTHWISE_NEAR_BYTES;
    const ptrdiff_t runs = ceil_div(g->to_channels / chunk, g->run), blocks = g->images * runs;
    g->patch[0] -= (ceil_div(g->band[0], g->phase[0]) - 1) * g->step[0];
    g->patch[1] -= (ceil_div(g->band[1], g->phase[1]) - TILE) * g->step[1];
    g->bands[0] = least(ceil_div(DEPTHWISE_BLOCKS, blocks), ceil_div(g->to_size[0], g->phase[0]));
    g->band[0] = round_up(ceil_div(g->to_size[0], g->bands[0]), g->phase[0]);
    g->bands[0] = ceil_div(g->to_size[0], g->band[0]);
    g->band[1] = g->to_size[1];
    g->bands[1] = 1;
    const double table = (double)g->patch[0] * g->patch[1] * sizeof(void *);
    return table + ((double)g->run + 1) * g->tap_count * bytes <= SCRATCH_BYTES ? runs : 0;
}

/* Row (or column) of the patch where cell `k` of the window meets pixels `rest` past the phase; -1: nowhere. */
static ptrdiff_t tap_place(const Slide *g, const Conv *s, int backward, int axis, ptrdiff_t k, ptrdiff_t rest) {
    if (!backward) return k * s->dilation[axis];
    const ptrdiff_t from_window = rest + s->pad[axis] - k * s->dilation[axis];
    return from_window % s->stride[axis] ? -1 : from_window / s->stride[axis] - g->origin[axis];
}

/* The taps of every phase, phase by phase; a phase may have none, and its pixels are 0 then. */
static void list_taps(Slide *g, const Conv *s, int backward, WindowTap *taps, Phase *phases) {
    const ptrdiff_t cells = s->kernel[0] * s->kernel[1];
    ptrdiff_t count = 0;
    for (ptrdiff_t a = 0; a < g->phase[0]; a++)
        for (ptrdiff_t b = 0; b < g->phase[1]; b++) {
            Phase *phase = phases + g->phase_count++;
            *phase = (Phase){{a, b}, count, count};
            for (ptrdiff_t i = 0; i < cells; i++) {
                const ptrdiff_t cell = backward ? cells - 1 - i : i; /* in the order of growing places */
                ptrdiff_t row = tap_place(g, s, backward, 0, cell / s->kernel[1], a);
                ptrdiff_t col = tap_place(g, s, backward, 1, cell % s->kernel[1], b);
                for (ptrdiff_t plane = 0; row >= 0 && col >= 0 && plane < g->planes; plane++)
                    taps[count++] = (WindowTap){
                        (plane * g->patch[0] + row) * g->patch[1] + col,
                        backward ? cell * g->own * s->f + plane : (cell * g->planes + plane) * s->f,
                    };
            }
            phase->end = count;
        }
    g->taps = taps;
    g->phases = phases;
}

/* Bytes of taps, phases, scratch memory of the calling thread, and of `sums` elements. */
static ptrdiff_t depthwise_work(const Conv *s, int backward, ptrdiff_t sums, ptrdiff_t itemsize) {
    const ptrdiff_t planes = (backward ? s->f : s->c) / s->groups;
    ptrdiff_t taps = s->kernel[0] * s->kernel[1] * planes, phases = backward ? s->stride[0] * s->stride[1] : 1;
    return taps * sizeof(WindowTap) + phases * sizeof(Phase) + sums * itemsize + SCRATCH_BYTES + 4 * ALIGNMENT;
}

/* Lays out work memory and shares the chunks out, so that there are enough blocks. Returns the thread's scratch. */
static void *begin_slide(Slide *g, const Conv *s, int backward, char **work, int is_double, ptrdiff_t units) {
    WindowTap *taps = take(work, g->tap_count * sizeof(WindowTap));
    Phase *phases = take(work, g->phase[0] * g->phase[1] * sizeof(Phase));
    list_taps(g, s, backward, taps, phases);
    g->chunks = ceil_div(g->to_channels, chunk_width(is_double));
    g->chunks_a_block = ceil_div(g->chunks, least(g->chunks, ceil_div(DEPTHWISE_BLOCKS, units)));
    return take(work, SCRATCH_BYTES);
}

static ptrdiff_t area_count(const Slide *g) { return g->images * g->bands[0] * g->bands[1]; }

static int depthwise_threads(const Conv *s, int threads) {
    double pixels = (double)s->images * s->out[0] * s->out[1];
    return threads_for(pixels * (s->c / s->groups) * s->f * s->kernel[0] * s->kernel[1], threads);
}

/* y or dx: to = from (x or dy) under the windows w, + bias and activation when `finish`. */
static void depthwise_gather(const Conv *s, int backward, const void *from, const void *w, const void *bias,
                             void *to, int finish, double slope, char *work, int is_double, int threads) {
    const Slide patches = plan_slide(s, backward);
    Slide g = patches;
    const ptrdiff_t runs = plan_direct(&g, is_double);
    if (!runs) g = patches;
    ptrdiff_t units = area_count(&g);
    void *scratch = begin_slide(&g, s, backward, &work, is_double, units);
    g.from = from;
    g.w = w;
    g.bias = bias;
    g.to = to;
    g.finish = finish;
    g.slope = slope;
    threads = depthwise_threads(s, threads);
    if (runs)
        run_depthwise_direct(&g, is_double, units * runs, threads, scratch);
    else
        run_depthwise_slide(&g, is_double, units * ceil_div(g.chunks, g.chunks_a_block), threads, scratch);
}

/* Partial sums of dw, each of so many elements; never fewer for more images. */
static ptrdiff_t depthwise_sum_size(const Conv *s) {
    return s->kernel[0] * s->kernel[1] * (s->c / s->groups) * round_up(s->f, CHUNK_BYTES / sizeof(float));
}

static ptrdiff_t depthwise_parts(const Conv *s) {
    Slide g = plan_slide(s, 0);
    ptrdiff_t parts = least(area_count(&g), DEPTHWISE_PARTIAL_ELEMENTS / depthwise_sum_size(s));
    return most(least(parts, DEPTHWISE_BLOCKS), 1);
}

static void depthwise_backward_weights(const Conv *s, const void *x, const void *dy, void *dw, char *work,
                                       int is_double, int threads) {
    Slide g = plan_slide(s, 0), add;
    ptrdiff_t units = area_count(&g), parts = depthwise_parts(s);
    void *scratch = begin_slide(&g, s, 0, &work, is_double, parts);
    void *sums = take(&work, parts * depthwise_sum_size(s) * (is_double ? 8 : 4));
    g.part_units = ceil_div(units, parts);
    g.parts = ceil_div(units, g.part_units);
    g.from = x;
    g.dy = dy;
    g.to = sums;
    threads = depthwise_threads(s, threads);
    run_depthwise_weights(&g, is_double, g.parts * ceil_div(g.chunks, g.chunks_a_block), threads, scratch);
    add = g;
    add.from = sums;
    add.to = dw;
    run_depthwise_add(&add, is_double, g.tap_count, 1, NULL);
}
