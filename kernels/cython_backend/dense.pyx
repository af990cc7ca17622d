"""Dense products in register tiles; long inner axes are summed in fixed parts, which threads share."""

include "common.pxi"

cdef extern from "dense.h":
    ctypedef struct Dense:
        const void *x
        const void *w
        const void *dy
        const void *bias
        void *y
        void *dx
        void *dw
        ptrdiff_t samples, inputs, units
        int finish
        double slope
    ptrdiff_t forward_bytes "dense_forward_work"(ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t)
    ptrdiff_t backward_bytes "dense_backward_work"(ptrdiff_t, ptrdiff_t, ptrdiff_t)
    void forward "dense_forward"(Dense, void *work, int is_double, int threads) noexcept nogil
    void backward "dense_backward"(Dense, void *work, int is_double, int threads) noexcept nogil


cdef Dense sizes(x, w):
    """Sizes of a product of x (N, I) and w (I, U); no arrays yet."""
    cdef Dense d
    memset(&d, 0, sizeof(d))
    d.samples, d.inputs, d.units = dim(x, 0), dim(w, 0), dim(w, 1)
    return d


def dense_forward_work(shapes, itemsize, **_):
    n, (i, u) = shapes["x"][0], shapes["w"]
    return -(-forward_bytes(n, i, u, itemsize) // itemsize)


dense_fused_forward_work = dense_forward_work


def dense_forward(x, w, y, work):
    cdef Dense d = sizes(x, w)
    d.x, d.w, d.y = data(x), data(w), data(y)
    cdef void *work_ = data(work)
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        forward(d, work_, double_, threads)


def dense_fused_forward(x, w, b, y, work, *, activation, negative_slope):
    cdef Dense d = sizes(x, w)
    d.x, d.w, d.bias, d.y, d.finish = data(x), data(w), data(b), data(y), True
    d.slope = negative_slope if activation == "relu" else 1
    cdef void *work_ = data(work)
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        forward(d, work_, double_, threads)


def dense_backward_input_work(shapes, itemsize):
    n, u = shapes["dy"]
    return -(-backward_bytes(n, u, itemsize) // itemsize)


def dense_backward_input(dy, w, dx, work):
    cdef Dense d = sizes(dx, w)
    d.dy, d.w, d.dx = data(dy), data(w), data(dx)
    cdef void *work_ = data(work)
    cdef int double_ = is_double(dy), threads = get_num_threads()
    with nogil:
        backward(d, work_, double_, threads)


dense_backward_weights_work = dense_backward_input_work


def dense_backward_weights(x, dy, dw, work):
    cdef Dense d = sizes(x, dw)
    d.x, d.dy, d.dw = data(x), data(dy), data(dw)
    cdef void *work_ = data(work)
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        backward(d, work_, double_, threads)
