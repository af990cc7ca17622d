/* The most multiply-adds a second: independent chains in registers, nothing else. */
#ifndef TYPE
#include "api.h"
#define BODY "peak.h"
#define CHAINS 12
#include "each.h"
KERNEL(multiply_add)
#else

/* out[0]: block's results, so that nothing is optimised away; n: rounds; p[0], p[1]: factor and addend. */
KERNEL_OF(multiply_add) {
    const Call *t = context;
    VEC chain[CHAINS], factor = FN(all)((REAL)t->p[0]), addend = FN(all)((REAL)t->p[1]);
    for (int i = 0; i < CHAINS; i++) chain[i] = FN(all)((REAL)i);
    for (ptrdiff_t round = 0; round < t->n; round++)
#pragma GCC unroll 16
        for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + addend;
    for (int i = 1; i < CHAINS; i++) chain[0] += chain[i];
    ((REAL *)t->out[0])[block * 16] = FN(sum_lanes)(chain[0]);
}
#endif
