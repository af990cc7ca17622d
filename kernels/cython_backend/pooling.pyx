"""Pooling with vectors over channels; the gradients' blocks are whole images, since windows may overlap."""

include "common.pxi"

cdef extern from "pooling.h":
    ctypedef struct Pool:
        const void *x
        const void *dy
        void *y
        void *dx
        void *argmax
        ptrdiff_t images, c
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t pool[2]
        ptrdiff_t stride[2]
        ptrdiff_t pad[2]
        int wide
    void run_maxpool_row(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_minpool_row(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_avgpool_row(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_maxpool_gradient(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_avgpool_gradient(const void *, int, ptrdiff_t, int, void *) noexcept nogil


cdef int run_pool(Runner run, x, y, argmax, bint by_rows, pool_size, strides, padding) except -1:
    """x (N, H, W, C) and y (N, OH, OW, C), or dx and dy; a block is one row of y, or one image."""
    cdef Pool p
    p.x = p.dx = data(x)
    p.y = data(y)
    p.dy = p.y
    p.argmax = data(argmax)
    p.wide = argmax is not None and cnp.PyArray_ITEMSIZE(<cnp.ndarray>argmax) == 4
    p.images, p.c = dim(x, 0), dim(x, 3)
    for axis in range(2):
        p.size[axis], p.out[axis] = dim(x, 1 + axis), dim(y, 1 + axis)
        p.pool[axis], p.stride[axis], p.pad[axis] = pool_size[axis], strides[axis], padding[axis][0]
    cdef ptrdiff_t blocks = p.images * p.out[0] if by_rows else p.images
    cdef int double_ = is_double(x), threads = get_num_threads() if size(x) >= SERIAL_ELEMENTS else 1
    with nogil:
        run(&p, double_, blocks, threads, NULL)
    return 0


def maxpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    run_pool(run_maxpool_row, x, y, argmax, True, pool_size, strides, padding)


def minpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    run_pool(run_minpool_row, x, y, argmax, True, pool_size, strides, padding)


def maxpool2d_backward(dy, argmax, dx, *, pool_size, strides, padding):
    run_pool(run_maxpool_gradient, dx, dy, argmax, False, pool_size, strides, padding)


def avgpool2d_forward(x, y, *, pool_size, strides, padding):
    run_pool(run_avgpool_row, x, y, None, True, pool_size, strides, padding)


def avgpool2d_backward(dy, dx, *, pool_size, strides, padding):
    run_pool(run_avgpool_gradient, dx, dy, None, False, pool_size, strides, padding)
