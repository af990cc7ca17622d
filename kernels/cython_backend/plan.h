/* What the plans of several kernels share. */
#ifndef FASTCNN_PLAN_H
#define FASTCNN_PLAN_H

#include "api.h"

#define SERIAL_WORK 500000 /* multiply-adds that one thread does in about 10 microseconds */

/* The next `bytes` of work memory, aligned. */
static UNUSED void *take(char **cursor, ptrdiff_t bytes) {
    void *memory = aligned(*cursor);
    *cursor = (char *)memory + bytes;
    return memory;
}

static UNUSED int threads_for(double work, int threads) { return work < SERIAL_WORK ? 1 : threads; }

#endif
