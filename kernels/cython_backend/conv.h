/* The sizes of a convolution, of whatever kind. */
#ifndef FASTCNN_CONV_H
#define FASTCNN_CONV_H

#include <stddef.h>

typedef struct {
    ptrdiff_t images, size[2], c, out[2], f, kernel[2], stride[2], pad[2], dilation[2], groups;
} Conv; /* pad: top, left */

#endif
