/* Vectors of one type under one instruction set, from the compiler's vector extensions. */
#define VEC FN(vec)
#define IVEC FN(ivec)
#define LANES ((ptrdiff_t)(VECTOR_BYTES / sizeof(REAL)))

typedef REAL VEC __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef INT IVEC __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef REAL FN(loose) __attribute__((vector_size(VECTOR_BYTES), aligned(4), may_alias));

INLINE VEC FN(load)(const REAL *p) { return *(const FN(loose) *)p; }

INLINE void FN(store)(REAL *p, VEC v) { *(FN(loose) *)p = v; }

INLINE VEC FN(all)(REAL value) {
    VEC v;
    for (int i = 0; i < LANES; i++) v[i] = value;
    return v;
}

/* Lane by lane: a where the mask's bits are set, else b. */
INLINE VEC FN(select)(IVEC mask, VEC a, VEC b) { return (VEC)((mask & (IVEC)a) | (~mask & (IVEC)b)); }

/* y > 0 ? y : slope * y; slope 1 leaves y as it is. */
INLINE VEC FN(leaky)(VEC y, REAL slope) { return FN(select)(y > 0, y, y * slope); }

/* The first or last few lanes, for the end of an array: count < LANES. */
INLINE VEC FN(load_some)(const REAL *p, ptrdiff_t count) {
    VEC v = FN(all)(0);
    memcpy(&v, p, count * sizeof(REAL));
    return v;
}

INLINE void FN(store_some)(REAL *p, VEC v, ptrdiff_t count) { memcpy(p, &v, count * sizeof(REAL)); }

INLINE REAL FN(sum_lanes)(VEC v) {
    REAL sum = 0;
    for (int i = 0; i < LANES; i++) sum += v[i];
    return sum;
}

/* Number of vectors of the panel that holds up to `left` columns. */
INLINE int FN(panel_vectors)(ptrdiff_t left) { return left <= LANES ? 1 : left <= 2 * LANES ? 2 : WIDE; }
