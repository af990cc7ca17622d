"""Counter-based dropout: the mask is a hash of (key, index), so it is never stored."""

include "common.pxi"

cdef extern from "dropout.h":
    void run_dropout_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_relu_dropout_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def dropout_forward(x, y, key, *, rate):
    cdef Call call
    give(&call, (x, key,), (y,))
    call.p[0] = rate
    each_element(run_dropout_forward, &call, x)


def relu_dropout_backward(y, dy, dx, *, rate):
    cdef Call call
    give(&call, (y, dy), (dx,))
    call.p[0] = rate
    each_element(run_relu_dropout_backward, &call, dy)
