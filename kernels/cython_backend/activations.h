/* Activations and their gradients, which come from the output y. */
#ifndef TYPE
#include "api.h"
#define BODY "activations.h"
#include "each.h"
KERNEL(relu_forward)
KERNEL(relu_backward)
KERNEL(elu_forward)
KERNEL(elu_backward)
KERNEL(sigmoid_forward)
KERNEL(sigmoid_backward)
KERNEL(tanh_forward)
KERNEL(tanh_backward)
KERNEL(softmax_forward)
KERNEL(softmax_backward)
#else
#include "exponential.h"
#include "softmax.h"

KERNEL_OF(relu_forward) {
    const Call *t = context;
    const REAL *x = t->in[0], slope = (REAL)t->p[0], top = (REAL)t->p[1], threshold = (REAL)t->p[2];
    REAL *y = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        REAL below = slope * (x[i] - threshold), above = x[i] > top ? top : x[i];
        y[i] = x[i] > threshold ? above : below;
    }
}

KERNEL_OF(relu_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1], slope = (REAL)t->p[0], top = (REAL)t->p[1];
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        REAL leak = slope * dy[i], pass = y[i] < top ? dy[i] : 0;
        dx[i] = y[i] > 0 ? pass : leak;
    }
}

KERNEL_OF(elu_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1], alpha = (REAL)t->p[0];
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        REAL below = dy[i] * (y[i] + alpha);
        dx[i] = y[i] > 0 ? dy[i] : below;
    }
}

KERNEL_OF(sigmoid_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1];
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

KERNEL_OF(tanh_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1];
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) dx[i] = dy[i] * (1 - y[i] * y[i]);
}

INLINE VEC FN(elu)(VEC x, REAL alpha) {
    VEC negative = FN(select)(x > 0, FN(all)(0), x);
    return FN(select)(x > 0, x, FN(expm1_of_negative)(negative) * alpha);
}

/* The value of `expression` of the vector x for every element of a block; the last few through a short vector. */
#define MAP(name, expression)                                                                         \
    KERNEL_OF(name) {                                                                                 \
        const Call *t = context;                                                                      \
        const REAL *in = t->in[0], parameter UNUSED = (REAL)t->p[0];                                  \
        REAL *out = t->out[0];                                                                        \
        ptrdiff_t i = block * t->block, end = least(t->n, i + t->block);                              \
        for (; i + LANES <= end; i += LANES) {                                                        \
            VEC x = FN(load)(in + i);                                                                 \
            FN(store)(out + i, expression);                                                           \
        }                                                                                             \
        if (i < end) {                                                                                \
            VEC x = FN(load_some)(in + i, end - i);                                                   \
            FN(store_some)(out + i, expression, end - i);                                             \
        }                                                                                             \
    }

MAP(elu_forward, FN(elu)(x, parameter))
MAP(sigmoid_forward, FN(sigmoid)(x))
MAP(tanh_forward, FN(tanh)(x))
#undef MAP

KERNEL_OF(softmax_forward) {
    const Call *t = context;
    const REAL *x = t->in[0];
    REAL *y = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    for (ptrdiff_t row = block * t->block; row < end; row++) {
        REAL largest;
        FN(softmax)(x + row * t->c, y + row * t->c, t->c, &largest);
    }
}

KERNEL_OF(softmax_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1];
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block), c = t->c;
    for (ptrdiff_t row = block * t->block; row < end; row++) {
        REAL sum = FN(dot_product)(y + row * c, dy + row * c, c);
        EACH_ALONE for (ptrdiff_t i = row * c; i < (row + 1) * c; i++) dx[i] = y[i] * (dy[i] - sum);
    }
}

#endif
