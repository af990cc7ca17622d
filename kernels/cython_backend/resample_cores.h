/* Resampling of one type of number under one instruction set. */

typedef REAL FN(quad) __attribute__((vector_size(4 * sizeof(REAL)), may_alias));
typedef REAL FN(loose_quad) __attribute__((vector_size(4 * sizeof(REAL)), aligned(4), may_alias));

#define QUAD(p) (*(FN(loose_quad) *)(p))

/* n numbers of `taps` rows, `stride` apart: their weighted sum, or what is added to `to`. */
INLINE void FN(add_rows)(const PIXEL *restrict x, ptrdiff_t stride, const REAL *restrict w, const int taps,
                         const int adding, ptrdiff_t n, REAL *restrict to) {
    const REAL a = w[0], b = taps > 1 ? w[1] : 0, c = taps > 2 ? w[2] : 0, d = taps > 3 ? w[3] : 0;
    const PIXEL *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    EACH_ALONE for (ptrdiff_t i = 0; i < n; i++) {
        REAL v = a * (REAL)x[i];
        if (taps > 1) v += b * (REAL)x1[i];
        if (taps > 2) v += c * (REAL)x2[i];
        if (taps > 3) v += d * (REAL)x3[i];
        to[i] = adding ? to[i] + v : v;
    }
}

#define ADD_ROWS(taps, adding) FN(add_rows)(x, stride, w, taps, adding, n, to)

/* The weighted sum of the input rows behind output row `r`. */
INLINE void FN(sum_rows)(const Resample *t, const PIXEL *x, ptrdiff_t r, REAL *to) {
    const ptrdiff_t stride = t->w * t->c, n = t->count * t->c;
    const REAL *w = (const REAL *)t->rows + r * t->row_taps;
    ptrdiff_t left = t->row_taps - 4;
    x += t->row_starts[r] * stride + t->first * t->c;
    switch (t->row_taps) {
    case 1: ADD_ROWS(1, 0); return;
    case 2: ADD_ROWS(2, 0); return;
    case 3: ADD_ROWS(3, 0); return;
    default: ADD_ROWS(4, 0);
    }
    for (; left > 0; left -= 4) {
        x += 4 * stride, w += 4;
        switch (left) {
        case 1: ADD_ROWS(1, 1); break;
        case 2: ADD_ROWS(2, 1); break;
        case 3: ADD_ROWS(3, 1); break;
        default: ADD_ROWS(4, 1);
        }
    }
}

/* Output pixels of three or four channels, four numbers each; of three, the next pixel overwrites the fourth. */
INLINE void FN(quads)(const Resample *t, const REAL *row, REAL *y, const int c, const int oc, const int two) {
    const REAL *w = t->columns;
    const ptrdiff_t taps = two ? 2 : t->column_taps;
    FN(quad) v;
    for (ptrdiff_t j = 0; j < t->ow; j++, w += taps) {
        const REAL *p = row + (ptrdiff_t)t->column_starts[j] * c;
        v = QUAD(p) * w[0];
        if (two)
            v += QUAD(p + c) * w[1];
        else
            for (ptrdiff_t i = 1; i < taps; i++) v += QUAD(p + i * c) * w[i];
        if (oc == 3 && j == t->ow - 1)
            memcpy(y + j * 3, &v, 3 * sizeof(REAL));
        else
            QUAD(y + j * oc) = v;
    }
}

/* One channel. */
INLINE void FN(singles)(const Resample *t, const REAL *row, REAL *restrict y, const int two) {
    const REAL *w = t->columns;
    const ptrdiff_t taps = two ? 2 : t->column_taps;
    for (ptrdiff_t j = 0; j < t->ow; j++, w += taps) {
        const REAL *p = row + t->column_starts[j];
        REAL v = p[0] * w[0];
        for (ptrdiff_t i = 1; i < taps; i++) v += p[i] * w[i];
        y[j] = v;
    }
}

INLINE VEC FN(taps_of)(const REAL *p, ptrdiff_t stride, const REAL *w, ptrdiff_t taps) {
    VEC v = FN(load)(p) * w[0];
    for (ptrdiff_t i = 1; i < taps; i++) v += FN(load)(p + i * stride) * w[i];
    return v;
}

/* Any number of channels, a vector at a time; the last one overlaps the one before. */
INLINE void FN(pixels)(const Resample *t, const REAL *row, REAL *y, const int two) {
    const REAL *w = t->columns;
    const ptrdiff_t taps = two ? 2 : t->column_taps, c = t->c, oc = t->oc;
    for (ptrdiff_t j = 0; j < t->ow; j++, w += taps, y += oc) {
        const REAL *p = row + (ptrdiff_t)t->column_starts[j] * c;
        if (oc >= LANES) {
            for (ptrdiff_t k = 0; k < oc - LANES; k += LANES) FN(store)(y + k, FN(taps_of)(p + k, c, w, taps));
            FN(store)(y + oc - LANES, FN(taps_of)(p + oc - LANES, c, w, taps));
            continue;
        }
        for (ptrdiff_t k = 0; k < oc; k++) {
            REAL v = p[k] * w[0];
            for (ptrdiff_t i = 1; i < taps; i++) v += p[k + i * c] * w[i];
            y[k] = v;
        }
    }
}

#define COLUMNS(name, ...) t->column_taps == 2 ? FN(name)(t, row, y, __VA_ARGS__ 1) : FN(name)(t, row, y, __VA_ARGS__ 0)

/* A row of the output; `row` points to where column 0 of x would be. */
INLINE void FN(sum_columns)(const Resample *t, const REAL *row, REAL *y) {
    if (t->c == 3 && t->oc == 3)
        COLUMNS(quads, 3, 3,);
    else if (t->c == 4 && t->oc == 3)
        COLUMNS(quads, 4, 3,);
    else if (t->c == 4 && t->oc == 4)
        COLUMNS(quads, 4, 4,);
    else if (t->c == 1)
        COLUMNS(singles,);
    else
        COLUMNS(pixels,);
}

static TARGET void FN(resample)(const void *context, ptrdiff_t block, void *scratch) {
    const Resample *t = context;
    REAL *row = (REAL *)(t->buffers + block * t->buffer_size);
    const ptrdiff_t end = least(t->images * t->oh, (block + 1) * t->block);
    memset(row + t->count * t->c, 0, SPARE * sizeof(REAL));
    for (ptrdiff_t at = block * t->block; at < end; at++) {
        const PIXEL *x = (const PIXEL *)t->x + at / t->oh * t->h * t->w * t->c;
        FN(sum_rows)(t, x, at % t->oh, row);
        FN(sum_columns)(t, row - t->first * t->c, (REAL *)t->y + at * t->ow * t->oc);
    }
}

#undef QUAD
#undef ADD_ROWS
#undef COLUMNS
