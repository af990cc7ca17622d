"""Winograd's convolution: 3x3 windows with 2.25 (tile 2) or 4 (tile 4) times fewer multiplications than direct sums."""

include "common.pxi"

cdef extern from "winograd.h":
    ctypedef struct WinogradShape:
        ptrdiff_t images, c, f
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t pad[2]
        int tile, pool
    ptrdiff_t winograd_packed_size(ptrdiff_t depth, ptrdiff_t columns, int tile)
    ptrdiff_t winograd_work(ptrdiff_t depth, ptrdiff_t columns, int tile, ptrdiff_t itemsize)
    void _pack "winograd_pack"(
        const void *w, ptrdiff_t depth, ptrdiff_t columns, int tile, int transposed, void *packed, void *scratch,
        int is_double, int threads) noexcept nogil
    void _forward "winograd_forward"(
        const WinogradShape *, const void *x, const void *w, const void *bias, const void *packed, void *y,
        unsigned char *argmax, double slope, void *work, int is_double, int threads) noexcept nogil
    void _backward_input "winograd_backward_input"(
        const WinogradShape *, const void *dy, const unsigned char *argmax, const void *w, const void *x, void *dx,
        double slope, void *work, int is_double, int threads) noexcept nogil

cdef enum:
    FEWEST_CHANNELS = 8  # a vector of the widest kind; fewer would not pay either
    MOST_CHANNELS = 1024  # more would leave no room for a tile of all of them in scratch memory


cdef WinogradShape describe(x, w, padding, tile, pool_size) except *:
    """The convolution of x (N, H, W, C) by w (3, 3, C, F)."""
    cdef WinogradShape s
    s.images, s.c, s.f, s.tile, s.pool = dim(x, 0), dim(x, 3), dim(w, 3), tile, pool_size[0]
    for axis in range(2):
        s.size[axis], s.pad[axis] = dim(x, 1 + axis), padding[axis][0]
        s.out[axis] = s.size[axis] + sum(padding[axis]) - 2
    return s


cdef bint fits(shape, pool_size) except -1:
    return pool_size in ((1, 1), (2, 2)) and all(FEWEST_CHANNELS <= c <= MOST_CHANNELS for c in shape[2:])


def winograd_forward_offered(shapes, *, pool_size, **_):
    return fits(shapes["w"], pool_size)


winograd_backward_input_offered = winograd_forward_offered


def winograd_forward_work(shapes, itemsize, *, tile, **_):
    c, f = shapes["w"][2:]
    return -(-winograd_work(0 if "packed" in shapes else c, f, tile, itemsize) // itemsize)


def winograd_backward_input_work(shapes, itemsize, *, tile, **_):
    c, f = shapes["w"][2:]
    return -(-winograd_work(f, c, tile, itemsize) // itemsize)


def winograd_pack_weights_size(shape, *, tile):
    return winograd_packed_size(shape[2], shape[3], tile)


def winograd_pack_weights(w, packed, *, tile):
    cdef Call a
    give(&a, (w,), (packed,))
    cdef ptrdiff_t c = dim(w, 2), f = dim(w, 3)
    cdef int double_ = is_double(w), threads = get_num_threads(), side = tile
    with nogil:
        _pack(a.in_[0], c, f, side, False, a.out[0], NULL, double_, threads)


def winograd_forward(
    x, w, b, packed, y, argmax, work, *, padding, tile, activation, negative_slope, pool_size
):
    cdef WinogradShape s = describe(x, w, padding, tile, pool_size)
    cdef Call a
    give(&a, (x, w, b, packed), (y, argmax, work))
    cdef int double_ = is_double(x), threads = get_num_threads()
    cdef double slope = negative_slope if activation == "relu" else 1
    with nogil:
        _forward(&s, a.in_[0], a.in_[1], a.in_[2], a.in_[3], a.out[0], <unsigned char *>a.out[1], slope, a.out[2],
                 double_, threads)


def winograd_backward_input(dy, argmax, w, x, dx, work, *, padding, tile, pool_size, negative_slope):
    cdef WinogradShape s = describe(dx, w, padding, tile, pool_size)
    cdef Call a
    give(&a, (dy, argmax, w, x), (dx, work))
    cdef int double_ = is_double(dy), threads = get_num_threads()
    cdef double slope = negative_slope
    with nogil:
        _backward_input(&s, a.in_[0], <const unsigned char *>a.in_[1], a.in_[2], a.in_[3], a.out[0], slope, a.out[1],
                        double_, threads)
