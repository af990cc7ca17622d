/* Losses, one value a sample, and their gradients, row by row. */
#ifndef TYPE
#include "api.h"
#define BODY "losses.h"
#include "each.h"
KERNEL(softmax_crossentropy_forward)
KERNEL(softmax_crossentropy_backward)
KERNEL(sigmoid_crossentropy_forward)
KERNEL(sigmoid_crossentropy_backward)
KERNEL(categorical_crossentropy_forward)
KERNEL(categorical_crossentropy_backward)
KERNEL(binary_crossentropy_forward)
KERNEL(binary_crossentropy_backward)
KERNEL(mean_squared_error_forward)
KERNEL(mean_squared_error_backward)
#else
#include "exponential.h"
#include "softmax.h"

/* The C library's logarithms: a row of a loss has few elements, so they cost nothing beside the network. */
#if IS_DOUBLE
#define LOG log
#define LOG1P log1p
#define EXP exp
#else
#define LOG logf
#define LOG1P log1pf
#define EXP expf
#endif

/* NaN stays NaN. */
INLINE REAL FN(clip)(REAL value, REAL low, REAL high) {
    return value < low ? low : value > high ? high : value;
}

/* Names of one row of a loss over (n, c): the first two inputs, and each row of the block in turn. */
#define ROWS(t)                                                                      \
    const Call *t = context;                                                         \
    const ptrdiff_t c = t->c, end = least(t->n, (block + 1) * t->block);             \
    for (ptrdiff_t row = block * t->block; row < end; row++)
#define ROW(t, side, slot) ((REAL *)t->side[slot] + row * c)
#define IN_ROW(t, slot) ((const REAL *)t->in[slot] + row * c)
#define PER_SAMPLE(t, side, slot) ((REAL *)t->side[slot])[row]

KERNEL_OF(softmax_crossentropy_forward) {
    ROWS(t) {
        const REAL *z = IN_ROW(t, 0), *targets = IN_ROW(t, 1);
        REAL largest, total = FN(row_sum)(targets, c), met = 0, sum;
        largest = z[0];
        for (ptrdiff_t i = 1; i < c; i++) largest = z[i] > largest ? z[i] : largest;
        for (ptrdiff_t i = 0; i < c; i++) met += targets[i] * (z[i] - largest);
        sum = FN(softmax)(z, ROW(t, out, 0), c, &largest);
        PER_SAMPLE(t, out, 1) = total * LOG(sum) - met;
    }
}

KERNEL_OF(softmax_crossentropy_backward) {
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1), scale = PER_SAMPLE(t, in, 2);
        REAL *dlogits = ROW(t, out, 0), total = FN(row_sum)(targets, c);
        EACH_ALONE for (ptrdiff_t i = 0; i < c; i++) dlogits[i] = (probs[i] * total - targets[i]) * scale;
    }
}

KERNEL_OF(sigmoid_crossentropy_forward) {
    ROWS(t) {
        const REAL *z = IN_ROW(t, 0), *targets = IN_ROW(t, 1);
        REAL *probs = ROW(t, out, 0), sum = 0;
        for (ptrdiff_t i = 0; i < c; i++) {
            REAL v = z[i], e = EXP(v < 0 ? v : -v);
            sum += (v < 0 ? 0 : v) - v * targets[i] + LOG1P(e);
            probs[i] = (v >= 0 ? 1 : e) / (1 + e);
        }
        PER_SAMPLE(t, out, 1) = sum / c;
    }
}

KERNEL_OF(sigmoid_crossentropy_backward) {
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1), scale = PER_SAMPLE(t, in, 2) / c;
        REAL *dlogits = ROW(t, out, 0);
        EACH_ALONE for (ptrdiff_t i = 0; i < c; i++) dlogits[i] = (probs[i] - targets[i]) * scale;
    }
}

KERNEL_OF(categorical_crossentropy_forward) {
    const REAL epsilon = (REAL)((const Call *)context)->p[0];
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1);
        REAL sum = 0, total = FN(row_sum)(probs, c);
        for (ptrdiff_t i = 0; i < c; i++) sum += targets[i] * LOG(FN(clip)(probs[i] / total, epsilon, 1 - epsilon));
        PER_SAMPLE(t, out, 0) = -sum;
    }
}

KERNEL_OF(categorical_crossentropy_backward) {
    const REAL epsilon = (REAL)((const Call *)context)->p[0];
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1), scale = PER_SAMPLE(t, in, 2);
        REAL *dprobs = ROW(t, out, 0), total = FN(row_sum)(probs, c), mean = 0;
        for (ptrdiff_t i = 0; i < c; i++) {
            REAL q = probs[i] / total;
            dprobs[i] = q < epsilon || q > 1 - epsilon ? 0 : -targets[i] / q;
            mean += dprobs[i] * q;
        }
        EACH_ALONE for (ptrdiff_t i = 0; i < c; i++) dprobs[i] = (dprobs[i] - mean) / total * scale;
    }
}

KERNEL_OF(binary_crossentropy_forward) {
    const REAL epsilon = (REAL)((const Call *)context)->p[0];
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1);
        REAL sum = 0;
        for (ptrdiff_t i = 0; i < c; i++) {
            REAL p = FN(clip)(probs[i], epsilon, 1 - epsilon);
            sum += targets[i] * LOG(p) + (1 - targets[i]) * LOG1P(-p);
        }
        PER_SAMPLE(t, out, 0) = -sum / c;
    }
}

KERNEL_OF(binary_crossentropy_backward) {
    const REAL epsilon = (REAL)((const Call *)context)->p[0];
    ROWS(t) {
        const REAL *probs = IN_ROW(t, 0), *targets = IN_ROW(t, 1), scale = PER_SAMPLE(t, in, 2) / c;
        REAL *dprobs = ROW(t, out, 0);
        for (ptrdiff_t i = 0; i < c; i++) {
            REAL p = probs[i];
            int clipped = p < epsilon || p > 1 - epsilon;
            dprobs[i] = clipped ? 0 : (p - targets[i]) / (p * (1 - p)) * scale;
        }
    }
}

KERNEL_OF(mean_squared_error_forward) {
    ROWS(t) {
        const REAL *predictions = IN_ROW(t, 0), *targets = IN_ROW(t, 1);
        REAL sum = 0;
        for (ptrdiff_t i = 0; i < c; i++) sum += (predictions[i] - targets[i]) * (predictions[i] - targets[i]);
        PER_SAMPLE(t, out, 0) = sum / c;
    }
}

KERNEL_OF(mean_squared_error_backward) {
    ROWS(t) {
        const REAL *predictions = IN_ROW(t, 0), *targets = IN_ROW(t, 1), scale = 2 * PER_SAMPLE(t, in, 2) / c;
        REAL *dpredictions = ROW(t, out, 0);
        EACH_ALONE for (ptrdiff_t i = 0; i < c; i++) dpredictions[i] = (predictions[i] - targets[i]) * scale;
    }
}

#undef LOG
#undef LOG1P
#undef EXP
#endif
