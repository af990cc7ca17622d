/* Counter-based dropout: the mask is a hash of (key, index), so it is never stored. */
#ifndef TYPE
#include "api.h"

static inline uint32_t mix(uint32_t h) {
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (h >> 13)) * 0xC2B2AE35u;
    return h ^ (h >> 16);
}

#define BODY "dropout.h"
#include "each.h"
KERNEL(dropout_forward)
KERNEL(relu_dropout_backward)
#else

KERNEL_OF(dropout_forward) {
    const Call *t = context;
    const REAL *x = t->in[0];
    const uint32_t *key = t->in[1], first = key[0], second = key[1];
    REAL *y = t->out[0];
    ptrdiff_t begin = block * t->block, count = least(t->n, begin + t->block) - begin;
    if (t->p[0] >= 1) {
        memset(y + begin, 0, count * sizeof(REAL));
        return;
    }
    uint32_t dropped = (uint32_t)(t->p[0] * 4294967296.0);
    REAL gain = (REAL)(1 / (1 - t->p[0]));
    EACH_ALONE for (ptrdiff_t i = 0; i < count; i++) {
        uint32_t h = mix(mix((uint32_t)(begin + i) * 0x9E3779B1u + first) ^ second);
        REAL kept = x[begin + i] * gain;
        y[begin + i] = h >= dropped ? kept : 0;
    }
}

KERNEL_OF(relu_dropout_backward) {
    const Call *t = context;
    const REAL *y = t->in[0], *dy = t->in[1], gain = (REAL)(1 / (1 - t->p[0]));
    REAL *dx = t->out[0];
    ptrdiff_t end = least(t->n, (block + 1) * t->block);
    EACH_ALONE for (ptrdiff_t i = block * t->block; i < end; i++) {
        REAL kept = dy[i] * gain;
        dx[i] = y[i] > 0 ? kept : 0;
    }
}

#endif
