"""Depthwise convolution with vectors over channels, on zero-padded patches in scratch memory."""

include "common.pxi"

cdef extern from "depthwise.h":
    ctypedef struct Depthwise:
        ptrdiff_t images, c, f, groups
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t kernel[2]
        ptrdiff_t stride[2]
        ptrdiff_t pad[2]
        ptrdiff_t dilation[2]
    int depthwise_fits(const Depthwise *, int backward)
    ptrdiff_t depthwise_work(const Depthwise *, int backward, ptrdiff_t sums, ptrdiff_t itemsize)
    ptrdiff_t depthwise_parts(const Depthwise *)
    ptrdiff_t depthwise_sum_size(const Depthwise *)
    void depthwise_gather(
        const Depthwise *, int backward, const void *source, const void *w, const void *bias, void *to, int finish,
        double slope, char *work, int is_double, int threads) noexcept nogil
    void _backward_weights "depthwise_backward_weights"(
        const Depthwise *, const void *x, const void *dy, void *dw, char *work, int is_double, int threads
    ) noexcept nogil


cdef Depthwise describe(tuple x, tuple w, tuple y, strides, padding, dilation) except *:
    """The convolution of x (N, H, W, C) by w (KH, KW, C / groups, F) to y (N, OH, OW, F), from shapes."""
    cdef Depthwise s
    s.images, s.c, s.f, s.groups = x[0], x[3], w[3], x[3] // w[2]
    for axis in range(2):
        s.size[axis], s.out[axis], s.kernel[axis] = x[1 + axis], y[1 + axis], w[axis]
        s.stride[axis], s.pad[axis], s.dilation[axis] = strides[axis], padding[axis][0], dilation[axis]
    return s


cdef tuple shape(array):
    return (dim(array, 0), dim(array, 1), dim(array, 2), dim(array, 3))


def depthwise_conv2d_forward_offered(shapes, *, strides, padding, dilation, **_):
    cdef Depthwise s = describe(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation)
    return bool(depthwise_fits(&s, False))


def depthwise_conv2d_forward_work(shapes, itemsize, *, strides, padding, dilation, **_):
    cdef Depthwise s = describe(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation)
    return -(-depthwise_work(&s, False, 0, itemsize) // itemsize)


def depthwise_conv2d_forward(x, w, b, y, work, *, strides, padding, dilation, activation, negative_slope):
    cdef Depthwise s = describe(shape(x), shape(w), shape(y), strides, padding, dilation)
    cdef Call a
    give(&a, (x, w, b), (y, work))
    cdef int double_ = is_double(x), threads = get_num_threads(), finish = b is not None or activation == "relu"
    cdef double slope = negative_slope if activation == "relu" else 1
    with nogil:
        depthwise_gather(
            &s, False, a.in_[0], a.in_[1], a.in_[2], a.out[0], finish, slope, <char *>a.out[1], double_, threads
        )


def depthwise_conv2d_backward_input_offered(shapes, *, strides, padding, dilation):
    cdef Depthwise s = describe(shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation)
    return bool(depthwise_fits(&s, True))


def depthwise_conv2d_backward_input_work(shapes, itemsize, *, strides, padding, dilation):
    cdef Depthwise s = describe(shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation)
    return -(-depthwise_work(&s, True, 0, itemsize) // itemsize)


def depthwise_conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation):
    cdef Depthwise s = describe(shape(dx), shape(w), shape(dy), strides, padding, dilation)
    cdef Call a
    give(&a, (dy, w), (dx, work))
    cdef int double_ = is_double(dy), threads = get_num_threads()
    with nogil:
        depthwise_gather(&s, True, a.in_[0], a.in_[1], NULL, a.out[0], False, 1, <char *>a.out[1], double_, threads)


def depthwise_conv2d_backward_weights_offered(shapes, *, strides, padding, dilation):
    cdef Depthwise s = describe(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation)
    return bool(depthwise_fits(&s, False))


def depthwise_conv2d_backward_weights_work(shapes, itemsize, *, strides, padding, dilation):
    cdef Depthwise s = describe(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation)
    cdef ptrdiff_t sums = depthwise_parts(&s) * depthwise_sum_size(&s)
    return -(-depthwise_work(&s, False, sums, itemsize) // itemsize)


def depthwise_conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation):
    cdef Depthwise s = describe(shape(x), shape(dw), shape(dy), strides, padding, dilation)
    cdef Call a
    give(&a, (x, dy), (dw, work))
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        _backward_weights(&s, a.in_[0], a.in_[1], a.out[0], <char *>a.out[1], double_, threads)
