/* The cores of fused batch normalisation, for one instruction set and type. Channels are taken CHANNELS at a time. */
#include "columns.h"

#define CHANNELS 256 /* a pixel's values are read in one go up to here */

#if IS_DOUBLE
#define SQRT __builtin_sqrt
#else
#define SQRT __builtin_sqrtf
#endif

/* One value a channel of the strip; zeros behind the last channel, so that whole vectors may be loaded. */
typedef struct FN(scaling) {
    REAL mean[CHANNELS], scale[CHANNELS], gain[CHANNELS], beta[CHANNELS];
    ptrdiff_t width;
} FN(scaling);

INLINE FN(scaling) FN(scaling_at)(const Normalization *n, ptrdiff_t first) {
    FN(scaling) s = {{0}, {0}, {0}, {0}, least(CHANNELS, n->c - first)};
    for (ptrdiff_t i = 0; i < s.width; i++) {
        s.mean[i] = ((const REAL *)n->mean)[first + i];
        s.scale[i] = 1 / SQRT(((const REAL *)n->variance)[first + i] + (REAL)n->epsilon);
        s.gain[i] = ((const REAL *)n->gamma)[first + i] * s.scale[i];
        s.beta[i] = ((const REAL *)n->beta)[first + i];
    }
    return s;
}

typedef uint8_t FN(bytes) __attribute__((vector_size(VECTOR_BYTES / sizeof(REAL)), may_alias));

INLINE void FN(store_cells)(uint8_t *p, IVEC cells, ptrdiff_t count) {
    FN(bytes) narrow = __builtin_convertvector(cells, FN(bytes));
    memcpy(p, &narrow, count);
}

INLINE IVEC FN(load_cells)(const uint8_t *p, ptrdiff_t count) {
    FN(bytes) narrow = {0};
    memcpy(&narrow, p, count);
    return __builtin_convertvector(narrow, IVEC);
}

/* `count` channels of a window or pixel: LANES, a constant, wherever there are as many. */
#define TAKE(p) (count == LANES ? FN(load)(p) : FN(load_some)(p, count))
#define PUT(p, v) (count == LANES ? FN(store)(p, v) : FN(store_some)(p, v, count))

INLINE VEC FN(centered)(const FN(scaling) *s, ptrdiff_t i, VEC x) { return x - FN(load)(s->mean + i); }

INLINE VEC FN(scaled)(const FN(scaling) *s, ptrdiff_t i, VEC centered) {
    return centered * FN(load)(s->gain + i) + FN(load)(s->beta + i);
}

/* Runs `each` for the channels of a strip, a vector at a time, with its place `i` and length `count`. Channels are the
   inner loop, though constants and sums then come from L1 for every pixel: memory is read in its own order. */
#define EACH_VECTOR(width, each)                                                                  \
    do {                                                                                          \
        ptrdiff_t i = 0;                                                                          \
        for (const ptrdiff_t count = LANES; i + LANES <= (width); i += LANES) each;               \
        for (const ptrdiff_t count = (width) - i; count > 0 && i < (width); i += LANES) each;     \
    } while (0)
#define EACH_WINDOW(n) for (ptrdiff_t ow = 0; ow < (n)->out[1]; ow++)
#define EACH_ROW(n, block) \
    for (ptrdiff_t row = (block) * (n)->block; row < least((n)->rows, ((block) + 1) * (n)->block); row++)

/* Elements from a window's first pixel to its cell, and of the first pixel of a row of windows. */
INLINE ptrdiff_t FN(cell_at)(const Normalization *n, ptrdiff_t cell, const ptrdiff_t pw) {
    return (cell / pw * n->size[1] + cell % pw) * n->c;
}

INLINE ptrdiff_t FN(row_at)(const Normalization *n, ptrdiff_t row) {
    const ptrdiff_t image = row / n->out[0], oh = row % n->out[0];
    return (image * n->size[0] + oh * n->pool[0]) * n->size[1] * n->c;
}

/* Channels i.. of a window: the best normalised value and its cell. A NaN is better than any number, so it stays. */
INLINE void FN(normalize_window)(const Normalization *n, const FN(scaling) *s, ptrdiff_t place, ptrdiff_t at,
                                 ptrdiff_t i, ptrdiff_t count, const ptrdiff_t ph, const ptrdiff_t pw) {
    const REAL *x = (const REAL *)n->x + place + i, slope = (REAL)n->slope;
    at += i;
    VEC best = FN(scaled)(s, i, FN(centered)(s, i, TAKE(x)));
    IVEC cells = (IVEC)FN(all)(0);
    for (ptrdiff_t cell = 1; cell < ph * pw; cell++) {
        const REAL *from = x + FN(cell_at)(n, cell, pw);
        VEC value = FN(scaled)(s, i, FN(centered)(s, i, TAKE(from)));
        IVEC better = (IVEC)(value > best) | ((IVEC)(value != value) & (IVEC)(best == best));
        best = FN(select)(better, value, best);
        cells = (better & (INT)cell) | (~better & cells);
    }
    PUT((REAL *)n->y + at, FN(leaky)(best, slope));
    if (n->argmax) FN(store_cells)(n->argmax + at, cells, count);
}

