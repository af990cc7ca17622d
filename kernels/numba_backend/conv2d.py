"""Convolution straight from NHWC images by register tiles; parallel over blocks of output rows or of images.

The input's gradient is the same correlation with flipped, transposed weights, one phase for each residue modulo the
strides. The weights' gradient runs the tile over pixels; parts of the pixels have sums of their own, added in order.
"""

from fastcnn.kernels.numba_backend import packing, plans, tiles
from fastcnn.kernels.numba_backend.arrays import flat
from fastcnn.kernels.numba_backend.correlation import correlate
from fastcnn.kernels.numba_backend.pool import slots
from fastcnn.kernels.numba_backend.weight_gradient import gradient_work, weight_gradient


def conv2d_forward_work(shapes, itemsize, *, strides, padding, dilation, groups):
    columns = tiles.width(itemsize)
    plan = plans.forward(shapes["x"], shapes["w"], shapes["y"], columns, strides, padding, dilation, groups)
    return plan.packed + slots() * plan.scratch


def _forward(x, w, b, y, work, slope, *window):
    plan = plans.forward(x.shape, w.shape, y.shape, tiles.width(x.itemsize), *window)
    weights = flat(w)
    if plan.packed:
        packing.pack(weights, work, plan)
        weights = work
    correlate(flat(x), weights, 0, flat(y), None if b is None else flat(b), slope, work, plan.packed, plan)


def conv2d_forward(x, w, y, work, *, strides, padding, dilation, groups):
    _forward(x, w, None, y, work, 1.0, strides, padding, dilation, groups)


def conv2d_fused_forward_offered(shapes, *, pool_size, **_):
    return pool_size == (1, 1)


def conv2d_fused_forward_work(shapes, itemsize, *, strides, padding, dilation, groups, **_):
    window = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    return conv2d_forward_work(shapes, itemsize, **window)


def conv2d_fused_forward(
    x, w, b, packed, y, argmax, work, *, strides, padding, dilation, groups, activation, negative_slope, pool_size
):
    slope = negative_slope if activation == "relu" else 1.0
    _forward(x, w, b, y, work, slope, strides, padding, dilation, groups)


def _input_phases(dy: tuple, w: tuple, dx: tuple, itemsize: int, *window):
    return plans.backward_input(dy, w, dx, tiles.width(itemsize), *window)


def conv2d_backward_input_work(shapes, itemsize, *, strides, padding, dilation, groups):
    given = (shapes["dy"], shapes["w"], shapes["dx"], itemsize)
    phases, packed, _ = _input_phases(*given, strides, padding, dilation, groups)
    return packed + slots() * max((phase.plan.scratch for phase in phases), default=0)


def conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation, groups):
    given = (dy.shape, w.shape, dx.shape, dy.itemsize)
    phases, packed, gaps = _input_phases(*given, strides, padding, dilation, groups)
    if gaps:
        dx.fill(0)
    weights, gradient, target = flat(w), flat(dy), flat(dx)
    for phase in phases:
        packing.flip(weights, work, w.shape[1], phase)
        correlate(gradient, work, phase.packed, target, None, 1.0, work, packed, phase.plan)


def conv2d_backward_weights_work(shapes, itemsize, *, strides, padding, dilation, groups):
    window, columns = (strides, padding, dilation, groups), tiles.width(itemsize)
    return gradient_work(plans.forward(shapes["x"], shapes["dw"], shapes["dy"], columns, *window, gradient=True))


def conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation, groups):
    window, columns = (strides, padding, dilation, groups), tiles.width(x.itemsize)
    plan = plans.forward(x.shape, dw.shape, dy.shape, columns, *window, gradient=True)
    weight_gradient(flat(x), flat(dy), flat(dw), work, plan)
