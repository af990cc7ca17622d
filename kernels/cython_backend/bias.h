/* One value a channel. */
#ifndef TYPE
#include "api.h"
#define BODY "bias.h"
#include "each.h"
KERNEL(bias_forward)
KERNEL(column_sums)
KERNEL(add_rows)
#else
#include "columns.h"

KERNEL_OF(bias_forward) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL bias[STRIP];
        FN(spread)(&s, t->in[1], bias);
        const REAL *x = (const REAL *)t->in[0] + begin * c + first;
        REAL *y = (REAL *)t->out[0] + begin * c + first;
        ptrdiff_t row = 0, width = s.width * s.fold;
        for (; row + s.fold <= rows; row += s.fold)
            EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) y[row * c + i] = x[row * c + i] + bias[i];
        for (; row < rows; row++)
            for (ptrdiff_t i = 0; i < s.width; i++) y[row * c + i] = x[row * c + i] + bias[i];
    }
}

INLINE void FN(sum_rows)(const REAL *x, ptrdiff_t rows, ptrdiff_t step, ptrdiff_t width, REAL *sums) {
    for (ptrdiff_t row = 0; row < rows; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < width; i++) sums[i] += x[row * step + i];
}

KERNEL_OF(column_sums) {
    const Call *t = context;
    const ptrdiff_t c = t->c, begin = block * t->block, rows = least(t->n, begin + t->block) - begin;
    for (ptrdiff_t first = 0; first < c; first += STRIP) {
        FN(strip) s = FN(strip_at)(first, c);
        REAL sums[STRIP] = {0};
        const REAL *x = (const REAL *)t->in[0] + begin * c + first;
        FN(sum_rows)(x, rows / s.fold, c * s.fold, s.width * s.fold, sums);
        FN(sum_rows)(x + rows / s.fold * s.fold * c, rows % s.fold, c, s.width, sums);
        FN(gather_sums)(&s, sums, (REAL *)t->out[0] + block * c);
    }
}

#undef STRIP
#endif
