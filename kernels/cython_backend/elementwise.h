/* Sums and scalings. */
#ifndef TYPE
#include "api.h"
#define BODY "elementwise.h"
#include "each.h"
KERNEL(add_forward)
KERNEL(scale_forward)
#else

KERNEL_OF(add_forward) {
    const Call *t = context;
    const REAL *a = t->in[0], *b = t->in[1];
    REAL *y = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) y[i] = a[i] + b[i];
}

KERNEL_OF(scale_forward) {
    const Call *t = context;
    const REAL *x = t->in[0], scale = (REAL)t->p[0], offset = (REAL)t->p[1];
    REAL *y = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) y[i] = x[i] * scale + offset;
}

#endif
