/* Values and slopes of the curves: vectors in, vectors out. Built on exponential.h. */

INLINE VEC FN(square_root)(VEC x) {
    for (int i = 0; i < LANES; i++) x[i] = IS_DOUBLE ? sqrt(x[i]) : sqrtf(x[i]);
    return x;
}

/* log(1 + e) for 0 <= e <= 1: the series of 2 atanh(s) with s = e / (2 + e) <= 1/3, to the last place for small e too.
   The first term left out is below (1/9)^7 / 15 = 1.4e-8 of the sum for float32, (1/9)^16 / 33 = 2e-17 for float64. */
INLINE VEC FN(log1p)(VEC e) {
    enum { LAST = IS_DOUBLE ? 15 : 6 };
    VEC s = e / (e + 2), square = s * s, sum = FN(all)((REAL)2 / (2 * LAST + 1));
    for (int k = LAST - 1; k >= 0; k--) sum = sum * square + (REAL)2 / (2 * k + 1);
    return sum * s;
}

/* exp(z^2) * erfc(z) for z >= 0: a polynomial in t = (z - 3) / (z + 3), over z + 3.
   Source: Chebyshev interpolation of (z + 3) exp(z^2) erfc(z) in t at 80 nodes, in 40 digits; the terms left out add up
   to 2e-8 for float32 and 2e-17 for float64. */
INLINE VEC FN(erfcx)(VEC z) {
#if IS_DOUBLE
    static const REAL c[] = {
        1.0740069070883397, -0.883394453169883461, 0.590228357104102334, -0.310467261900583223,
        0.119527761287267671, -0.0268272346240514157, -0.00121241662684583206, 0.00303406199605813826,
        -0.000548309694376583285, -0.000276777814022141367, 0.000107561495728000737, 0.0000303980515857284384,
        -0.0000174705798983595804, -4.74902827610785007e-6, 2.76539348434063525e-6, 9.98817014298394904e-7,
        -4.07955885434289827e-7, -2.33853680099470065e-7, 4.60579001629472965e-8, 5.11824219756768391e-8,
        -9.81835639588511467e-10, -8.69377427120148854e-9, -9.7831364682317207e-10, 8.11068729983149935e-10,
        1.64211431512577438e-10};
#else
    static const REAL c[] = {
        1.07400691f, -0.883394445f, 0.590227976f, -0.310467489f, 0.119532301f, -0.0268253701f,
        -0.00123237104f, 0.00302742446f, -0.000507850579f, -0.000264983422f, 6.78296356e-5f, 1.96559106e-5f};
#endif
    enum { LAST = sizeof c / sizeof c[0] - 1 };
    VEC r = 1 / (z + 3), t = 1 - 6 * r, p = FN(all)(c[LAST]);
    for (int k = LAST - 1; k >= 0; k--) p = p * t + c[k];
    return p * r;
}

/* The standard normal's distribution; *density gets its density. */
INLINE VEC FN(normal)(VEC x, VEC *density) {
    VEC power = FN(exp)(x * x * (REAL)-0.5);
    VEC tail = power * FN(erfcx)(FN(absolute)(x) * (REAL)0.70710678118654752440) * (REAL)0.5;
    *density = power * (REAL)0.39894228040143267794;
    return FN(select)(x < 0, tail, 1 - tail);
}

#define ONES FN(all)(1)
#define NONE FN(all)(0)
#define VALUE(name) INLINE VEC FN(name)(VEC x, REAL a UNUSED, REAL b UNUSED)
#define SLOPE(name) INLINE VEC FN(name##_slope)(VEC x, REAL a UNUSED, REAL b UNUSED)

INLINE VEC FN(below)(VEC x) { return FN(select)(x > 0, NONE, x); }

INLINE VEC FN(clip)(VEC x, REAL low, REAL high) {
    x = FN(select)(x < low, FN(all)(low), x);
    return FN(select)(x > high, FN(all)(high), x);
}

