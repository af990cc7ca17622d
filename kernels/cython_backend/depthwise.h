/* Depthwise convolution: each channel has a window of its own, so vectors run over channels. Narrow groups are the
   same, on as many copies ("planes") of the source as a group has channels.

   A group of one channel reads its source in place. The others, and the gradient of the weights, copy a zero-padded
   patch of it, CHUNK channels wide, to scratch memory: after that there are no edges, no strides that share cache
   sets, and no vector that is not full. */
#include "conv.h"
#include "plan.h"

#define CHUNK_BYTES 64 /* the widest chunk of channels, in any copy */
#define MOST_CHUNKS 8  /* that are copied together */
#define DEPTHWISE_RUN_BYTES 4096 /* of a pixel, read in place together: threads apart read apart */
#define TILE 8         /* pixels of a tile: enough chains of additions to hide their latency */

static const char depthwise_zeros[DEPTHWISE_RUN_BYTES + CHUNK_BYTES] __attribute__((aligned(CHUNK_BYTES)));

/* One product of a window: its place in the patch, in pixels, and the first of its weights. */
typedef struct {
    ptrdiff_t offset, weight;
} WindowTap;

/* Destination pixels at[] past a multiple of the phases: all meet the taps first..end. */
typedef struct {
    ptrdiff_t at[2], first, end;
} Phase;

/* Destination channel c, one of `own` in its group, gathers from source channels c / own * planes + 0..planes-1. */
typedef struct {
    const void *from, *w, *bias, *dy;
    void *to;
    ptrdiff_t images, from_size[2], from_channels, to_size[2], to_channels, own, planes;
    ptrdiff_t step[2], phase[2], origin[2]; /* source pixels between windows of a phase; where the first patch begins */
    ptrdiff_t band[2], bands[2], patch[2];  /* pixels of the destination and of the source that a patch serves */
    const WindowTap *taps;
    const Phase *phases;
    ptrdiff_t tap_count, phase_count, parts, part_units, chunks, chunks_a_block, run; /* run: chunks at a time */
    int finish, transposed, fetch; /* transposed: the gradient of the input; fetch: asks for pixels ahead */
    double slope;
} Slide;

typedef struct {
    ptrdiff_t image, at[2], size[2]; /* destination pixels */
} Area;

/* Pixel p (to_step apart) = sum over taps of the weights times patch pixel offset + p * step. */
typedef struct {
    const void *source, *packed, *bias;
    const WindowTap *taps;
    ptrdiff_t runs, step;
    void *to;
    ptrdiff_t to_step, count; /* count: channels, a chunk or fewer at the end */
    int finish;
    double slope;
} WindowTile;

/* The same from pixels in place: tap's pixel p is the one that places[offset + p * step] points to. */
typedef struct {
    const void *packed, *bias;
    void *places;
    const WindowTap *taps;
    ptrdiff_t runs, step, channel;
    void *to;
    ptrdiff_t to_step;
    int finish;
    double slope;
} DirectTile;

/* out[cell] += sum over pixels of dy times the patch pixel that met the cell. */
typedef struct {
    const void *source, *dy;
    const WindowTap *taps;
    ptrdiff_t rows, cols, row_step, step;
    void *out;
} CellTile;

static UNUSED Area area_of(const Slide *g, ptrdiff_t unit) {
    ptrdiff_t place[2] = {unit / g->bands[1] % g->bands[0], unit % g->bands[1]};
    Area a = {.image = unit / g->bands[1] / g->bands[0]};
    for (int axis = 0; axis < 2; axis++) {
        a.at[axis] = place[axis] * g->band[axis];
        a.size[axis] = least(g->band[axis], g->to_size[axis] - a.at[axis]);
    }
    return a;
}

/* Pixels of one chunk's patch. */
static UNUSED ptrdiff_t patch_pixels(const Slide *g) { return g->planes * g->patch[0] * g->patch[1]; }

#define BODY "depthwise_cores.h"
#include "each.h"
KERNEL(depthwise_slide)
KERNEL(depthwise_direct)
KERNEL(depthwise_weights)
KERNEL(depthwise_add)

#include "depthwise_plan.h"
