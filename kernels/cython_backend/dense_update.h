/* Backward pass and update of a dense layer: a panel of weights' rows meets both gradients and the optimizer while it
   is in cache, so that the gradient of the weights is never stored. */
#include "dense_call.h"

typedef struct {
    Dense d; /* dx, which may be x, is NULL when nobody wants it */
    Call update;
    int optimizer;
    const void *rows; /* dy packed by rows, and in d.packed by columns */
    double slope;     /* of dx where x is not positive */
    ptrdiff_t panel_inputs, block_inputs;
} DenseUpdate;

#define PANEL_BYTES (48 * 1024)     /* of weights; two panels of each array of an update stay in the second cache */
#define MOST_PANEL_INPUTS 192       /* a multiple of ROWS */
#define TILES_BYTES (192 * 1024)    /* x of a panel's inputs and all samples */
#define BUFFER_BYTES (64 * 1024)    /* dx of a panel's inputs and a tile's samples; the same with its rows in order */
#define GRADIENT_BYTES (128 * 1024) /* dw of UPDATED_ROWS inputs and so many units */
#define UPDATED_ROWS (4 * ROWS)
#define BLOCKS 48                   /* a few panels each, for the sake of the first, which nobody asked for ahead */

#define BODY "dense_update_cores.h"
#include "each.h"
KERNEL(dense_update)
KERNEL(pack_columns)
KERNEL(pack_rows)

#define SERIAL_WORK 200000 /* multiply-adds that one thread does, with the updates, in about 10 microseconds */

static ptrdiff_t dense_update_work(ptrdiff_t samples, ptrdiff_t units, ptrdiff_t itemsize) {
    return 2 * round_up(samples, WIDEST) * round_up(units, WIDEST) * itemsize + SCRATCH_BYTES + 3 * ALIGNMENT;
}

static void dense_update(DenseUpdate u, void *work, int is_double, int threads) {
    Dense *d = &u.d;
    const ptrdiff_t itemsize = is_double ? 8 : 4, width = panel_width(is_double);
    const ptrdiff_t packed_bytes = round_up(d->samples, WIDEST) * round_up(d->units, WIDEST) * itemsize;
    char *columns = aligned(work), *rows = aligned(columns + packed_bytes), *scratch = aligned(rows + packed_bytes);
    d->packed = rows;
    run_pack_rows(d, is_double, ceil_div(d->units, width), 1, NULL);
    d->packed = columns;
    if (d->dx) run_pack_columns(d, is_double, ceil_div(d->samples, width), 1, NULL);
    u.rows = rows;
    ptrdiff_t inputs = least(PANEL_BYTES / (d->units * itemsize), TILES_BYTES / (d->samples * itemsize));
    u.panel_inputs = most(ROWS, least(inputs, MOST_PANEL_INPUTS) / ROWS * ROWS);
    u.block_inputs = u.panel_inputs * most(1, d->inputs / BLOCKS / u.panel_inputs);
    const double work_done = (double)d->samples * d->inputs * d->units + 16.0 * d->inputs * d->units;
    if (work_done < SERIAL_WORK) threads = 1;
    run_dense_update(&u, is_double, ceil_div(d->inputs, u.block_inputs), threads, scratch);
}
