"""Optimizer updates that adapt the rate of each weight to its gradients, in place; parallel over fixed blocks."""

include "common.pxi"

cdef extern from "adaptive.h":
    void run_adagrad_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_adadelta_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_adamax_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_nadam_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_ftrl_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_lion_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_lamb_direction(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_lamb_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil


cdef int update(Runner run, tuple inputs, tuple updated) except -1:
    """inputs: the gradient, hyper, more; updated: w and the optimizer's arrays."""
    cdef Call call
    give(&call, inputs, updated)
    each_element(run, &call, updated[0])
    return 0


def adagrad_update(w, dw, square, hyper):
    update(run_adagrad_update, (dw, hyper), (w, square))


def adadelta_update(w, dw, square, steps, hyper):
    update(run_adadelta_update, (dw, hyper), (w, square, steps))


def adamax_update(w, dw, m, largest, hyper):
    update(run_adamax_update, (dw, hyper), (w, m, largest))


def nadam_update(w, dw, m, v, hyper):
    update(run_nadam_update, (dw, hyper), (w, m, v))


def ftrl_update(w, dw, square, linear, hyper):
    update(run_ftrl_update, (dw, hyper), (w, square, linear))


def lion_update(w, dw, m, hyper):
    update(run_lion_update, (dw, hyper), (w, m))


def lamb_direction(w, dw, m, v, y, hyper):
    update(run_lamb_direction, (dw, hyper), (w, m, v, y))


def lamb_update(w, dw, w_square, dw_square, hyper):
    update(run_lamb_update, (dw, hyper, w_square, dw_square), (w,))
