/* Compiles the file BODY for images of bytes, of float32 and of float64 under one instruction set. */
#include "each_pixel.h"

#define REAL double
#define INT int64_t
#define PIXEL double
#define TYPE f64
#define IS_FLOAT 1
#include "vectors.h"
#include BODY
#undef REAL
#undef INT
#undef PIXEL
#undef TYPE
#undef IS_FLOAT
