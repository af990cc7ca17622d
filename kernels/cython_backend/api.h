/* What every module knows of the pool, and of a call: one block of a kernel's work, and how blocks are run. */
#ifndef FASTCNN_API_H
#define FASTCNN_API_H

#include <Python.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Memory that each thread has for itself during a block; kernels that use it pass as much for the calling thread. */
#define SCRATCH_BYTES (512 * 1024)
#define ALIGNMENT 64
#define UNUSED __attribute__((unused))

typedef void (*BlockFn)(const void *call, ptrdiff_t block, void *scratch);

typedef struct {
    void (*run)(BlockFn fn, const void *call, ptrdiff_t blocks, int threads, void *scratch);
    int level; /* row of the kernel tables: 0 baseline, 1 AVX2 + FMA, 2 AVX-512 */
} PoolApi;

static const PoolApi *pool;

/* Finds the shared pool; -1 with a Python exception when its module cannot be imported. */
static UNUSED int connect_pool(void) {
    pool = (const PoolApi *)PyCapsule_Import("fastcnn.kernels.cython_backend.pool.api", 0);
    return pool ? 0 : -1;
}

/* Arguments of the simple kernels: arrays of n elements, or of n rows and c columns; a block is so many elements or
   rows. */
typedef struct {
    const void *in[6];
    void *out[4];
    ptrdiff_t n, c, block;
    double p[6];
} Call;

typedef void (*Runner)(const void *call, int is_double, ptrdiff_t blocks, int threads, void *scratch);

static inline ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
static inline ptrdiff_t most(ptrdiff_t a, ptrdiff_t b) { return a > b ? a : b; }
static inline ptrdiff_t ceil_div(ptrdiff_t a, ptrdiff_t b) { return (a + b - 1) / b; }
static inline ptrdiff_t round_up(ptrdiff_t a, ptrdiff_t b) { return ceil_div(a, b) * b; }
static inline void *aligned(void *p) {
    return (void *)(((uintptr_t)p + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

#endif
