/* Dense products. Every product is the register tile of tiles.h; they differ in which operand is packed into panels. */
#include "dense_call.h"

#define CHUNK 96        /* products between visits to memory: what so many rows are packed to stays near */
#define INPUT_BLOCK 192 /* weights' rows of a block of either gradient */
#define SAMPLE_CHUNK 256
#define STRIPE 192 /* weights' rows whose dx is transposed at a time */
#define PANELS_AT_ONCE 8
#define DIRECT_BYTES (32 * 1024) /* a chunk of w that is read where it lies */
#define STREAMS 4 /* places of w that are read at once when samples are few */

#define BODY "dense_cores.h"
#include "each.h"
KERNEL(dense_products)
KERNEL(dense_direct)
KERNEL(dense_few_samples)
KERNEL(dense_finish)
KERNEL(dense_input_gradient)
KERNEL(dense_weights_gradient)
KERNEL(pack_columns)
KERNEL(pack_rows)

#define SERIAL_WORK 500000 /* multiply-adds that one thread does in about 10 microseconds */
#define SERIAL_BYTES 400000 /* of weights that one thread reads in about 10 microseconds */
#define ROW_BLOCK 192

static int threads_for(double work, int threads) { return work < SERIAL_WORK ? 1 : threads; }

/* Ranges of inputs with partial sums of their own: where the inner axis is long, it is what threads share. */
static ptrdiff_t parts_of(ptrdiff_t inputs) { return inputs < 4096 ? 1 : least(most(16, inputs / 8192), 64); }

/* The same where samples are few: PART_BYTES of weights each. */
#define FEW_SAMPLES 6
#define PART_BYTES (128 * 1024)

static ptrdiff_t few_parts(ptrdiff_t inputs, ptrdiff_t units, ptrdiff_t itemsize) {
    return least(64, ceil_div(inputs * units * itemsize, PART_BYTES));
}

/* Long sums with short rows of whole panels; not where w comes from memory for so few samples that only its bandwidth
   counts, which reading it in order uses best. */
#define BANDWIDTH_SAMPLES 4
#define CACHED_BYTES (16 * 1024 * 1024)

static int reads_directly(const Dense *d, int is_double) {
    const ptrdiff_t row_bytes = d->units * (is_double ? 8 : 4);
    return parts_of(d->inputs) > 1 && d->samples <= ROW_BLOCK && d->units % panel_width(is_double) == 0 &&
           row_bytes <= DIRECT_BYTES / 32 &&
           (d->samples > BANDWIDTH_SAMPLES || d->inputs * row_bytes <= CACHED_BYTES);
}

static ptrdiff_t partial_bytes(ptrdiff_t samples, ptrdiff_t inputs, ptrdiff_t units, ptrdiff_t itemsize) {
    ptrdiff_t few = least(samples, FEW_SAMPLES) * few_parts(inputs, units, itemsize);
    return most(samples * parts_of(inputs), few) * round_up(units, WIDEST) * itemsize;
}

static ptrdiff_t dense_forward_work(ptrdiff_t samples, ptrdiff_t inputs, ptrdiff_t units, ptrdiff_t itemsize) {
    return partial_bytes(samples, inputs, units, itemsize) + SCRATCH_BYTES + 2 * ALIGNMENT;
}

static void dense_forward(Dense d, void *work, int is_double, int threads) {
    const ptrdiff_t itemsize = is_double ? 8 : 4;
    const int direct = reads_directly(&d, is_double);
    const int few = !direct && d.samples <= FEW_SAMPLES && d.units >= vector_lanes(is_double) &&
                    d.samples * round_up(d.units, WIDEST) * itemsize <= SCRATCH_BYTES;
    const ptrdiff_t parts = few ? few_parts(d.inputs, d.units, itemsize) : parts_of(d.inputs);
    char *partial = aligned(work);
    void *scratch = aligned(partial + partial_bytes(d.samples, d.inputs, d.units, itemsize));
    d.partial = partial;
    d.partial_size = d.samples * round_up(d.units, WIDEST);
    d.part_inputs = round_up(ceil_div(d.inputs, parts), few ? STREAMS : CHUNK);
    d.parts = ceil_div(d.inputs, d.part_inputs);
    d.panels = ceil_div(d.units, panel_width(is_double));
    d.panels_each = d.parts >= 8 ? d.panels : 1;
    d.row_blocks = ceil_div(d.samples, ROW_BLOCK);
    d.block_rows = round_up(ceil_div(d.samples, d.row_blocks), ROWS);
    int allowed = threads_for((double)d.samples * d.inputs * d.units, threads);
    if (direct)
        run_dense_direct(&d, is_double, d.parts, allowed, NULL);
    else if (few)
        run_dense_few_samples(&d, is_double, d.parts, d.inputs * d.units * itemsize < SERIAL_BYTES ? 1 : threads,
                              scratch);
    else
        run_dense_products(&d, is_double, d.parts * d.row_blocks * ceil_div(d.panels, d.panels_each), allowed, scratch);
    run_dense_finish(&d, is_double, d.samples, threads_for((double)d.samples * d.units * d.parts * 4, threads), NULL);
}

/* Packed dy of either gradient, and scratch. */
static ptrdiff_t dense_backward_work(ptrdiff_t samples, ptrdiff_t units, ptrdiff_t itemsize) {
    return round_up(samples, WIDEST) * round_up(units, WIDEST) * itemsize + SCRATCH_BYTES + 2 * ALIGNMENT;
}

static void dense_backward(Dense d, void *work, int is_double, int threads) {
    char *packed = aligned(work);
    d.packed = packed;
    void *scratch = aligned(packed + round_up(d.samples, WIDEST) * round_up(d.units, WIDEST) * (is_double ? 8 : 4));
    double total = (double)d.samples * d.inputs * d.units;
    ptrdiff_t blocks = ceil_div(d.inputs, INPUT_BLOCK), width = panel_width(is_double);
    if (d.dx) {
        run_pack_columns(&d, is_double, ceil_div(d.samples, width), 1, NULL);
        run_dense_input_gradient(&d, is_double, blocks, threads_for(total, threads), scratch);
    } else {
        run_pack_rows(&d, is_double, ceil_div(d.units, width), 1, NULL);
        run_dense_weights_gradient(&d, is_double, blocks, threads_for(total, threads), scratch);
    }
}
