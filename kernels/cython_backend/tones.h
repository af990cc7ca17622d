/* A photo's colours: its numbers are packed into y, then changed there in passes that stay in the nearest caches. */
#include "api.h"

enum { SUMS = 16 };

/* Tables hold `period` numbers, a whole number of pixels: what each channel gets, again and again. */
typedef struct {
    const void *x;
    float *y;
    const float *gain, *offset, *factor; /* gain: of brightness */
    ptrdiff_t pixels, c, oc, period;
    int is_float, shifts, brightens, center, normalise, plain; /* plain: offset and factor change nothing */
    float shift, scale;
    double small, rounding;
} Tones;

#define EACH_TYPE "each_pixel.h"
#define BODY "tones_cores.h"
#include "each.h"

#if defined(__x86_64__)
#define TONES_COPIES {{tones_u8_base, tones_f32_base}, {tones_u8_v3, tones_f32_v3}, {tones_u8_v4, tones_f32_v4}}
#else
#define TONES_COPIES {{tones_u8_base, tones_f32_base}}
#endif

/* On the calling thread: photos are what threads share. */
static void tones(const Tones *t) {
    static void (*const copies[][2])(const Tones *) = TONES_COPIES;
    copies[pool->level][t->is_float](t);
}
