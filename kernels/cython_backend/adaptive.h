/* Optimizer updates that adapt the rate of each weight to its gradients, in place. Of a Call, in[0] is the gradient,
   in[1] hyper; out[0] is w, the next are the optimizer's arrays. One pass over all arrays: memory is the limit. */
#ifndef TYPE
#include "api.h"
#define BODY "adaptive.h"
#include "each.h"
KERNEL(adagrad_update)
KERNEL(adadelta_update)
KERNEL(adamax_update)
KERNEL(nadam_update)
KERNEL(ftrl_update)
KERNEL(lion_update)
KERNEL(lamb_direction)
KERNEL(lamb_update)
#else

#define ROOT(v) (IS_DOUBLE ? __builtin_sqrt(v) : __builtin_sqrtf(v))
#define POWER(v, e) (IS_DOUBLE ? pow(v, e) : powf((float)(v), (float)(e)))
#define MEAN(m, new, value) ((m) + ((value) - (m)) * (new))

/* What every update begins with; h is hyper, and EACH runs over the block's weights. */
#define UPDATE                                                                      \
    const Call *t = context;                                                        \
    const REAL *dw = t->in[0];                                                      \
    const double *h = t->in[1];                                                     \
    REAL *w = t->out[0];                                                            \
    const ptrdiff_t end = least(t->n, (block + 1) * t->block);
#define EACH EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++)

KERNEL_OF(adagrad_update) {
    UPDATE
    REAL *square = t->out[1];
    const REAL rate = (REAL)h[0], inside = (REAL)h[1], outside = (REAL)h[2], decay = (REAL)h[3];
    EACH {
        square[i] += dw[i] * dw[i];
        w[i] = w[i] - decay * w[i] - rate * dw[i] / (ROOT(square[i] + inside) + outside);
    }
}

KERNEL_OF(adadelta_update) {
    UPDATE
    REAL *square = t->out[1], *steps = t->out[2];
    const REAL rate = (REAL)h[0], rho = (REAL)h[1], new = (REAL)(1 - h[1]), epsilon = (REAL)h[2], decay = (REAL)h[3];
    EACH {
        const REAL mean = rho * square[i] + new * (dw[i] * dw[i]);
        const REAL step = dw[i] * ROOT(steps[i] + epsilon) / ROOT(mean + epsilon);
        square[i] = mean;
        steps[i] = rho * steps[i] + new * (step * step);
        w[i] = w[i] - decay * w[i] - rate * step;
    }
}

KERNEL_OF(adamax_update) {
    UPDATE
    REAL *m = t->out[1], *largest = t->out[2];
    const REAL rate = (REAL)h[0], new = (REAL)(1 - h[1]), beta_2 = (REAL)h[2], epsilon = (REAL)h[3], decay = (REAL)h[4];
    EACH {
        const REAL size = dw[i] < 0 ? -dw[i] : dw[i], faded = beta_2 * largest[i];
        m[i] = MEAN(m[i], new, dw[i]);
        largest[i] = faded > size ? faded : size;
        w[i] = w[i] - decay * w[i] - rate * m[i] / (largest[i] + epsilon);
    }
}

KERNEL_OF(nadam_update) {
    UPDATE
    REAL *m = t->out[1], *v = t->out[2];
    const REAL rate_m = (REAL)h[0], rate_dw = (REAL)h[1], new_1 = (REAL)(1 - h[2]), new_2 = (REAL)(1 - h[3]);
    const REAL growth = (REAL)h[4], epsilon = (REAL)h[5], decay = (REAL)h[6];
    EACH {
        m[i] = MEAN(m[i], new_1, dw[i]);
        v[i] = MEAN(v[i], new_2, dw[i] * dw[i]);
        w[i] = w[i] - decay * w[i] - (rate_m * m[i] + rate_dw * dw[i]) / (ROOT(v[i] * growth) + epsilon);
    }
}

/* `grown` and `before` are powers of the new and the old sum of squares. */
INLINE void FN(ftrl)(const double *h, REAL *w, REAL *linear, REAL dw, REAL grown, REAL before) {
    const REAL rate = (REAL)h[0], l1 = (REAL)h[2], l2 = (REAL)h[3], shrinkage = (REAL)(2 * h[4]);
    const REAL kept = *w - (REAL)h[5] * *w;
    const REAL total = *linear + (dw + shrinkage * kept - (grown - before) / rate * kept);
    const REAL low = total < -l1 ? -l1 : total, clipped = low > l1 ? l1 : low;
    *linear = total;
    *w = (clipped - total) / (grown / rate + 2 * l2);
}

KERNEL_OF(ftrl_update) {
    UPDATE
    REAL *square = t->out[1], *linear = t->out[2];
    const REAL power = (REAL)h[1];
    if (power == (REAL)0.5)
        EACH {
            const REAL before = square[i];
            square[i] += dw[i] * dw[i];
            FN(ftrl)(h, w + i, linear + i, dw[i], ROOT(square[i]), ROOT(before));
        }
    else
        for (ptrdiff_t i = block * t->block; i < end; i++) {
            const REAL before = square[i];
            square[i] += dw[i] * dw[i];
            FN(ftrl)(h, w + i, linear + i, dw[i], POWER(square[i], power), POWER(before, power));
        }
}

KERNEL_OF(lion_update) {
    UPDATE
    REAL *m = t->out[1];
    const REAL rate = (REAL)h[0], beta_1 = (REAL)h[1], beta_2 = (REAL)h[2], decay = (REAL)h[3];
    const REAL new_1 = (REAL)(1 - h[1]), new_2 = (REAL)(1 - h[2]);
    EACH {
        const REAL way = beta_1 * m[i] + new_1 * dw[i];
        m[i] = beta_2 * m[i] + new_2 * dw[i];
        w[i] = w[i] - decay * w[i] - rate * ((REAL)(way > 0) - (REAL)(way < 0));
    }
}

KERNEL_OF(lamb_direction) {
    UPDATE
    REAL *m = t->out[1], *v = t->out[2], *y = t->out[3];
    const REAL new_1 = (REAL)(1 - h[1]), new_2 = (REAL)(1 - h[2]), growth_1 = (REAL)h[3], growth_2 = (REAL)h[4];
    const REAL epsilon = (REAL)h[5], decay = (REAL)h[6];
    EACH {
        m[i] = MEAN(m[i], new_1, dw[i]);
        v[i] = MEAN(v[i], new_2, dw[i] * dw[i]);
        w[i] -= decay * w[i];
        y[i] = growth_1 * m[i] / (ROOT(growth_2 * v[i]) + epsilon);
    }
}

/* in[2], in[3]: sums of squares of the weights and of their steps. */
KERNEL_OF(lamb_update) {
    UPDATE
    const double weights = *(const REAL *)t->in[2], steps = *(const REAL *)t->in[3];
    const REAL rate = (REAL)(h[0] * (weights > 0 && steps > 0 ? sqrt(weights / steps) : 1));
    EACH w[i] -= rate * dw[i];
}

#undef ROOT
#undef POWER
#undef MEAN
#undef UPDATE
#undef EACH
#endif
