# The sizes of a convolution from the shapes of its arrays.
cdef extern from "conv.h":
    ctypedef struct Conv:
        ptrdiff_t images, c, f, groups
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t kernel[2]
        ptrdiff_t stride[2]
        ptrdiff_t pad[2]
        ptrdiff_t dilation[2]


cdef Conv describe(tuple x, tuple w, tuple y, strides, padding, dilation, groups) except *:
    """The convolution of x (N, H, W, C) by w (KH, KW, C / groups, F) to y (N, OH, OW, F), from shapes."""
    cdef Conv s
    s.images, s.c, s.f, s.groups = x[0], x[3], w[3], groups
    for axis in range(2):
        s.size[axis], s.out[axis], s.kernel[axis] = x[1 + axis], y[1 + axis], w[axis]
        s.stride[axis], s.pad[axis], s.dilation[axis] = strides[axis], padding[axis][0], dilation[axis]
    return s
