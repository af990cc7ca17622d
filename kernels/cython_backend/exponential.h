/* exp and expm1 of vectors: x = n ln 2 + r with |r| <= ln(2)/2, then a Taylor polynomial in r and the power 2^n.

   The remainder of the series is below a quarter of a unit in the last place: 0.3466^8 / 8! = 5e-9 for float32,
   0.3466^14 / 14! = 4e-18 for float64. Overflow gives infinity, underflow 0 (through denormals), NaN gives NaN. */

#if IS_DOUBLE
#define MAGIC 6755399441055744.0 /* 1.5 * 2^52: adding it rounds to an integer */
#define LN2_HIGH 0.693147180369123816490
#define LN2_LOW 1.90821492927058770002e-10
#define EXPONENT_BIAS 1023
#define MANTISSA_BITS 52
#define EXP_LEAST -746.0
#define EXP_MOST 710.0
#define TERMS 13
#else
#define MAGIC 12582912.0f /* 1.5 * 2^23 */
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define EXPONENT_BIAS 127
#define MANTISSA_BITS 23
#define EXP_LEAST -105.0f
#define EXP_MOST 89.0f
#define TERMS 7
#endif

/* 2^n for n inside the range of normal numbers. */
INLINE VEC FN(power_of_2)(IVEC n) { return (VEC)((n + EXPONENT_BIAS) << MANTISSA_BITS); }

/* expm1(r) for the reduced argument of x, and its n. */
INLINE VEC FN(reduced_expm1)(VEC x, IVEC *n) {
    static const REAL inverse_factorial[] = {
        1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
        1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
    VEC shifted = x * (REAL)1.44269504088896340736 + FN(all)(MAGIC);
    VEC rounded = shifted - FN(all)(MAGIC);
    *n = (IVEC)shifted - (IVEC)FN(all)(MAGIC);
    VEC r = x - rounded * (REAL)LN2_HIGH;
    r = r - rounded * (REAL)LN2_LOW;
    VEC p = FN(all)(inverse_factorial[TERMS]);
    for (int i = TERMS - 1; i > 1; i--) p = p * r + FN(all)(inverse_factorial[i]);
    return p * (r * r) + r;
}

INLINE VEC FN(clamp)(VEC x) {
    x = FN(select)(x < (REAL)EXP_LEAST, FN(all)(EXP_LEAST), x);
    return FN(select)(x > (REAL)EXP_MOST, FN(all)(EXP_MOST), x);
}

INLINE VEC FN(exp)(VEC x) {
    IVEC n;
    VEC p = FN(reduced_expm1)(FN(clamp)(x), &n) + 1;
    IVEC half = n >> 1; /* in two steps, since 2^n itself may leave the range that the result is in */
    return p * FN(power_of_2)(half) * FN(power_of_2)(n - half);
}

/* For x <= 0, without cancellation near 0. */
INLINE VEC FN(expm1_of_negative)(VEC x) {
    IVEC n;
    VEC q = FN(reduced_expm1)(FN(select)(x < (REAL)(EXP_LEAST / 2), FN(all)(EXP_LEAST / 2), x), &n);
    VEC power = FN(power_of_2)(n);
    return power * q + (power - 1);
}

INLINE VEC FN(absolute)(VEC x) { return FN(select)(x < 0, -x, x); }

/* 1 / (1 + exp(-x)): exactly 1 where exp(-x) vanishes beside 1. */
INLINE VEC FN(sigmoid)(VEC x) {
    VEC e = FN(exp)(-FN(absolute)(x));
    return FN(select)(x >= 0, FN(all)(1), e) / (e + 1);
}

INLINE VEC FN(tanh)(VEC x) {
    VEC e = FN(expm1_of_negative)(FN(absolute)(x) * -2);
    VEC y = -e / (e + 2);
    return FN(select)(x < 0, -y, y);
}

#undef MAGIC
#undef LN2_HIGH
#undef LN2_LOW
#undef EXPONENT_BIAS
#undef MANTISSA_BITS
#undef EXP_LEAST
#undef EXP_MOST
#undef TERMS
