/* Compiles the file BODY for photos of bytes and for photos of float32 under one instruction set. */
#define REAL float
#define INT int32_t
#define PIXEL uint8_t
#define TYPE u8
#define IS_FLOAT 0
#include "vectors.h"
#include BODY
#undef PIXEL
#undef TYPE
#undef IS_FLOAT

#define PIXEL float
#define TYPE f32
#define IS_FLOAT 1
#include "vectors.h"
#include BODY
#undef REAL
#undef INT
#undef PIXEL
#undef TYPE
#undef IS_FLOAT
