/* Compiles the file BODY for float32 and for float64 under one instruction set. */
#define REAL float
#define INT int32_t
#define TYPE f32
#define IS_DOUBLE 0
#include "vectors.h"
#include BODY
#undef REAL
#undef INT
#undef TYPE
#undef IS_DOUBLE

#define REAL double
#define INT int64_t
#define TYPE f64
#define IS_DOUBLE 1
#include "vectors.h"
#include BODY
#undef REAL
#undef INT
#undef TYPE
#undef IS_DOUBLE
