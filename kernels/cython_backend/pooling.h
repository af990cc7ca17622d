/* Pooling: vectors run over channels, blocks over rows of output pixels (forward) or images (backward). */
#include "api.h"

typedef struct {
    const void *x, *dy;
    void *y, *dx;
    void *argmax; /* uint8, or int32 when `wide`; may be NULL forward */
    ptrdiff_t images, size[2], c, out[2], pool[2], stride[2], pad[2];
    int wide;
} Pool;

/* The cells first..end (one axis) of the window at output position `at` that lie inside the image. */
static inline ptrdiff_t window_start(const Pool *p, int axis, ptrdiff_t at) {
    return at * p->stride[axis] - p->pad[axis];
}
static inline ptrdiff_t first_cell(ptrdiff_t start) { return start < 0 ? -start : 0; }
static inline ptrdiff_t end_cell(const Pool *p, int axis, ptrdiff_t start) {
    return least(p->pool[axis], p->size[axis] - start);
}

#define BODY "pooling_cores.h"
#include "each.h"
KERNEL(maxpool_row)
KERNEL(minpool_row)
KERNEL(avgpool_row)
KERNEL(maxpool_gradient)
KERNEL(avgpool_gradient)
