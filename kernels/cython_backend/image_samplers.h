/* The values of a block's pixels, from their places. Samplers of 3 and 4 channels load and store four numbers a pixel:
   what is beyond a pixel's own is overwritten by the next one's, so the last block of a row goes through a buffer. */

typedef float FN(quad) __attribute__((vector_size(16), may_alias));
typedef float FN(loose_quad) __attribute__((vector_size(16), aligned(4), may_alias));

INLINE void FN(store_quad)(float *p, FN(quad) v) { *(FN(loose_quad) *)p = v; }

/* Four numbers of x as floats. */
INLINE FN(quad) FN(load_quad)(const PIXEL *p) {
#if IS_FLOAT
    return *(const FN(loose_quad) *)p;
#elif defined(__GNUC__) && !defined(__clang__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    typedef uint8_t Bytes __attribute__((vector_size(16))); /* GCC converts four bytes one by one, so zeros are put in */
    typedef int32_t Words __attribute__((vector_size(16)));
    int32_t word;
    memcpy(&word, p, 4);
    const Bytes bytes = (Bytes)(Words){word, 0, 0, 0}, zero = {0};
    const Bytes pairs = __builtin_shuffle(bytes, zero, (Bytes){0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23});
    const Bytes quads = __builtin_shuffle(pairs, zero, (Bytes){0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23});
    return __builtin_convertvector((Words)quads, FN(quad));
#else
    return (FN(quad)){p[0], p[1], p[2], p[3]};
#endif
}

INLINE void FN(sample_nearest)(const Affine *t, const Places *p, float *y, const int channels) {
    const float scale = (float)t->scale;
    for (int i = 0; i < BLOCK; i++)
        FN(store_quad)(y + channels * i, FN(load_quad)((const PIXEL *)t->x + p->offset[i]) * scale);
}

#if !IS_FLOAT && VECTOR_BYTES == 32
/* Two pixels a vector, four floats each: from 8 bytes that hold a pixel and its neighbour, twice, for two rows. */
typedef uint8_t FN(bytes) __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t FN(words) __attribute__((vector_size(VECTOR_BYTES)));

#if defined(__clang__)
#define PICK(v, ...) __builtin_shufflevector(v, v, __VA_ARGS__)
#else
#define PICK(v, ...) __builtin_shuffle(v, (__typeof__(v)){__VA_ARGS__})
#endif
#define FOUR(byte, zero) \
    byte, zero, zero, zero, (byte) + 1, zero, zero, zero, (byte) + 2, zero, zero, zero, (byte) + 3, zero, zero, zero

INLINE FN(bytes) FN(load_two)(const PIXEL *x, int32_t first, int32_t second) {
    FN(words) v = {0};
    int64_t word;
    memcpy(&word, x + first, 8);
    v[0] = word;
    memcpy(&word, x + second, 8);
    v[2] = word;
    return (FN(bytes))v;
}

/* Four numbers from byte `from` on of each half, as floats. */
INLINE VEC FN(widen)(FN(bytes) v, const int from) {
    const FN(bytes) spread = from == 0   ? PICK(v, FOUR(0, 8), FOUR(16, 24))
                             : from == 3 ? PICK(v, FOUR(3, 8), FOUR(19, 24))
                                         : PICK(v, FOUR(4, 8), FOUR(20, 24));
    return __builtin_convertvector((IVEC)spread, VEC);
}

/* Two numbers, four times each. Loaded as one of 8 bytes, which lies in one of the vectors that were just stored. */
INLINE VEC FN(two_each)(const float *p) {
    int64_t two;
    memcpy(&two, p, sizeof two);
    const VEC v = (VEC)(FN(words)){two, two, two, two};
#if defined(__clang__)
    return __builtin_shufflevector(v, v, 0, 0, 0, 0, 5, 5, 5, 5);
#else
    return __builtin_shuffle(v, (IVEC){0, 0, 0, 0, 5, 5, 5, 5});
#endif
}

/* Loads run two pixels ahead, since a chain of loads and conversions takes longer than a pair's arithmetic. */
INLINE void FN(sample_linear)(const Affine *t, const Places *p, float *y, const int channels, const int out) {
    const ptrdiff_t below = t->size[0] > 1 ? t->size[1] * channels : 0;
    const PIXEL *const upper = t->x, *const lower = upper + below;
    const VEC scale = FN(all)((float)t->scale);
    FN(bytes) above = FN(load_two)(upper, p->offset[0], p->offset[1]);
    FN(bytes) under = FN(load_two)(lower, p->offset[0], p->offset[1]);
    for (int i = 0; i < BLOCK; i += 2) {
        VEC left = FN(widen)(above, 0), right = FN(widen)(above, channels);
        const VEC left_under = FN(widen)(under, 0), right_under = FN(widen)(under, channels);
        above = FN(load_two)(upper, p->offset[i + 2], p->offset[i + 3]);
        under = FN(load_two)(lower, p->offset[i + 2], p->offset[i + 3]);
        const VEC down = FN(two_each)(p->fraction[0] + i);
        left += (left_under - left) * down;
        right += (right_under - right) * down;
        left = (left + (right - left) * FN(two_each)(p->fraction[1] + i)) * scale;
        FN(quad) halves[2];
        memcpy(halves, &left, sizeof halves);
        FN(store_quad)(y + out * i, halves[0]);
        FN(store_quad)(y + out * i + out, halves[1]);
    }
}
#undef PICK
#undef FOUR
#else
INLINE void FN(sample_linear)(const Affine *t, const Places *p, float *y, const int channels, const int out) {
    const ptrdiff_t below = t->size[0] > 1 ? t->size[1] * channels : 0;
    const float scale = (float)t->scale;
    for (int i = 0; i < BLOCK; i++) {
        const PIXEL *at = (const PIXEL *)t->x + p->offset[i];
        FN(quad) left = FN(load_quad)(at), right = FN(load_quad)(at + channels);
        left += (FN(load_quad)(at + below) - left) * p->fraction[0][i];
        right += (FN(load_quad)(at + below + channels) - right) * p->fraction[0][i];
        FN(store_quad)(y + out * i, (left + (right - left) * p->fraction[1][i]) * scale);
    }
}
#endif

/* Any number of channels, any size, nothing read or written but what is needed; in the order of the others, for the
   same bits. */
INLINE void FN(sample_any)(const Affine *t, const Places *p, ptrdiff_t count, float *y) {
    const ptrdiff_t stride = t->size[1] * t->channels;
    const ptrdiff_t below = t->size[0] > 1 ? stride : 0, next = t->size[1] > 1 ? t->channels : 0;
    const float scale = (float)t->scale;
    for (ptrdiff_t i = 0; i < count; i++, y += t->out_channels) {
        const PIXEL *x = (const PIXEL *)t->x + p->index[0][i] * stride + p->index[1][i] * t->channels;
        const float down = p->fraction[0][i], across = p->fraction[1][i];
        for (ptrdiff_t c = 0; c < t->out_channels; c++)
            if (t->linear) {
                const float here = x[c], beside = x[c + next];
                const float left = here + (x[c + below] - here) * down;
                const float right = beside + (x[c + below + next] - beside) * down;
                y[c] = (left + (right - left) * across) * scale;
            } else {
                y[c] = x[c] * scale;
            }
    }
}
