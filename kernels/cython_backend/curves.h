/* Activations whose gradient comes from their input: every curve's value and slope, run over blocks. */
#ifndef TYPE
#include "api.h"
#define CURVES(OF)                                                                                             \
    OF(selu) OF(celu) OF(exponential) OF(softplus) OF(softsign) OF(silu) OF(gelu) OF(gelu_tanh) OF(mish)       \
    OF(log_sigmoid) OF(hard_sigmoid) OF(hard_silu) OF(hard_tanh) OF(hard_shrink) OF(soft_shrink) OF(tanh_shrink) \
    OF(squareplus) OF(sparse_plus) OF(threshold)
#define BODY "curves.h"
#include "each.h"

#define RUNNERS(name) KERNEL(name##_forward) KERNEL(name##_backward)
CURVES(RUNNERS)

typedef struct {
    const char *name;
    Runner forward, backward;
} Curve;

#define ROW(name) {#name, run_##name##_forward, run_##name##_backward},
static const Curve curves[] = {CURVES(ROW)};
#define CURVE_COUNT (sizeof curves / sizeof curves[0])

#else
#include "exponential.h"
#include "curve_functions.h"

/* Whole vectors of a block, then the last few numbers through a short one. */
#define FORWARD(name)                                                                             \
    KERNEL_OF(name##_forward) {                                                                   \
        const Call *t = context;                                                                  \
        const REAL *x = t->in[0], a = (REAL)t->p[0], b = (REAL)t->p[1];                           \
        REAL *y = t->out[0];                                                                      \
        ptrdiff_t i = block * t->block, end = least(t->n, i + t->block);                          \
        for (; i + LANES <= end; i += LANES) FN(store)(y + i, FN(name)(FN(load)(x + i), a, b));   \
        if (i < end) FN(store_some)(y + i, FN(name)(FN(load_some)(x + i, end - i), a, b), end - i); \
    }

#define BACKWARD(name)                                                                                        \
    KERNEL_OF(name##_backward) {                                                                              \
        const Call *t = context;                                                                              \
        const REAL *x = t->in[0], *dy = t->in[1], a = (REAL)t->p[0], b = (REAL)t->p[1];                       \
        REAL *dx = t->out[0];                                                                                 \
        ptrdiff_t i = block * t->block, end = least(t->n, i + t->block);                                      \
        for (; i + LANES <= end; i += LANES)                                                                  \
            FN(store)(dx + i, FN(load)(dy + i) * FN(name##_slope)(FN(load)(x + i), a, b));                    \
        if (i < end) {                                                                                        \
            VEC slope = FN(name##_slope)(FN(load_some)(x + i, end - i), a, b);                                \
            FN(store_some)(dx + i, FN(load_some)(dy + i, end - i) * slope, end - i);                          \
        }                                                                                                     \
    }

CURVES(FORWARD)
CURVES(BACKWARD)
#undef FORWARD
#undef BACKWARD
#endif
