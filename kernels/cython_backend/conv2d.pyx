"""Direct convolution in register tiles, straight from the image; packed weights in work memory."""

include "common.pxi"
include "conv.pxi"

cdef extern from "conv2d.h":
    ctypedef struct Forward:
        const void *x
        const void *w
        const void *bias
        const void *packed
        void *y
        void *argmax
        int finish, pooled
        double slope
    ptrdiff_t packed_size(const Conv *, ptrdiff_t columns, ptrdiff_t depth)
    ptrdiff_t gather_work(const Conv *, ptrdiff_t columns, ptrdiff_t depth, ptrdiff_t itemsize)
    ptrdiff_t gradient_work(const Conv *, ptrdiff_t itemsize)
    void _forward "conv2d_forward"(const Conv *, const Forward *, void *work, int is_double, int threads) noexcept nogil
    void _pack "conv2d_pack"(const Conv *, const void *w, void *packed, int is_double, int threads) noexcept nogil
    void _backward_input "conv2d_backward_input"(
        const Conv *, const void *dy, const void *w, void *dx, void *work, int is_double, int threads) noexcept nogil
    void _backward_weights "conv2d_backward_weights"(
        const Conv *, const void *x, const void *dy, void *dw, void *work, int is_double, int threads) noexcept nogil


def conv2d_forward_work(shapes, itemsize, *, strides, padding, dilation, groups, **_):
    cdef Conv s = describe(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation, groups)
    return -(-gather_work(&s, s.f // s.groups, s.c // s.groups, itemsize) // itemsize)


conv2d_fused_forward_work = conv2d_forward_work


def conv2d_fused_forward_offered(shapes, *, pool_size, **_):
    return pool_size in ((1, 1), (2, 2))


cdef run_forward(Conv *s, Forward *f, x, w, y, work):
    cdef int double_ = is_double(x), threads = get_num_threads()
    cdef void *memory = data(work)
    f.x, f.w, f.y = data(x), data(w), data(y)
    with nogil:
        _forward(s, f, memory, double_, threads)


def conv2d_forward(x, w, y, work, *, strides, padding, dilation, groups):
    cdef Conv s = describe(shape(x), shape(w), shape(y), strides, padding, dilation, groups)
    cdef Forward f
    memset(&f, 0, sizeof(f))
    run_forward(&s, &f, x, w, y, work)


def conv2d_fused_forward(
    x, w, b, packed, y, argmax, work, *, strides, padding, dilation, groups, activation, negative_slope, pool_size
):
    cdef Conv s = describe(shape(x), shape(w), shape(y), strides, padding, dilation, groups)
    cdef Forward f
    f.bias, f.packed, f.argmax = data(b), data(packed), data(argmax)
    f.finish, f.pooled = True, pool_size != (1, 1)
    f.slope = negative_slope if activation == "relu" else 1
    run_forward(&s, &f, x, w, y, work)


cdef Conv describe_weights(tuple w, groups) except *:
    """The convolution of one pixel by w, for what depends on the weights alone."""
    return describe((1, 1, 1, w[2] * groups), w, (1, 1, 1, w[3]), (1, 1), ((0, 0), (0, 0)), (1, 1), groups)


def conv2d_pack_weights_size(shape, *, groups):
    cdef Conv s = describe_weights(shape, groups)
    return packed_size(&s, s.f // s.groups, s.c // s.groups)


def conv2d_pack_weights(w, packed, *, groups):
    cdef Conv s = describe_weights(shape(w), groups)
    cdef Call a
    give(&a, (w,), (packed,))
    cdef int double_ = is_double(w), threads = get_num_threads()
    with nogil:
        _pack(&s, a.in_[0], a.out[0], double_, threads)


def conv2d_backward_input_work(shapes, itemsize, *, strides, padding, dilation, groups):
    cdef Conv s = describe(shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation, groups)
    return -(-gather_work(&s, s.c // s.groups, s.f // s.groups, itemsize) // itemsize)


def conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation, groups):
    cdef Conv s = describe(shape(dx), shape(w), shape(dy), strides, padding, dilation, groups)
    cdef Call a
    give(&a, (dy, w), (dx, work))
    cdef int double_ = is_double(dy), threads = get_num_threads()
    with nogil:
        _backward_input(&s, a.in_[0], a.in_[1], a.out[0], a.out[1], double_, threads)


def conv2d_backward_weights_work(shapes, itemsize, *, strides, padding, dilation, groups):
    cdef Conv s = describe(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation, groups)
    return -(-gradient_work(&s, itemsize) // itemsize)


def conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation, groups):
    cdef Conv s = describe(shape(x), shape(dw), shape(dy), strides, padding, dilation, groups)
    cdef Call a
    give(&a, (x, dy), (dw, work))
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        _backward_weights(&s, a.in_[0], a.in_[1], a.out[0], a.out[1], double_, threads)


include "conv2d_fused_backward.pxi"
