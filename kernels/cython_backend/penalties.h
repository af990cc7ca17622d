/* Penalties on the size of weights and activities, and their gradients. */
#ifndef TYPE
#include "api.h"
#define BODY "penalties.h"
#include "each.h"
KERNEL(penalty_sums)
KERNEL(penalty_total)
KERNEL(penalty_backward)
#else

/* p: l1, l2. A block's sum goes to element `block` of the output. */
KERNEL_OF(penalty_sums) {
    const Call *t = context;
    const REAL *x = (const REAL *)t->in[0] + block * t->block;
    const ptrdiff_t count = least(t->block, t->n - block * t->block);
    VEC absolute = FN(all)(0), square = FN(all)(0), zero = FN(all)(0);
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        VEC v = FN(load)(x + i);
        absolute += FN(select)(v > zero, v, -v);
        square += v * v;
    }
    if (i < count) {
        VEC v = FN(load_some)(x + i, count - i);
        absolute += FN(select)(v > zero, v, -v);
        square += v * v;
    }
    ((REAL *)t->out[0])[block] = (REAL)(t->p[0] * FN(sum_lanes)(absolute) + t->p[1] * FN(sum_lanes)(square));
}

/* One block: n partial sums become one, times p[0]. */
KERNEL_OF(penalty_total) {
    const Call *t = context;
    const REAL *parts = t->in[0];
    double sum = 0;
    (void)block;
    for (ptrdiff_t i = 0; i < t->n; i++) sum += parts[i];
    *(REAL *)t->out[0] = (REAL)(sum * t->p[0]);
}

/* p: factors of sign(x) and of x. */
KERNEL_OF(penalty_backward) {
    const Call *t = context;
    const REAL *x = t->in[0], *before = t->in[1], slope = (REAL)t->p[0], factor = (REAL)t->p[1];
    REAL *dx = t->out[0];
    const ptrdiff_t begin = block * t->block, end = least(t->n, begin + t->block);
    if (before)
        EACH_ALONE for (ptrdiff_t i = begin; i < end; i++)
            dx[i] = before[i] + (factor * x[i] + slope * ((REAL)(x[i] > 0) - (REAL)(x[i] < 0)));
    else
        EACH_ALONE for (ptrdiff_t i = begin; i < end; i++)
            dx[i] = factor * x[i] + slope * ((REAL)(x[i] > 0) - (REAL)(x[i] < 0));
}

#endif
