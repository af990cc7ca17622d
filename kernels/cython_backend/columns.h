/* Sums down the columns of (M, C) arrays. A block of rows gives one row of partial sums, added in order afterwards. */

/* Columns are taken up to STRIP at a time; fewer channels than that are taken several rows at once, so that vectors
   are full: `fold` rows lie side by side. */
#define STRIP 64

typedef struct FN(strip) {
    ptrdiff_t first, width, fold;
} FN(strip);

INLINE FN(strip) FN(strip_at)(ptrdiff_t first, ptrdiff_t c) {
    FN(strip) s = {first, least(STRIP, c - first), c < STRIP ? STRIP / c : 1};
    return s;
}

/* The strip's values of a (C,) vector, once a folded row. */
INLINE void FN(spread)(const FN(strip) *s, const REAL *vector, REAL *to) {
    for (ptrdiff_t f = 0; f < s->fold; f++)
        for (ptrdiff_t i = 0; i < s->width; i++) to[f * s->width + i] = vector[s->first + i];
}

/* Adds the folded rows' sums. */
INLINE void FN(gather_sums)(const FN(strip) *s, const REAL *sums, REAL *to) {
    for (ptrdiff_t i = 0; i < s->width; i++) {
        REAL sum = sums[i];
        for (ptrdiff_t f = 1; f < s->fold; f++) sum += sums[f * s->width + i];
        to[s->first + i] = sum;
    }
}

/* Adds up the rows of partial sums in (n, c): one block, in order. */
KERNEL_OF(add_rows) {
    const Call *t = context;
    const REAL *from = t->in[0];
    REAL *to = t->out[0], scale = (REAL)t->p[0];
    (void)block;
    memcpy(to, from, t->c * sizeof(REAL));
    for (ptrdiff_t row = 1; row < t->n; row++)
        EACH_ALONE for (ptrdiff_t i = 0; i < t->c; i++) to[i] += from[row * t->block + i];
    for (ptrdiff_t i = 0; i < t->c; i++) to[i] *= scale;
}
