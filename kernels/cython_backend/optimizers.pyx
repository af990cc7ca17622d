"""Optimizer updates, in place; parallel over fixed blocks of weights, which are independent."""

include "common.pxi"

cdef extern from "optimizers.h":
    void run_sgd_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_momentum_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_rmsprop_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_adam_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil


cdef int give_hyper(Call *call, hyper) except -1:
    cdef double *values = <double *>data(hyper)
    for i in range(size(hyper)):
        call.p[i] = values[i]
    return 0


def sgd_update(w, dw, hyper):
    cdef Call call
    give(&call, (dw,), (w,))
    give_hyper(&call, hyper)
    each_element(run_sgd_update, &call, w)


def momentum_update(w, dw, velocity, hyper, *, nesterov):
    cdef Call call
    give(&call, (dw,), (w, velocity))
    give_hyper(&call, hyper)
    call.p[5] = bool(nesterov)
    each_element(run_momentum_update, &call, w)


def rmsprop_update(w, dw, square, mean, velocity, hyper):
    cdef Call call
    give(&call, (dw,), (w, square, mean, velocity))
    give_hyper(&call, hyper)
    each_element(run_rmsprop_update, &call, w)


def adam_update(w, dw, m, v, vmax, hyper):
    cdef Call call
    give(&call, (dw,), (w, m, v, vmax))
    give_hyper(&call, hyper)
    each_element(run_adam_update, &call, w)
