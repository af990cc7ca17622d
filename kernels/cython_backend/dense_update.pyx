"""A dense layer's gradients and update in one pass over its weights; parallel over fixed blocks of their rows."""

include "common.pxi"

cdef extern from "dense_update.h":
    ctypedef struct Dense:
        const void *x
        const void *w
        const void *dy
        void *dx
        ptrdiff_t samples, inputs, units
    ctypedef struct DenseUpdate:
        Dense d
        Call update
        int optimizer
        double slope
    enum:
        SGD
        MOMENTUM
        RMSPROP
        ADAM
    ptrdiff_t work_bytes "dense_update_work"(ptrdiff_t, ptrdiff_t, ptrdiff_t)
    void run "dense_update"(DenseUpdate, void *work, int is_double, int threads) noexcept nogil

MOST_SAMPLES = 512  # more, and dy leaves the caches between two panels of weights


cdef int backward(
    int optimizer, x, dy, tuple updated, dx, hyper, work, double slope, bint nesterov=False
) except -1:
    """updated: w and the optimizer's arrays."""
    cdef DenseUpdate u
    cdef double *values = <double *>data(hyper)
    memset(&u, 0, sizeof(u))
    give(&u.update, (), updated)
    for i in range(size(hyper)):
        u.update.p[i] = values[i]
    if nesterov:
        u.update.p[5] = 1
    u.d.x, u.d.dy, u.d.w, u.d.dx = data(x), data(dy), data(updated[0]), data(dx)
    u.d.samples, u.d.inputs, u.d.units = dim(x, 0), dim(x, 1), dim(dy, 1)
    u.optimizer, u.slope = optimizer, slope
    cdef void *work_ = data(work)
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        run(u, work_, double_, threads)
    return 0


def dense_backward_sgd(x, dy, w, dx, hyper, work, *, masked, negative_slope):
    backward(SGD, x, dy, (w,), dx, hyper, work, negative_slope if masked else 1)


def dense_backward_momentum(x, dy, w, velocity, dx, hyper, work, *, masked, negative_slope, nesterov):
    backward(MOMENTUM, x, dy, (w, velocity), dx, hyper, work, negative_slope if masked else 1, nesterov)


def dense_backward_rmsprop(x, dy, w, square, mean, velocity, dx, hyper, work, *, masked, negative_slope):
    backward(RMSPROP, x, dy, (w, square, mean, velocity), dx, hyper, work, negative_slope if masked else 1)


def dense_backward_adam(x, dy, w, m, v, vmax, dx, hyper, work, *, masked, negative_slope):
    backward(ADAM, x, dy, (w, m, v, vmax), dx, hyper, work, negative_slope if masked else 1)


def dense_backward_sgd_work(shapes, itemsize, **_):
    n, u = shapes["dy"]
    return -(-work_bytes(n, u, itemsize) // itemsize)


def dense_backward_sgd_offered(shapes, **_):
    return shapes["x"][0] <= MOST_SAMPLES


dense_backward_momentum_work = dense_backward_rmsprop_work = dense_backward_adam_work = dense_backward_sgd_work
dense_backward_momentum_offered = dense_backward_rmsprop_offered = dense_backward_sgd_offered
dense_backward_adam_offered = dense_backward_sgd_offered