VALUE(selu) { return FN(select)(x >= 0, x, FN(expm1_of_negative)(FN(below)(x)) * a) * b; }
SLOPE(selu) { return FN(select)(x >= 0, ONES, FN(exp)(FN(below)(x)) * a) * b; }
VALUE(celu) { return FN(select)(x >= 0, x, FN(expm1_of_negative)(FN(below)(x) / a) * a); }
SLOPE(celu) { return FN(select)(x >= 0, ONES, FN(exp)(FN(below)(x) / a)); }
VALUE(exponential) { return FN(exp)(x); }
SLOPE(exponential) { return FN(exp)(x); }
VALUE(softplus) { return FN(select)(x < 0, NONE, x) + FN(log1p)(FN(exp)(-FN(absolute)(x))); }
SLOPE(softplus) { return FN(sigmoid)(x); }
VALUE(softsign) { return x / (1 + FN(absolute)(x)); }
SLOPE(softsign) {
    VEC r = 1 / (1 + FN(absolute)(x));
    return r * r;
}
VALUE(silu) { return x * FN(sigmoid)(x); }
SLOPE(silu) {
    VEC s = FN(sigmoid)(x);
    return s * (1 + x * (1 - s));
}
VALUE(gelu) {
    VEC density;
    return x * FN(normal)(x, &density);
}
SLOPE(gelu) {
    VEC density, below = FN(normal)(x, &density);
    return below + x * density;
}
#define ROOT (REAL)0.79788456080286535588 /* sqrt(2 / pi) */
#define CUBE (REAL)0.044715
VALUE(gelu_tanh) { return x * (REAL)0.5 * (1 + FN(tanh)((x + x * x * x * CUBE) * ROOT)); }
SLOPE(gelu_tanh) {
    VEC t = FN(tanh)((x + x * x * x * CUBE) * ROOT), inner = (1 + x * x * (3 * CUBE)) * ROOT;
    return (REAL)0.5 * ((1 + t) + x * (1 - t * t) * inner);
}
#undef ROOT
#undef CUBE
/* tanh(log(1 + e)) = w / (w + 2) with w = e^2 + 2e; beyond x = 30 it is 1 to the last place. */
VALUE(mish) {
    VEC e = FN(exp)(FN(select)(x > 30, FN(all)(30), x)), w = e * (e + 2);
    return x * (w / (w + 2));
}
SLOPE(mish) {
    VEC e = FN(exp)(FN(select)(x > 30, FN(all)(30), x)), w = e * (e + 2), r = 1 / (w + 2);
    return w * r + x * 4 * (e * r) * ((e + 1) * r);
}
VALUE(log_sigmoid) { return FN(select)(x > 0, NONE, x) - FN(log1p)(FN(exp)(-FN(absolute)(x))); }
SLOPE(log_sigmoid) { return FN(sigmoid)(-x); }
VALUE(hard_sigmoid) { return FN(clip)(x * a + b, 0, 1); }
SLOPE(hard_sigmoid) {
    VEC line = x * a + b;
    return FN(select)((line > 0) & (line < 1), FN(all)(a), NONE);
}
VALUE(hard_silu) { return x * FN(clip)(x * a + b, 0, 1); }
SLOPE(hard_silu) {
    VEC line = x * a + b;
    return FN(clip)(line, 0, 1) + FN(select)((line > 0) & (line < 1), x * a, NONE);
}
VALUE(hard_tanh) { return FN(clip)(x, a, b); }
SLOPE(hard_tanh) { return FN(select)((x >= a) & (x <= b), ONES, NONE); }
VALUE(hard_shrink) { return FN(select)(FN(absolute)(x) > a, x, NONE); }
SLOPE(hard_shrink) { return FN(select)(FN(absolute)(x) > a, ONES, NONE); }
VALUE(soft_shrink) { return FN(select)(x > a, x - a, FN(select)(x < -a, x + a, NONE)); }
SLOPE(soft_shrink) { return FN(select)(FN(absolute)(x) > a, ONES, NONE); }
VALUE(tanh_shrink) { return x - FN(tanh)(x); }
SLOPE(tanh_shrink) {
    VEC t = FN(tanh)(x);
    return t * t;
}
VALUE(squareplus) { return (x + FN(square_root)(x * x + a)) * (REAL)0.5; }
SLOPE(squareplus) { return (1 + x / FN(square_root)(x * x + a)) * (REAL)0.5; }
VALUE(sparse_plus) {
    VEC up = FN(select)(x < -1, NONE, x + 1);
    return FN(select)(x >= 1, x, up * up * (REAL)0.25);
}
SLOPE(sparse_plus) { return FN(clip)((x + 1) * (REAL)0.5, 0, 1); }
VALUE(threshold) { return FN(select)(x > a, x, FN(all)(b)); }
SLOPE(threshold) { return FN(select)(x > a, ONES, NONE); }

#undef ONES
#undef NONE
#undef VALUE
#undef SLOPE
