/* Where the pixels of a block lie in x, one axis of x at a time. */

#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52: adding it, then taking it away, rounds to an integer */

/* A coordinate outside brought into [0, size - 1], but for roundings. Beyond 2^51 times the size, anything. */
INLINE double FN(bring_inside)(double v, double size, double inverse, const int mode) {
    if (mode == REFLECT) { /* dcba|abcd|dcba has period 2 * size and is even about -0.5 */
        const double turns = ((v + 0.5) * inverse + ROUNDER) - ROUNDER;
        return fabs((v + 0.5) - turns * (2 * size)) - 0.5;
    }
    if (mode == WRAP) {
        const double turns = (v * inverse + ROUNDER) - ROUNDER, rest = v - turns * (size - 1);
        return rest < 0 ? rest + (size - 1) : rest;
    }
    return v;
}

/* Every place by itself: for blocks that leave the photo, and for any other. What is not a number becomes 0. */
INLINE void FN(place_exactly)(const double *column, double row, double shift, ptrdiff_t size, const int mode,
                              const int linear, int32_t *restrict index, float *restrict fraction,
                              int32_t *restrict outside) {
    const double last = (double)(size - 1), period = mode == REFLECT ? 2.0 * size : last;
    const double inverse = period > 0 ? 1 / period : 0;
    const int32_t greatest = (int32_t)(linear && size > 1 ? size - 2 : size - 1); /* it has a neighbour */
    for (int i = 0; i < BLOCK; i++) {
        double v = (row + column[i]) + shift;
        const int inside = (v >= 0) & (v <= last);
        v = inside ? v : FN(bring_inside)(v, (double)size, inverse, mode);
        v = v > 0 ? v : 0;
        v = v < last ? v : last;
        const int32_t k = (int32_t)(linear ? v : v + 0.5);
        index[i] = k < greatest ? k : greatest;
        fraction[i] = (float)(v - index[i]);
        outside[i] = !inside;
    }
}

INLINE void FN(place)(const Affine *t, int axis, const double *column, double row, int32_t *index, float *fraction,
                      int32_t *outside) {
    const double shift = t->matrix[3 * axis + 2];
    const ptrdiff_t size = t->size[axis];
#define PLACE(mode, linear) FN(place_exactly)(column, row, shift, size, mode, linear, index, fraction, outside)
    if (t->mode == REFLECT)
        t->linear ? PLACE(REFLECT, 1) : PLACE(REFLECT, 0);
    else if (t->mode == WRAP)
        t->linear ? PLACE(WRAP, 1) : PLACE(WRAP, 0);
    else
        t->linear ? PLACE(NEAREST, 1) : PLACE(NEAREST, 0);
#undef PLACE
}

/* A block's first place, when all of its places lie inside the photo with a neighbour below or to the right; else NaN.
   Places grow, or shrink, from pixel to pixel, so that the first and the last tell. */
INLINE double FN(first_inside)(const Affine *t, int axis, const double *column, double row) {
    const double shift = t->matrix[3 * axis + 2], margin = 1e-6; /* more than the steps below can be off */
    const double from = (row + column[0]) + shift, to = (row + column[BLOCK - 1]) + shift;
    const double low = from < to ? from : to, high = from < to ? to : from;
    return low >= margin && high <= t->size[axis] - 1 - margin ? from : NAN;
}

typedef int32_t FN(loose_ints) __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

INLINE IVEC FN(load_ints)(const int32_t *p) { return *(const FN(loose_ints) *)p; }

INLINE void FN(store_ints)(int32_t *p, IVEC v) { *(FN(loose_ints) *)p = v; }

/* Places from the first one on by integer steps, each within 2^-24 of where it is exactly. */
INLINE void FN(place_by_steps)(double first, const int32_t *step, int32_t *index, float *fraction) {
    const int32_t whole = (int32_t)first, one = 1 << FRACTION_BITS;
    const int32_t start = (int32_t)((first - whole) * one + 0.5);
    for (int i = 0; i < BLOCK; i += LANES) {
        const IVEC v = FN(load_ints)(step + i) + start;
        FN(store_ints)(index + i, (v >> FRACTION_BITS) + whole);
        FN(store)(fraction + i, __builtin_convertvector(v & (one - 1), VEC) * (1.0f / one));
    }
}

/* Offsets of the block's pixels; returns whether any of them is beyond `limit`. */
INLINE int FN(aim)(const Affine *t, Places *p, ptrdiff_t limit) {
    const int32_t stride = (int32_t)(t->size[1] * t->channels), channels = (int32_t)t->channels;
    IVEC beyond = (IVEC){0};
    for (int i = 0; i < BLOCK; i += LANES) {
        const IVEC at = FN(load_ints)(p->index[0] + i) * stride + FN(load_ints)(p->index[1] + i) * channels;
        FN(store_ints)(p->offset + i, at);
        beyond |= at > (int32_t)limit;
    }
    int any = 0;
    for (int i = 0; i < LANES; i++) any |= beyond[i];
    return any;
}