INLINE void FN(normalize_windows)(const Normalization *n, ptrdiff_t block, const ptrdiff_t ph, const ptrdiff_t pw) {
    for (ptrdiff_t first = 0; first < n->c; first += CHANNELS) {
        const FN(scaling) s = FN(scaling_at)(n, first);
        EACH_ROW(n, block) {
            const ptrdiff_t place = FN(row_at)(n, row) + first, at = row * n->out[1] * n->c + first;
            EACH_WINDOW(n)
            EACH_VECTOR(s.width,
                        FN(normalize_window)(n, &s, place + ow * pw * n->c, at + ow * n->c, i, count, ph, pw));
        }
    }
}

/* The shapes of windows that get code of their own; `n` is a copy that no store to an array can have changed. */
#define EACH_POOL(function)                                                 \
    const Normalization copy = *(const Normalization *)context, *n = &copy; \
    (void)scratch;                                                          \
    if (n->pool[0] == 1 && n->pool[1] == 1)                                 \
        FN(function)(n, block, 1, 1);                                       \
    else if (n->pool[0] == 2 && n->pool[1] == 2)                            \
        FN(function)(n, block, 2, 2);                                       \
    else                                                                    \
        FN(function)(n, block, n->pool[0], n->pool[1]);

KERNEL_OF(fused_normalize) { EACH_POOL(normalize_windows) }

/* What the activation lets through of dy. */
INLINE VEC FN(passed)(const FN(scaling) *s, ptrdiff_t i, VEC centered, VEC dy, REAL slope) {
    return FN(select)((IVEC)(FN(scaled)(s, i, centered) > 0), dy, dy * slope);
}

typedef struct FN(sums) {
    REAL plain[CHANNELS], weighted[CHANNELS];
} FN(sums);

/* Adds channels i.. of a window, of which only the cell that won has a gradient. */
INLINE void FN(sum_window)(const Normalization *n, const FN(scaling) *s, ptrdiff_t place, ptrdiff_t at,
                           ptrdiff_t i, ptrdiff_t count, FN(sums) *sums, const ptrdiff_t ph, const ptrdiff_t pw) {
    const REAL *x = (const REAL *)n->x + place + i, slope = (REAL)n->slope;
    VEC plain = FN(load)(sums->plain + i), weighted = FN(load)(sums->weighted + i);
    at += i;
    VEC winner = TAKE(x);
    if (ph * pw > 1) {
        const IVEC won = FN(load_cells)(n->won + at, count);
        for (ptrdiff_t cell = 1; cell < ph * pw; cell++)
            winner = FN(select)((IVEC)(won == (INT)cell), TAKE(x + FN(cell_at)(n, cell, pw)), winner);
    }
    const VEC centered = FN(centered)(s, i, winner);
    const VEC g = FN(passed)(s, i, centered, TAKE((const REAL *)n->dy + at), slope);
    plain += g;
    weighted += g * centered;
    FN(store)(sums->plain + i, plain);
    FN(store)(sums->weighted + i, weighted);
}

INLINE void FN(sum_windows)(const Normalization *n, ptrdiff_t block, const ptrdiff_t ph, const ptrdiff_t pw) {
    for (ptrdiff_t first = 0; first < n->c; first += CHANNELS) {
        const FN(scaling) s = FN(scaling_at)(n, first);
        FN(sums) sums = {{0}, {0}};
        EACH_ROW(n, block) {
            const ptrdiff_t place = FN(row_at)(n, row) + first, at = row * n->out[1] * n->c + first;
            EACH_WINDOW(n)
            EACH_VECTOR(s.width,
                        FN(sum_window)(n, &s, place + ow * pw * n->c, at + ow * n->c, i, count, &sums, ph, pw));
        }
        REAL *dbeta = (REAL *)n->parts + block * 2 * n->c + first, *dgamma = dbeta + n->c;
        for (ptrdiff_t i = 0; i < s.width; i++) {
            dbeta[i] = sums.plain[i];
            dgamma[i] = sums.weighted[i] * s.scale[i];
        }
    }
}

/* A block's partial sums: dbeta (C,), then dgamma (C,). */
KERNEL_OF(fused_sums) { EACH_POOL(sum_windows) }

/* What dx takes from the sums: dx = gain * (g - constant - centered * slope). */
typedef struct FN(pull) {
    REAL constant[CHANNELS], slope[CHANNELS];
} FN(pull);

