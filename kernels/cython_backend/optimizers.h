/* Optimizer updates, in place: one pass over all arrays, so memory bandwidth is the limit. */
#ifndef TYPE
#include "api.h"
#define BODY "optimizers.h"
#include "each.h"
KERNEL(sgd_update)
KERNEL(momentum_update)
KERNEL(rmsprop_update)
KERNEL(adam_update)
#else

#if IS_DOUBLE
#define SQRT __builtin_sqrt
#else
#define SQRT __builtin_sqrtf
#endif

KERNEL_OF(sgd_update) {
    const Call *t = context;
    const REAL *dw = t->in[0], rate = (REAL)t->p[0], decay = (REAL)t->p[1];
    REAL *w = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) w[i] = w[i] - decay * w[i] - rate * dw[i];
}

KERNEL_OF(momentum_update) {
    const Call *t = context;
    const REAL *dw = t->in[0], rate = (REAL)t->p[0], momentum = (REAL)t->p[1], decay = (REAL)t->p[2];
    REAL *w = t->out[0], *velocity = t->out[1];
    const REAL ahead = t->p[5] ? momentum : 1, again = t->p[5] ? rate : 0;
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        REAL v = momentum * velocity[i] - rate * dw[i];
        velocity[i] = v;
        w[i] = w[i] - decay * w[i] + (ahead * v - again * dw[i]);
    }
}

/* `centered` and `heavy` are constants where this is inlined, so absent arrays are never touched. */
INLINE void FN(rmsprop)(const Call *t, ptrdiff_t begin, ptrdiff_t end, const int centered, const int heavy) {
    const REAL rate = (REAL)t->p[0], rho = (REAL)t->p[1], momentum = (REAL)t->p[2], epsilon = (REAL)t->p[3];
    const REAL *dw = t->in[0], decay = (REAL)t->p[4], new = (REAL)(1 - t->p[1]);
    REAL *w = t->out[0], *square = t->out[1], *mean = t->out[2], *velocity = t->out[3];
    EACH_ALONE for (ptrdiff_t i = begin; i < end; i++) {
        REAL g = dw[i], s = rho * square[i] + new * g * g, root = s + epsilon;
        square[i] = s;
        if (centered) {
            REAL m = rho * mean[i] + new * g;
            mean[i] = m;
            root -= m * m;
        }
        REAL step = rate * g / SQRT(root);
        if (heavy) velocity[i] = step = momentum * velocity[i] + step;
        w[i] = w[i] - decay * w[i] - step;
    }
}

KERNEL_OF(rmsprop_update) {
    const Call *t = context;
    ptrdiff_t begin = block * t->block, end = least(t->n, begin + t->block);
    if (t->out[2] && t->out[3])
        FN(rmsprop)(t, begin, end, 1, 1);
    else if (t->out[2])
        FN(rmsprop)(t, begin, end, 1, 0);
    else if (t->out[3])
        FN(rmsprop)(t, begin, end, 0, 1);
    else
        FN(rmsprop)(t, begin, end, 0, 0);
}

INLINE void FN(adam)(const Call *t, ptrdiff_t begin, ptrdiff_t end, const int amsgrad) {
    const REAL rate = (REAL)t->p[0], epsilon = (REAL)t->p[3], decay = (REAL)t->p[4];
    const REAL new_1 = (REAL)(1 - t->p[1]), new_2 = (REAL)(1 - t->p[2]);
    const REAL *dw = t->in[0];
    REAL *w = t->out[0], *m = t->out[1], *v = t->out[2], *vmax = t->out[3];
    EACH_ALONE for (ptrdiff_t i = begin; i < end; i++) {
        REAL g = dw[i], first = m[i] + (g - m[i]) * new_1, second = v[i] + (g * g - v[i]) * new_2, under_root = second;
        m[i] = first;
        v[i] = second;
        if (amsgrad) {
            under_root = second > vmax[i] ? second : vmax[i];
            vmax[i] = under_root;
        }
        w[i] = w[i] - decay * w[i] - rate * first / (SQRT(under_root) + epsilon);
    }
}

KERNEL_OF(adam_update) {
    const Call *t = context;
    ptrdiff_t begin = block * t->block, end = least(t->n, begin + t->block);
    if (t->out[3])
        FN(adam)(t, begin, end, 1);
    else
        FN(adam)(t, begin, end, 0);
}

#undef SQRT
#endif
