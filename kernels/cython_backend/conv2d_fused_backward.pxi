# Gradients of a convolution that max pooling follows: from the pooled gradient and the winners' places.

cdef extern from "conv2d.h":
    enum:
        MOST_CELLS
    ctypedef struct Winners:
        Conv conv
        ptrdiff_t pool[2]
        ptrdiff_t pooled[2]
        double slope
    int plan_winners(Winners *, int is_double)
    ptrdiff_t winners_work(Winners *, int is_double)
    void pooled_backward_weights(
        Winners *, const void *x, const void *dy, const void *argmax, void *dw, void *db, void *work, int is_double,
        int threads
    ) noexcept nogil
    int plan_scatter(Winners *, int is_double)
    ptrdiff_t scatter_work(Winners *, int is_double)
    void pooled_backward_input(
        Winners *, const void *dy, const void *argmax, const void *w, const void *x, void *dx, void *work,
        int is_double, int threads
    ) noexcept nogil
    void mask_input(Winners *, const void *x, void *dx, int is_double, int threads) noexcept nogil


cdef Winners describe_pooled(tuple x, tuple w, tuple dy, strides, padding, dilation, groups, pool_size) except *:
    """The convolution whose output, pooled in windows side by side, has dy's shape."""
    cdef Winners g
    memset(&g, 0, sizeof(g))
    g.conv = describe(x, w, dy, strides, padding, dilation, groups)
    for axis in range(2):
        g.pool[axis], g.pooled[axis] = pool_size[axis], dy[1 + axis]
    return g


def conv2d_fused_backward_weights_offered(shapes, *, strides, padding, dilation, groups, pool_size):
    if pool_size == (1, 1):
        return "db" not in shapes
    if "argmax" not in shapes or pool_size[0] * pool_size[1] > MOST_CELLS:
        return False
    cdef Winners g = describe_pooled(
        shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation, groups, pool_size
    )
    return bool(plan_winners(&g, True))


def conv2d_fused_backward_weights_work(shapes, itemsize, *, pool_size, **window):
    if pool_size == (1, 1):
        return conv2d_backward_weights_work(shapes, itemsize, **window)
    cdef Winners g = describe_pooled(
        shapes["x"], shapes["dw"], shapes["dy"], window["strides"], window["padding"], window["dilation"],
        window["groups"], pool_size,
    )
    return -(-winners_work(&g, itemsize == 8) // itemsize)


def conv2d_fused_backward_weights(x, dy, argmax, dw, db, work, *, strides, padding, dilation, groups, pool_size):
    if pool_size == (1, 1):
        conv2d_backward_weights(
            x, dy, dw, work, strides=strides, padding=padding, dilation=dilation, groups=groups
        )
        return
    cdef Winners g = describe_pooled(shape(x), shape(dw), shape(dy), strides, padding, dilation, groups, pool_size)
    cdef Call a
    give(&a, (x, dy, argmax), (dw, db, work))
    cdef int double_ = is_double(x), threads = get_num_threads()
    with nogil:
        pooled_backward_weights(
            &g, a.in_[0], a.in_[1], a.in_[2], a.out[0], a.out[1], a.out[2], double_, threads
        )


def conv2d_fused_backward_input_offered(
    shapes, *, strides, padding, dilation, groups, pool_size, negative_slope
):
    if pool_size == (1, 1):
        return True
    if "argmax" not in shapes or pool_size[0] * pool_size[1] > MOST_CELLS:
        return False
    cdef Winners g = describe_pooled(
        shapes["dx"], shapes["w"], shapes["dy"], strides, padding, dilation, groups, pool_size
    )
    return bool(plan_scatter(&g, True))


def conv2d_fused_backward_input_work(shapes, itemsize, *, pool_size, negative_slope, **window):
    if pool_size == (1, 1):
        return conv2d_backward_input_work(shapes, itemsize, **window)
    cdef Winners g = describe_pooled(
        shapes["dx"], shapes["w"], shapes["dy"], window["strides"], window["padding"], window["dilation"],
        window["groups"], pool_size,
    )
    return -(-scatter_work(&g, itemsize == 8) // itemsize)


def conv2d_fused_backward_input(
    dy, argmax, w, x, dx, work, *, strides, padding, dilation, groups, pool_size, negative_slope
):
    cdef Winners g = describe_pooled(shape(dx), shape(w), shape(dy), strides, padding, dilation, groups, pool_size)
    cdef Call a
    give(&a, (dy, argmax, w, x), (dx, work))
    cdef int double_ = is_double(dy), threads = get_num_threads()
    cdef bint pooled = pool_size != (1, 1)
    g.slope = negative_slope
    with nogil:
        if pooled:
            pooled_backward_input(
                &g, a.in_[0], a.in_[1], a.in_[2], a.in_[3], a.out[0], a.out[1], double_, threads
            )
        else:
            _backward_input(&g.conv, a.in_[0], a.in_[2], a.out[0], a.out[1], double_, threads)
            if a.in_[3] != NULL:
                mask_input(&g, a.in_[3], a.out[0], double_, threads)
