"""The affine map of one photo, in one pass on the calling thread: photos are what threads share."""

include "common.pxi"

cdef extern from "image.h":
    enum:
        NEAREST, CONSTANT, REFLECT, WRAP
    ctypedef struct Affine:
        const void *x
        float *y
        const double *matrix
        ptrdiff_t size[2]
        ptrdiff_t channels
        ptrdiff_t out[2]
        ptrdiff_t out_channels
        int is_float, linear, mode
        int flip[2]
        double cval, scale
    void affine(const Affine *) noexcept nogil

MODES = {"nearest": NEAREST, "constant": CONSTANT, "reflect": REFLECT, "wrap": WRAP}


def image_affine(x, y, matrix, *, order, fill_mode, cval, flip_horizontal, flip_vertical, scale):
    cdef Affine t
    t.x, t.y, t.matrix = data(x), <float *>data(y), <double *>data(matrix)
    t.size[0], t.size[1], t.channels = dim(x, 0), dim(x, 1), dim(x, 2)
    t.out[0], t.out[1], t.out_channels = dim(y, 0), dim(y, 1), dim(y, 2)
    t.is_float, t.linear, t.mode = cnp.PyArray_ITEMSIZE(<cnp.ndarray>x) == 4, order, MODES[fill_mode]
    t.flip[0], t.flip[1], t.cval, t.scale = flip_vertical, flip_horizontal, cval, scale
    with nogil:
        affine(&t)
