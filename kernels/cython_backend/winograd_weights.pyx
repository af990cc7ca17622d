"""Winograd's gradient of the weights of 3x3 convolutions: products of transformed tiles, in register tiles."""

include "common.pxi"

cdef extern from "winograd_weights.h":
    ctypedef struct Weights:
        const void *x
        const void *dy
        const void *argmax
        void *dw
        ptrdiff_t images, c, f, tile
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t pad[2]
    ptrdiff_t weights_work(Weights, int pooled, ptrdiff_t itemsize)
    void weights_gradient(Weights, void *work, int is_double, int threads) noexcept nogil


cdef Weights describe(tuple x, tuple dy, padding, tile) except *:
    """The gradient's sizes, from x (N, H, W, C) and dy (N, OH, OW, F), pooled or not."""
    cdef Weights g
    memset(&g, 0, sizeof(g))
    g.images, g.c, g.f, g.tile = x[0], x[3], dy[3], tile
    for axis in range(2):
        g.size[axis], g.out[axis], g.pad[axis] = x[1 + axis], dy[1 + axis], padding[axis][0]
    return g


def winograd_backward_weights_offered(shapes, *, pool_size, **_):
    """Fewer channels or filters leave less to multiply than there is to transform."""
    return pool_size in ((1, 1), (2, 2)) and shapes["x"][3] >= 8 and shapes["dy"][3] >= 8


def winograd_backward_weights_work(shapes, itemsize, *, padding, tile, pool_size):
    cdef Weights g = describe(shapes["x"], shapes["dy"], padding, tile)
    return -(-weights_work(g, pool_size != (1, 1), itemsize) // itemsize)


def winograd_backward_weights(x, dy, argmax, dw, work, *, padding, tile, pool_size):
    cdef Weights g = describe(shape(x), shape(dy), padding, tile)
    g.x, g.dy, g.argmax, g.dw = data(x), data(dy), data(argmax), data(dw)
    cdef void *work_ = data(work)
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        weights_gradient(g, work_, double_, threads)
