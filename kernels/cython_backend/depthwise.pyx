"""Depthwise convolution with vectors over channels, on zero-padded patches in scratch memory."""

include "common.pxi"
include "conv.pxi"

cdef extern from "depthwise.h":
    int depthwise_fits(const Conv *, int backward)
    ptrdiff_t depthwise_work(const Conv *, int backward, ptrdiff_t sums, ptrdiff_t itemsize)
    ptrdiff_t depthwise_parts(const Conv *)
    ptrdiff_t depthwise_sum_size(const Conv *)
    void depthwise_gather(
        const Conv *, int backward, const void *source, const void *w, const void *bias, void *to, int finish,
        double slope, char *work, int is_double, int threads) noexcept nogil
    void _backward_weights "depthwise_backward_weights"(
        const Conv *, const void *x, const void *dy, void *dw, char *work, int is_double, int threads
    ) noexcept nogil


cdef Conv sizes(tuple x, tuple w, tuple y, strides, padding, dilation) except *:
    """As `describe`, with as many groups as the weights' channels leave."""
    return describe(x, w, y, strides, padding, dilation, x[3] // w[2])


def depthwise_conv2d_forward_offered(shapes, *, strides, padding, dilation, **_):
    cdef Conv s = sizes(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation)
    return bool(depthwise_fits(&s, False))


def depthwise_conv2d_forward_work(shapes, itemsize, *, strides, padding, dilation, **_):
    cdef Conv s = sizes(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation)
    return -(-depthwise_work(&s, False, 0, itemsize) // itemsize)


def depthwise_conv2d_forward(x, w, b, y, work, *, strides, padding, dilation, activation, negative_slope):
    cdef Conv s = sizes(shape(x), shape(w), shape(y), strides, padding, dilation)
    cdef Call a
    give(&a, (x, w, b), (y, work))
    cdef int double_ = is_double(x), threads = get_num_threads(), finish = b is not None or activation == "relu"
    cdef double slope = negative_slope if activation == "relu" else 1
    with nogil:
        depthwise_gather(
            &s, False, a.in_[0], a.in_[1], a.in_[2], a.out[0], finish, slope, <char *>a.out[1], double_, threads
        )


def depthwise_conv2d_backward_input_offered(shapes, *, strides, padding, dilation):
    cdef Conv s = sizes(shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation)
    return bool(depthwise_fits(&s, True))


def depthwise_conv2d_backward_input_work(shapes, itemsize, *, strides, padding, dilation):
    cdef Conv s = sizes(shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation)
    return -(-depthwise_work(&s, True, 0, itemsize) // itemsize)


def depthwise_conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation):
    cdef Conv s = sizes(shape(dx), shape(w), shape(dy), strides, padding, dilation)
    cdef Call a
    give(&a, (dy, w), (dx, work))
    cdef int double_ = is_double(dy), threads = get_num_threads()
    with nogil:
        depthwise_gather(&s, True, a.in_[0], a.in_[1], NULL, a.out[0], False, 1, <char *>a.out[1], double_, threads)


def depthwise_conv2d_backward_weights_offered(shapes, *, strides, padding, dilation):
    cdef Conv s = sizes(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation)
    return bool(depthwise_fits(&s, False))


def depthwise_conv2d_backward_weights_work(shapes, itemsize, *, strides, padding, dilation):
    cdef Conv s = sizes(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation)
    cdef ptrdiff_t sums = depthwise_parts(&s) * depthwise_sum_size(&s)
    return -(-depthwise_work(&s, False, sums, itemsize) // itemsize)


def depthwise_conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation):
    cdef Conv s = sizes(shape(x), shape(dw), shape(dy), strides, padding, dilation)
    cdef Call a
    give(&a, (x, dy), (dw, work))
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        _backward_weights(&s, a.in_[0], a.in_[1], a.out[0], <char *>a.out[1], double_, threads)
