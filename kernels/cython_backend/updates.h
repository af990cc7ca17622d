/* The optimizers' formulas, for one instruction set and type: each takes up to a vector of weights, whose gradient is
   dw, at element i. Of a Call, out[0] is w, the next are the optimizer's arrays, p its scalars. */
#ifndef FASTCNN_OPTIMIZERS
#define FASTCNN_OPTIMIZERS
enum { SGD, MOMENTUM, RMSPROP, ADAM };
#endif

typedef struct FN(Update) {
    REAL *w, *slots[3];
    REAL rate, decay, momentum, ahead, again; /* momentum's: w += ahead * velocity - again * dw */
    REAL keep, new_1, new_2, epsilon;         /* averages: new = 1 - keep, taken in double */
} FN(Update);

/* From element `begin` of the arrays on. */
INLINE FN(Update) FN(update_at)(const Call *t, int optimizer, ptrdiff_t begin) {
    const double *p = t->p;
    FN(Update) u = {.w = (REAL *)t->out[0] + begin, .rate = (REAL)p[0]};
    for (int i = 0; i < 3; i++) u.slots[i] = t->out[i + 1] ? (REAL *)t->out[i + 1] + begin : NULL;
    u.decay = (REAL)p[optimizer == SGD ? 1 : optimizer == MOMENTUM ? 2 : 4];
    u.momentum = (REAL)p[optimizer == MOMENTUM ? 1 : 2];
    u.ahead = p[5] ? u.momentum : 1;
    u.again = p[5] ? u.rate : 0;
    u.keep = (REAL)p[1];
    u.new_1 = (REAL)(1 - p[1]);
    u.new_2 = (REAL)(1 - p[2]);
    u.epsilon = (REAL)p[3];
    return u;
}

INLINE VEC FN(root)(VEC v) {
    for (int i = 0; i < LANES; i++) v[i] = IS_DOUBLE ? __builtin_sqrt(v[i]) : __builtin_sqrtf(v[i]);
    return v;
}

INLINE VEC FN(get)(const REAL *p, ptrdiff_t count) { return count == LANES ? FN(load)(p) : FN(load_some)(p, count); }

INLINE void FN(put)(REAL *p, VEC v, ptrdiff_t count) {
    if (count == LANES)
        FN(store)(p, v);
    else
        FN(store_some)(p, v, count);
}

INLINE void FN(sgd)(const FN(Update) *u, const REAL *dw, ptrdiff_t i, ptrdiff_t count) {
    VEC w = FN(get)(u->w + i, count);
    FN(put)(u->w + i, w - u->decay * w - u->rate * FN(get)(dw + i, count), count);
}

INLINE void FN(momentum)(const FN(Update) *u, const REAL *dw, ptrdiff_t i, ptrdiff_t count) {
    VEC g = FN(get)(dw + i, count), w = FN(get)(u->w + i, count);
    VEC velocity = u->momentum * FN(get)(u->slots[0] + i, count) - u->rate * g;
    FN(put)(u->slots[0] + i, velocity, count);
    FN(put)(u->w + i, w - u->decay * w + (u->ahead * velocity - u->again * g), count);
}

/* slots: square, mean (when centered), velocity (when heavy); those are constants where this is inlined. */
INLINE void FN(rmsprop)(const FN(Update) *u, const REAL *dw, ptrdiff_t i, ptrdiff_t count, const int centered,
                        const int heavy) {
    VEC g = FN(get)(dw + i, count), w = FN(get)(u->w + i, count);
    VEC square = u->keep * FN(get)(u->slots[0] + i, count) + u->new_1 * g * g, under_root = square + u->epsilon;
    FN(put)(u->slots[0] + i, square, count);
    if (centered) {
        VEC mean = u->keep * FN(get)(u->slots[1] + i, count) + u->new_1 * g;
        FN(put)(u->slots[1] + i, mean, count);
        under_root -= mean * mean;
    }
    VEC step = u->rate * g / FN(root)(under_root);
    if (heavy) {
        step += u->momentum * FN(get)(u->slots[2] + i, count);
        FN(put)(u->slots[2] + i, step, count);
    }
    FN(put)(u->w + i, w - u->decay * w - step, count);
}

/* slots: m, v, vmax (with amsgrad, a constant too). */
INLINE void FN(adam)(const FN(Update) *u, const REAL *dw, ptrdiff_t i, ptrdiff_t count, const int amsgrad) {
    VEC g = FN(get)(dw + i, count), w = FN(get)(u->w + i, count);
    VEC m = FN(get)(u->slots[0] + i, count), v = FN(get)(u->slots[1] + i, count);
    m += (g - m) * u->new_1;
    v += (g * g - v) * u->new_2;
    FN(put)(u->slots[0] + i, m, count);
    FN(put)(u->slots[1] + i, v, count);
    if (amsgrad) {
        VEC most = FN(get)(u->slots[2] + i, count);
        v = FN(select)(v > most, v, most);
        FN(put)(u->slots[2] + i, v, count);
    }
    FN(put)(u->w + i, w - u->decay * w - u->rate * m / (FN(root)(v) + u->epsilon), count);
}

/* The first `count` elements. */
INLINE void FN(update_range)(const FN(Update) *u, int optimizer, const REAL *dw, ptrdiff_t count) {
#define RANGE(formula)                                          \
    do {                                                        \
        ptrdiff_t i = 0, n = LANES;                             \
        for (; i + LANES <= count; i += LANES) formula;         \
        n = count - i;                                          \
        if (n > 0) formula;                                     \
    } while (0)
    if (optimizer == SGD)
        RANGE(FN(sgd)(u, dw, i, n));
    else if (optimizer == MOMENTUM)
        RANGE(FN(momentum)(u, dw, i, n));
    else if (optimizer == ADAM && u->slots[2])
        RANGE(FN(adam)(u, dw, i, n, 1));
    else if (optimizer == ADAM)
        RANGE(FN(adam)(u, dw, i, n, 0));
    else if (u->slots[1] && u->slots[2])
        RANGE(FN(rmsprop)(u, dw, i, n, 1, 1));
    else if (u->slots[1])
        RANGE(FN(rmsprop)(u, dw, i, n, 1, 0));
    else if (u->slots[2])
        RANGE(FN(rmsprop)(u, dw, i, n, 0, 1));
    else
        RANGE(FN(rmsprop)(u, dw, i, n, 0, 0));
#undef RANGE
}
