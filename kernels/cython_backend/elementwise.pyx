"""Sums and scalings, element by element."""

include "common.pxi"

cdef extern from "elementwise.h":
    void run_add_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_scale_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def add_forward(a, b, y):
    cdef Call call
    give(&call, (a, b), (y,))
    each_element(run_add_forward, &call, y)


def scale_forward(x, y, *, scale, offset):
    cdef Call call
    give(&call, (x,), (y,))
    call.p[0], call.p[1] = scale, offset
    each_element(run_scale_forward, &call, x)
