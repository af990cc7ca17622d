/* Convolution: what its cores are told. Plans are in conv2d_plan.h, arithmetic in gather.h and weights_gradient.h. */
#include "conv.h"
#include "plan.h"
#include "tile.h"

typedef struct {
    const void *from, *packed, *bias, *zeros;
    void *to;
    ptrdiff_t images, size[2], channels, group_from;                     /* the source */
    ptrdiff_t grid[2], step[2], first[2], inside[4];                     /* output pixels, and where windows begin */
    ptrdiff_t to_size[2], to_channels, group_to, to_step[2], to_first[2]; /* the destination */
    ptrdiff_t groups, depth, block;
    const Tap *cells, *rows;
    ptrdiff_t cell_count, row_count, cell_length, row_length;
    ptrdiff_t *offsets;
    const ptrdiff_t *each; /* offsets of all `depth` values under a window, or NULL where there are many */
    int finish;
    double slope;
    uint8_t *argmax; /* of the kernel that pools: there `grid` counts pooled pixels */
} Gather;

/* y = activation(pool(x * w + bias)) when `finish`, else x * w alone. */
typedef struct {
    const void *x, *w, *bias, *packed;
    void *y, *argmax;
    int finish, pooled;
    double slope;
} Forward;

typedef struct {
    const void *from;
    void *to;
    ptrdiff_t cells, columns, depth, filters;
    int transposed;
} Packing;

typedef struct {
    const void *x, *dy;
    void *dw, *partial;
    ptrdiff_t images, size[2], c, group_c, out[2], f, group_f, kernel[2], stride[2], pad[2], dilation[2], groups;
    ptrdiff_t parts, part_rows, partial_size, step_rows, step_cols, strip_line, block_entries;
    int by_rows;
} Gradient;

typedef struct {
    ptrdiff_t image, top, bottom, left, right;
} Patch;

#include "winners_plan.h"

#define BODY "conv2d_cores.h"
#include "each.h"
KERNEL(gather)
KERNEL(gather_pooled)
KERNEL(pack_weights)
KERNEL(weights_gradient)
KERNEL(add_partials)
KERNEL(winners_gradient)
KERNEL(add_bias_sums)
KERNEL(add_winner_sums)
KERNEL(winners_input)
KERNEL(pack_runs)
KERNEL(mask_elements)

#include "conv2d_plan.h"
#include "winners_run.h"
