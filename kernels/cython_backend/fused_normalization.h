/* Batch normalisation with max pooling (windows side by side) and relu. Vectors run over channels, blocks over rows of
   windows; sums over pixels are added block by block, in order. */
#include "api.h"

typedef struct {
    const void *x, *dy, *mean, *variance, *gamma, *beta;
    const void *dgamma, *dbeta; /* complete, for the input's gradient */
    void *y, *dx, *parts;
    const uint8_t *won; /* argmax of a forward pass; NULL without pooling */
    uint8_t *argmax;    /* may be NULL */
    ptrdiff_t rows, size[2], out[2], c, pool[2];
    ptrdiff_t block; /* rows of windows in a block */
    double pixels, epsilon, slope, input_slope;
} Normalization;

#define BODY "fused_normalization_cores.h"
#include "each.h"
KERNEL(add_rows)
KERNEL(fused_normalize)
KERNEL(fused_sums)
KERNEL(fused_gradient)
