/* Clipping of gradients. */
#ifndef TYPE
#include "api.h"
#define BODY "clipping.h"
#include "each.h"
KERNEL(clip_by_value)
KERNEL(clip_by_norm)
#else

KERNEL_OF(clip_by_value) {
    const Call *t = context;
    const REAL *x = t->in[0], limit = (REAL)t->p[0];
    REAL *y = t->out[0];
    const ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        const REAL v = x[i] < -limit ? -limit : x[i];
        y[i] = v > limit ? limit : v;
    }
}

/* in[1] is the square of the norm. */
KERNEL_OF(clip_by_norm) {
    const Call *t = context;
    const double norm = sqrt((double)*(const REAL *)t->in[1]), limit = t->p[0];
    const REAL *x = t->in[0], factor = (REAL)(norm > limit ? limit / norm : norm == norm ? 1 : norm);
    REAL *y = t->out[0];
    const ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) y[i] = x[i] * factor;
}

#endif
