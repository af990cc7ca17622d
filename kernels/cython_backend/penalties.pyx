"""Penalties on the size of weights and activities, and their gradients; sums in fixed blocks, added in order."""

include "common.pxi"

cdef extern from "penalties.h":
    void run_penalty_sums(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_penalty_total(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_penalty_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def penalty_forward_work(shapes, itemsize, **_):
    rows, columns = shapes["x"]
    return -(-rows * columns // BLOCK_ELEMENTS)


def penalty_forward(x, y, work, *, l1, l2):
    cdef Call call
    give(&call, (x,), (work,))
    call.p[0], call.p[1] = l1, l2
    each_element(run_penalty_sums, &call, x)
    give(&call, (work,), (y,))
    call.n, call.p[0] = (call.n + BLOCK_ELEMENTS - 1) // BLOCK_ELEMENTS, 1.0 / dim(x, 0)
    run_penalty_total(&call, is_double(x), 1, 1, NULL)


def penalty_backward(x, before, dx, *, l1, l2):
    cdef Call call
    give(&call, (x, before), (dx,))
    call.p[0], call.p[1] = l1 / dim(x, 0), 2 * l2 / dim(x, 0)
    each_element(run_penalty_backward, &call, x)
