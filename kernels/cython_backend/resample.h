/* Images of another size: input rows are added up into one row of real numbers, then that row's columns into a row of
   the output. A block is some output rows, counted over all images; each block has such a row of its own. */
#include "api.h"

enum { BYTES, FLOATS, DOUBLES };
enum { SPARE = 8 }; /* numbers behind a row: pixels of three channels are read in fours */

typedef struct {
    const void *x, *rows, *columns; /* rows (oh, row_taps), columns (ow, column_taps) */
    const int32_t *row_starts, *column_starts;
    void *y;
    char *buffers;
    ptrdiff_t images, h, w, c, oh, ow, oc, row_taps, column_taps;
    ptrdiff_t first, count;       /* columns of x that are read */
    ptrdiff_t block, buffer_size; /* rows of a block, bytes of a buffer */
} Resample;

#define EACH_TYPE "each_number.h"
#define BODY "resample_cores.h"
#include "each.h"

#if defined(__x86_64__)
#define RESAMPLE_COPIES                                             \
    {{resample_u8_base, resample_f32_base, resample_f64_base},      \
     {resample_u8_v3, resample_f32_v3, resample_f64_v3},            \
     {resample_u8_v4, resample_f32_v4, resample_f64_v4}}
#else
#define RESAMPLE_COPIES {{resample_u8_base, resample_f32_base, resample_f64_base}}
#endif

/* Finds the columns that are read, and from them how many bytes the buffers of so many blocks take. */
static ptrdiff_t plan(Resample *t, int type, ptrdiff_t blocks) {
    ptrdiff_t end = 0;
    t->first = t->w;
    for (ptrdiff_t i = 0; i < t->ow; i++) {
        t->first = least(t->first, t->column_starts[i]);
        end = most(end, t->column_starts[i] + t->column_taps);
    }
    t->count = end - t->first;
    t->block = ceil_div(t->images * t->oh, blocks);
    t->buffer_size = round_up((t->count * t->c + SPARE) * (type == DOUBLES ? 8 : 4), ALIGNMENT);
    return blocks * t->buffer_size + ALIGNMENT;
}

static void resample(Resample *t, int type, ptrdiff_t blocks, int threads) {
    static const BlockFn copies[][3] = RESAMPLE_COPIES;
    t->buffers = aligned(t->buffers);
    if (blocks == 1)
        copies[pool->level][type](t, 0, NULL);
    else
        pool->run(copies[pool->level][type], t, blocks, threads, NULL);
}
