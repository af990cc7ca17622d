/* What the dense products are given. */
#ifndef FASTCNN_DENSE_CALL_H
#define FASTCNN_DENSE_CALL_H

#include "tile.h"

typedef struct {
    const void *x, *w, *dy, *bias;
    void *y, *dx, *dw, *partial, *packed;
    ptrdiff_t samples, inputs, units;
    ptrdiff_t parts, part_inputs, partial_size, row_blocks, block_rows, panels, panels_each;
    int finish;
    double slope;
} Dense;

#endif
