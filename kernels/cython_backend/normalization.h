/* Batch normalisation over the rows of a matrix. */
#ifndef TYPE
#include "api.h"
#define BODY "normalization.h"
#include "each.h"
KERNEL(column_moments)
KERNEL(merge_moments)
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

/* Sums down the rows of deviations and of their squares, four rows at a time: sums that went through memory for every
   row would wait. */
INLINE void FN(sum_deviations)(const REAL *x, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width, const REAL *center,
                               REAL *sums, REAL *squares) {
    ptrdiff_t row = 0;
    for (; row + 4 <= rows; row += 4, x += 4 * step)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) {
            const REAL a = x[i] - center[i], b = x[i + step] - center[i];
            const REAL c = x[i + 2 * step] - center[i], d = x[i + 3 * step] - center[i];
            sums[i] += (a + b) + (c + d);
            squares[i] += (a * a + b * b) + (c * c + d * d);
        }
    for (; row < rows; row++, x += step)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) {
            const REAL a = x[i] - center[i];
            sums[i] += a;
            squares[i] += a * a;
        }
}

typedef struct FN(moments) {
    REAL center[STRIP], sums[STRIP], squares[STRIP]; /* sums of deviations from the center, and of their squares */
} FN(moments);

/* Adds rows of a strip, those that lie side by side first. */
INLINE void FN(add_moments)(const FN(strip) *s, const REAL *x, ptrdiff_t rows, ptrdiff_t c, FN(moments) *m) {
    const ptrdiff_t whole = rows / s->fold;
    FN(sum_deviations)(x, whole, c * s->fold, s->width * s->fold, m->center, m->sums, m->squares);
    FN(sum_deviations)(x + whole * s->fold * c, rows % s->fold, c, s->width, m->center, m->sums, m->squares);
}

/* A block's mean (C,) and sum of squared deviations from it (C,), in one pass: deviations from the mean of the block's
   first sixteenth, which is at most four standard deviations off whatever the numbers are, so that little cancels. */
KERNEL_OF(column_moments) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    const ptrdiff_t some = ceil_div(rows, 16);
    REAL *mean = (REAL *)t->out[0] + block * 2 * c, *square = mean + c;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        const FN(strip) s = FN(strip_at)(first, c);
        const REAL *x = (const REAL *)t->in[0] + begin * c + first;
        FN(moments) guess = {{0}, {0}, {0}}, m = {{0}, {0}, {0}};
        FN(add_moments)(&s, x, some, c, &guess);
        FN(gather_sums)(&s, guess.sums, mean);
        for (ptrdiff_t i = first; i < first + s.width; i++) mean[i] /= some;
        FN(spread)(&s, mean, m.center);
        FN(add_moments)(&s, x, rows, c, &m);
        FN(gather_sums)(&s, m.sums, mean);
        FN(gather_sums)(&s, m.squares, square);
        for (ptrdiff_t i = 0; i < s.width; i++) {
            const REAL off = mean[first + i] / rows, left = square[first + i] - mean[first + i] * off;
            square[first + i] = left < 0 ? 0 : left;
            mean[first + i] = m.center[i] + off;
        }
    }
}

/* Adds up the blocks' moments in order: one block. in: the moments; out: mean, variance. Source: Chan, Golub and
   LeVeque 1979, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances". */
KERNEL_OF(merge_moments) {
    const Call *t = context;
    const ptrdiff_t c = t->c;
    const REAL *part = t->in[0];
    REAL *mean = t->out[0], *variance = t->out[1];
    (void)block;
    memcpy(mean, part, c * sizeof(REAL));
    memcpy(variance, part + c, c * sizeof(REAL));
    for (ptrdiff_t before = t->block; before < t->n; before += t->block) {
        const double here = (double)least(t->block, t->n - before), ratio = here / ((double)before + here);
        const REAL share = (REAL)ratio, both = (REAL)((double)before * ratio);
        part += 2 * c;
        EACH_ALONE for (ptrdiff_t i = 0; i < c; i++) {
            const REAL step = part[i] - mean[i];
            mean[i] += step * share;
            variance[i] += part[c + i] + step * step * both;
        }
    }
    for (ptrdiff_t i = 0; i < c; i++) variance[i] /= t->n;
}

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
