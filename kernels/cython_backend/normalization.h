/* Batch normalisation over the rows of a matrix. */
#ifndef TYPE
#include "api.h"
#define BODY "normalization.h"
#include "each.h"
KERNEL(column_sums)
KERNEL(column_deviations)
KERNEL(add_rows)
KERNEL(batchnorm_normalize)
KERNEL(batchnorm_update)
KERNEL(batchnorm_sums)
KERNEL(batchnorm_gradient)
#else
#include "columns.h"

#if IS_DOUBLE
#define SQRT __builtin_sqrt
#else
#define SQRT __builtin_sqrtf
#endif

/* sums[i] += (x - center)^power for power 1 or 2, a constant where this is inlined. */
INLINE void FN(sum_powers)(const REAL *x, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width, const REAL *center,
                           REAL *sums, const int power) {
    for (ptrdiff_t row = 0; row < rows; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) {
            REAL d = x[row * step + i] - center[i];
            sums[i] += power == 1 ? d : d * d;
        }
}

INLINE void FN(powers)(const Call *t, ptrdiff_t block, const int power) {
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL sums[STRIP] = {0}, center[STRIP] = {0};
        if (power == 2) FN(spread)(&s, t->in[1], center);
        const REAL *x = (const REAL *)t->in[0] + begin * c + first;
        FN(sum_powers)(x, rows / s.fold, c * s.fold, s.width * s.fold, center, sums, power);
        FN(sum_powers)(x + rows / s.fold * s.fold * c, rows % s.fold, c, s.width, center, sums, power);
        FN(gather_sums)(&s, sums, (REAL *)t->out[0] + block * c);
    }
}

KERNEL_OF(column_sums) { FN(powers)(context, block, 1); }

KERNEL_OF(column_deviations) { FN(powers)(context, block, 2); }

INLINE void FN(normalize)(const REAL *x, REAL *y, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width, const REAL *mean,
                          const REAL *gain, const REAL *beta) {
    for (ptrdiff_t row = 0; row < rows; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++)
            y[row * step + i] = (x[row * step + i] - mean[i]) * gain[i] + beta[i];
}

/* in: x, mean, variance, gamma, beta. */
KERNEL_OF(batchnorm_normalize) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL mean[STRIP], variance[STRIP], gain[STRIP], beta[STRIP];
        FN(spread)(&s, t->in[1], mean);
        FN(spread)(&s, t->in[2], variance);
        FN(spread)(&s, t->in[3], gain);
        FN(spread)(&s, t->in[4], beta);
        for (ptrdiff_t i = 0; i < s.width * s.fold; i++) gain[i] /= SQRT(variance[i] + (REAL)t->p[0]);
        const ptrdiff_t at = begin * c + first, whole = rows / s.fold * s.fold * c;
        const REAL *x = (const REAL *)t->in[0] + at;
        REAL *y = (REAL *)t->out[0] + at;
        FN(normalize)(x, y, rows / s.fold, c * s.fold, s.width * s.fold, mean, gain, beta);
        FN(normalize)(x + whole, y + whole, rows % s.fold, c, s.width, mean, gain, beta);
    }
}

KERNEL_OF(batchnorm_update) {
    const Call *t = context;
    const REAL momentum = (REAL)t->p[0], fresh = (REAL)(1 - t->p[0]);
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    for (int k = 0; k < 2; k++) {
        const REAL *batch = t->in[k];
        REAL *moving = t->out[k];
        EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++)
            moving[i] = moving[i] * momentum + batch[i] * fresh;
    }
}

INLINE void FN(sum_gradients)(const REAL *x, const REAL *dy, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width,
                              const REAL *mean, REAL *plain, REAL *weighted) {
    for (ptrdiff_t row = 0; row < rows; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) {
            REAL g = dy[row * step + i];
            plain[i] += g;
            weighted[i] += g * (x[row * step + i] - mean[i]);
        }
}

/* in: x, dy, mean, variance. A block's partial sums: dbeta (C,), then dgamma (C,). */
KERNEL_OF(batchnorm_sums) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL plain[STRIP] = {0}, weighted[STRIP] = {0}, mean[STRIP];
        FN(spread)(&s, t->in[2], mean);
        const ptrdiff_t at = begin * c + first, whole = rows / s.fold * s.fold * c;
        const REAL *x = (const REAL *)t->in[0] + at, *dy = (const REAL *)t->in[1] + at;
        FN(sum_gradients)(x, dy, rows / s.fold, c * s.fold, s.width * s.fold, mean, plain, weighted);
        FN(sum_gradients)(x + whole, dy + whole, rows % s.fold, c, s.width, mean, plain, weighted);
        REAL *dbeta = (REAL *)t->out[0] + block * 2 * c, *dgamma = dbeta + c;
        FN(gather_sums)(&s, plain, dbeta);
        FN(gather_sums)(&s, weighted, dgamma);
        const REAL *variance = (const REAL *)t->in[3] + first;
        for (ptrdiff_t i = 0; i < s.width; i++) dgamma[first + i] /= SQRT(variance[i] + (REAL)t->p[0]);
    }
}

INLINE void FN(gradient)(const REAL *x, const REAL *dy, REAL *dx, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width,
                         const REAL *mean, const REAL *gain, const REAL *constant, const REAL *slope) {
    for (ptrdiff_t row = 0; row < rows; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) {
            ptrdiff_t at = row * step + i;
            dx[at] = gain[i] * (dy[at] - constant[i] - (x[at] - mean[i]) * slope[i]);
        }
}

/* in: x, dy, mean, variance, gamma; out: dx, dgamma, dbeta, the latter two complete. */
KERNEL_OF(batchnorm_gradient) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL mean[STRIP], variance[STRIP], gain[STRIP], slope[STRIP], constant[STRIP];
        FN(spread)(&s, t->in[2], mean);
        FN(spread)(&s, t->in[3], variance);
        FN(spread)(&s, t->in[4], gain);
        FN(spread)(&s, t->out[1], slope);
        FN(spread)(&s, t->out[2], constant);
        for (ptrdiff_t i = 0; i < s.width * s.fold; i++) {
            REAL scale = 1 / SQRT(variance[i] + (REAL)t->p[0]);
            gain[i] *= scale;
            slope[i] *= scale / t->n;
            constant[i] /= t->n;
        }
        const ptrdiff_t at = begin * c + first, whole = rows / s.fold * s.fold * c;
        const REAL *x = (const REAL *)t->in[0] + at, *dy = (const REAL *)t->in[1] + at;
        REAL *dx = (REAL *)t->out[0] + at;
        FN(gradient)(x, dy, dx, rows / s.fold, c * s.fold, s.width * s.fold, mean, gain, constant, slope);
        FN(gradient)(x + whole, dy + whole, dx + whole, rows % s.fold, c, s.width, mean, gain, constant, slope);
    }
}

#undef STRIP
#undef SQRT
#endif
