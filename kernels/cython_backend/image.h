/* The affine map of one photo to a float32 slot of a batch, in one pass over the slot: blocks of BLOCK pixels, of which
   first the places in the photo are found, then their values. Places are float64, as in the reference. */
#include "api.h"

enum { NEAREST, CONSTANT, REFLECT, WRAP };
enum { BLOCK = 16, STRIP = 1024 }; /* pixels; a strip is as much of a row as the tables on the stack serve */
enum { FRACTION_BITS = 24 };       /* of a place inside a block, as many as a float's */

typedef struct {
    const void *x;
    float *y;
    const double *matrix;
    ptrdiff_t size[2], channels, out[2], out_channels;
    int is_float, linear, mode, flip[2];
    double cval, scale;
} Affine;

/* Places of a block's pixels: the pixel above and left of each, how far down and right of it, and which lie outside. */
typedef struct {
    int32_t index[2][BLOCK];
    float fraction[2][BLOCK + 8]; /* read in vectors from any pixel on */
    int32_t outside[2][BLOCK];
    int32_t offset[BLOCK + 2]; /* of the pixel above and left, in numbers of x */
} Places;

/* One strip of every row: what does not change from row to row. */
typedef struct {
    const Affine *t;
    ptrdiff_t first, count;                     /* pixels of the row */
    double column[2][STRIP];                    /* the matrix's share of the pixel's column in row and column of x */
    int32_t step[2][BLOCK];                     /* the same from a block's first pixel on, in units of 2^-24 */
    int small_steps;                            /* whether `step` can hold them */
    int32_t index[STRIP], outside[STRIP];       /* columns of x, where they are the same in every row */
    float fraction[STRIP];
} Strip;

/* Factors times counted numbers. Apart from the sums that the products go into: one operation for both would round
   once, and a place's last bit decides which pixel is read. */
static __attribute__((noinline)) void products(double factor, ptrdiff_t from, ptrdiff_t step, ptrdiff_t count,
                                               double *to) {
    for (ptrdiff_t i = 0; i < count; i++) to[i] = factor * (double)(from + i * step);
}

/* Whether rows of x stay rows and columns columns. */
static inline int is_upright(const Affine *t) { return t->matrix[1] == 0 && t->matrix[3] == 0; }

static inline int is_whole(double v) { return v == floor(v) && fabs(v) < 1 << 30; }

/* Whether every place is a pixel: nothing is to be interpolated. */
static inline int is_on_pixels(const Affine *t) {
    const double *m = t->matrix;
    return is_upright(t) && is_whole(m[0]) && is_whole(m[2]) && is_whole(m[4]) && is_whole(m[5]);
}

#define EACH_TYPE "each_pixel.h"
#define BODY "image_cores.h"
#include "each.h"

#if defined(__x86_64__)
#define PIXEL_COPIES(name) {{name##_u8_base, name##_f32_base}, {name##_u8_v3, name##_f32_v3}, {name##_u8_v4, name##_f32_v4}}
#else
#define PIXEL_COPIES(name) {{name##_u8_base, name##_f32_base}}
#endif

static void affine(const Affine *t) {
    static void (*const copies[][2])(const Affine *) = PIXEL_COPIES(affine);
    Affine call = *t;
    call.linear = t->linear && !is_on_pixels(t);
    copies[pool->level][t->is_float](&call);
}
