/* Winograd's gradient of 3x3 weights: its plan. Arithmetic is in winograd_weights_cores.h. */
#include "tile.h"

#define CHANNELS 24     /* of a panel of transformed input: whole vectors and whole tiles' rows */
#define NEAR_TILES 128  /* whose two panels stay in the nearest cache */
#define BLOCK_TILES 16
#define NEAR_SUMS (320 * 1024) /* bytes of sums that stay in a thread's own cache, beside its scratch memory */
#define FAR_BYTES (4 << 20)    /* of transformed tiles that all threads share */
#define MOST_PARTS 16
#define PART_TILES 128 /* at least: sums are added up once a part */
#define SERIAL_WORK 500000
#define FETCH(address) __builtin_prefetch(address, 0, 2) /* to be read, into the second cache */

typedef struct {
    const void *x, *dy;
    const uint8_t *argmax; /* or NULL: then dy has the convolution's own size */
    const void *zeros; /* of a pixel outside the image */
    void *dw, *sums, *transformed;
    ptrdiff_t images, size[2], c, out[2], f, pad[2]; /* out: dy's size; pad: top, left */
    ptrdiff_t tile, sides, grid[2], tiles;           /* sides: of a tile of x; grid: tiles of an image */
    ptrdiff_t chunk, v_step, m_step, begin;          /* tiles transformed at a time, and from which */
    ptrdiff_t parts, part_tiles, part_step, sums_step;
} Weights;

typedef struct {
    ptrdiff_t image, row, col;
} Place;

#define BODY "winograd_weights_cores.h"
#include "each.h"
KERNEL(winograd_part)
KERNEL(winograd_transforms)
KERNEL(winograd_products)
KERNEL(winograd_finish)

/* Elements between components: an odd number of cache lines, so that no two components meet in one set of a cache. */
static ptrdiff_t component_step(ptrdiff_t elements, ptrdiff_t itemsize) {
    return (ceil_div(elements * itemsize, ALIGNMENT) | 1) * ALIGNMENT / itemsize;
}

/* Fills in what follows from the sizes; returns whether each part's sums and tiles stay in a thread's own cache. */
static int plan_weights(Weights *g, int pooled, ptrdiff_t itemsize) {
    const ptrdiff_t c = round_up(g->c, 8), f = round_up(g->f, WIDEST), components = (g->tile + 2) * (g->tile + 2);
    g->sides = g->tile + 2;
    for (int axis = 0; axis < 2; axis++) g->grid[axis] = ceil_div(g->out[axis] * (pooled ? 2 : 1), g->tile);
    g->tiles = g->images * g->grid[0] * g->grid[1];
    g->sums_step = component_step(g->c * f, itemsize);
    g->part_step = components * g->sums_step;
    const int near = g->part_step * itemsize <= NEAR_SUMS;
    const ptrdiff_t memory = near ? SCRATCH_BYTES : FAR_BYTES;
    const ptrdiff_t each = components * (c + f) * itemsize, lost = components * 4 * ALIGNMENT;
    g->chunk = most(least((memory - lost) / each, g->tiles), 1);
    g->v_step = component_step(g->chunk * c, itemsize);
    g->m_step = component_step(g->chunk * f, itemsize);
    g->parts = near ? most(least(MOST_PARTS, g->tiles / PART_TILES), 1) : 1;
    g->part_tiles = ceil_div(g->tiles, g->parts);
    g->parts = ceil_div(g->tiles, g->part_tiles);
    return near;
}

static ptrdiff_t weights_work(Weights g, int pooled, ptrdiff_t itemsize) {
    const int near = plan_weights(&g, pooled, itemsize);
    const ptrdiff_t transformed = near ? 0 : g.sides * g.sides * (g.v_step + g.m_step);
    const ptrdiff_t parts = near ? MOST_PARTS : 1; /* all of them: fewer images may be cut into more parts */
    return (parts * g.part_step + transformed + most(g.c, g.f)) * itemsize + SCRATCH_BYTES + 4 * ALIGNMENT;
}

static void weights_gradient(Weights g, void *work, int is_double, int threads) {
    const ptrdiff_t itemsize = is_double ? 8 : 4, components = (g.tile + 2) * (g.tile + 2);
    const int near = plan_weights(&g, g.argmax != NULL, itemsize);
    const double sums = (double)components * g.c * g.f;
    const int allowed = g.tiles * sums < SERIAL_WORK ? 1 : threads;
    char *scratch = aligned(work);
    g.zeros = memset(scratch + SCRATCH_BYTES, 0, most(g.c, g.f) * itemsize);
    g.sums = aligned((char *)g.zeros + most(g.c, g.f) * itemsize);
    g.transformed = aligned((char *)g.sums + g.parts * g.part_step * itemsize);
    if (near) run_winograd_part(&g, is_double, g.parts, allowed, scratch);
    for (g.begin = 0; !near && g.begin < g.tiles; g.begin += g.chunk) {
        ptrdiff_t blocks = ceil_div(least(g.chunk, g.tiles - g.begin), BLOCK_TILES);
        run_winograd_transforms(&g, is_double, blocks, allowed, scratch);
        blocks = components * ceil_div(g.f, panel_width(is_double));
        run_winograd_products(&g, is_double, blocks, allowed, scratch);
    }
    run_winograd_finish(&g, is_double, g.c, g.parts * sums * 2 < SERIAL_WORK ? 1 : threads, scratch);
}
