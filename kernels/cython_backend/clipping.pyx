"""Clipping of gradients, element by element."""

include "common.pxi"

cdef extern from "clipping.h":
    void run_clip_by_value(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_clip_by_norm(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def clip_by_value(x, y, *, limit):
    cdef Call call
    give(&call, (x,), (y,))
    call.p[0] = limit
    each_element(run_clip_by_value, &call, x)


def clip_by_norm(x, square, y, *, limit):
    cdef Call call
    give(&call, (x, square), (y,))
    call.p[0] = limit
    each_element(run_clip_by_norm, &call, x)
