/* The affine map of one photo to a float32 slot of a batch, in one pass. Places are float64, as in the reference. */
#include "api.h"

enum { NEAREST, CONSTANT, REFLECT, WRAP };

typedef struct {
    const void *x;
    float *y;
    const double *matrix;
    ptrdiff_t size[2], c, out[2];
    int is_float, linear, mode, flip[2];
    double cval, scale;
} Affine;

/* value modulo period, in [0, period). */
static inline double positive_remainder(double value, double period) {
    double rest = fmod(value, period);
    return rest < 0 ? rest + period : rest;
}

/* A coordinate brought into [0, size - 1]; *inside says whether it lay there. NaN and infinities become 0. */
static inline double bring_inside(double v, ptrdiff_t size, int mode, int *inside) {
    const double last = (double)(size - 1);
    *inside = v >= 0 && v <= last;
    if (*inside) return v;
    if (mode == REFLECT && isfinite(v))
        v = size - 0.5 - fabs(positive_remainder(v + 0.5, 2.0 * size) - size);
    else if (mode == WRAP && isfinite(v))
        v = last > 0 ? positive_remainder(v, last) : 0;
    return v > 0 ? (v < last ? v : last) : 0;
}

#define PIXEL uint8_t
#define NAMED(name) name##_uint8
#include "image_pixels.h"
#undef PIXEL
#undef NAMED
#define PIXEL float
#define NAMED(name) name##_float
#include "image_pixels.h"

static void affine(const Affine *t) {
    if (t->is_float)
        affine_float(t);
    else
        affine_uint8(t);
}