INLINE FN(pull) FN(pull_at)(const Normalization *n, const FN(scaling) *s, ptrdiff_t first) {
    FN(pull) p = {{0}, {0}};
    const REAL share = (REAL)(1 / n->pixels);
    for (ptrdiff_t i = 0; i < s->width; i++) {
        p.constant[i] = ((const REAL *)n->dbeta)[first + i] * share;
        p.slope[i] = ((const REAL *)n->dgamma)[first + i] * share * s->scale[i];
    }
    return p;
}

/* dx of channels i.. of one pixel, the gradient of whose normalised value is g. */
INLINE VEC FN(input_gradient)(const FN(scaling) *s, const FN(pull) *p, ptrdiff_t i, VEC x, VEC g, REAL input_slope) {
    const VEC centered = FN(centered)(s, i, x);
    const VEC dx = FN(load)(s->gain + i) * (g - FN(load)(p->constant + i) - centered * FN(load)(p->slope + i));
    return FN(select)((IVEC)(x > 0), dx, dx * input_slope);
}

INLINE void FN(gradient_window)(const Normalization *n, const FN(scaling) *s, const FN(pull) *p, ptrdiff_t place,
                                ptrdiff_t at, ptrdiff_t i, ptrdiff_t count, const ptrdiff_t ph,
                                const ptrdiff_t pw) {
    const REAL *x = (const REAL *)n->x + place + i, slope = (REAL)n->slope, input_slope = (REAL)n->input_slope;
    REAL *dx = (REAL *)n->dx + place + i;
    at += i;
    const VEC dy = TAKE((const REAL *)n->dy + at);
    IVEC won = (IVEC)FN(all)(0);
    if (ph * pw > 1) won = FN(load_cells)(n->won + at, count);
    for (ptrdiff_t cell = 0; cell < ph * pw; cell++) {
        const ptrdiff_t to = FN(cell_at)(n, cell, pw);
        const VEC value = TAKE(x + to);
        VEC g = FN(passed)(s, i, FN(centered)(s, i, value), dy, slope);
        if (ph * pw > 1) g = FN(select)((IVEC)(won == (INT)cell), g, FN(all)(0));
        PUT(dx + to, FN(input_gradient)(s, p, i, value, g, input_slope));
    }
}

/* Pixels that no window covers have a gradient too: they moved mean and variance. */
INLINE void FN(gradient_rest)(const Normalization *n, const FN(scaling) *s, const FN(pull) *p, ptrdiff_t place,
                              ptrdiff_t pixels, ptrdiff_t i, ptrdiff_t count) {
    const REAL *x = (const REAL *)n->x + place + i;
    REAL *dx = (REAL *)n->dx + place + i;
    for (ptrdiff_t k = 0; k < pixels; k++, x += n->c, dx += n->c)
        PUT(dx, FN(input_gradient)(s, p, i, TAKE(x), FN(all)(0), (REAL)n->input_slope));
}

INLINE void FN(gradient_row)(const Normalization *n, const FN(scaling) *s, const FN(pull) *p, ptrdiff_t row,
                             ptrdiff_t first, const ptrdiff_t ph, const ptrdiff_t pw) {
    const ptrdiff_t line = n->size[1] * n->c, covered = n->out[1] * pw, right = n->size[1] - covered;
    const ptrdiff_t place = FN(row_at)(n, row) + first, at = row * n->out[1] * n->c + first;
    EACH_WINDOW(n)
    EACH_VECTOR(s->width,
                FN(gradient_window)(n, s, p, place + ow * pw * n->c, at + ow * n->c, i, count, ph, pw));
    for (ptrdiff_t kh = 0; kh < ph && right; kh++)
        EACH_VECTOR(s->width, FN(gradient_rest)(n, s, p, place + kh * line + covered * n->c, right, i, count));
    const ptrdiff_t below = row % n->out[0] < n->out[0] - 1 ? 0 : n->size[0] - n->out[0] * ph;
    if (below) EACH_VECTOR(s->width, FN(gradient_rest)(n, s, p, place + ph * line, below * n->size[1], i, count));
}

/* Blocks from last to first: the sums have just read the last ones, which are still in cache. */
INLINE void FN(gradient_windows)(const Normalization *n, ptrdiff_t block, const ptrdiff_t ph, const ptrdiff_t pw) {
    block = (n->rows - 1) / n->block - block;
    for (ptrdiff_t first = 0; first < n->c; first += CHANNELS) {
        const FN(scaling) s = FN(scaling_at)(n, first);
        const FN(pull) p = FN(pull_at)(n, &s, first);
        EACH_ROW(n, block) FN(gradient_row)(n, &s, &p, row, first, ph, pw);
    }
}

KERNEL_OF(fused_gradient) { EACH_POOL(gradient_windows) }

#undef SQRT
#undef STRIP
#undef CHANNELS
#undef TAKE
#undef PUT
#undef EACH_VECTOR
#undef EACH_WINDOW
#undef EACH_ROW
#undef EACH_POOL
