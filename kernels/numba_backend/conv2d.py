"""Convolution straight from NHWC images by register tiles; parallel over blocks of output rows or of images.

The input's gradient is the same correlation with flipped, transposed weights, one phase for each residue modulo the
strides. The weights' gradient runs the tile over pixels; parts of the pixels have sums of their own, added in order.
"""

import numpy as np

from fastcnn.kernels.numba_backend import plans
from fastcnn.kernels.numba_backend.arrays import flat
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.correlation import correlate
from fastcnn.kernels.numba_backend.pool import run, slots
from fastcnn.kernels.numba_backend.weight_gradient import gradient_work, weight_gradient

FLIP_COST = 8  # multiply-adds that moving one weight takes


def conv2d_forward_work(shapes, itemsize, *, strides, padding, dilation, groups):
    plan = plans.forward(shapes["x"], shapes["w"], shapes["y"], strides, padding, dilation, groups)
    return slots() * plan.scratch


def conv2d_forward(x, w, y, work, *, strides, padding, dilation, groups):
    plan = plans.forward(x.shape, w.shape, y.shape, strides, padding, dilation, groups)
    correlate(flat(x), flat(w), 0, flat(y), None, 1.0, work, 0, plan)


def conv2d_bias_activation_forward_work(
    shapes, itemsize, *, strides, padding, dilation, groups, activation, negative_slope
):
    window = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
    return conv2d_forward_work(shapes, itemsize, **window)


def conv2d_bias_activation_forward(x, w, b, y, work, *, strides, padding, dilation, groups, activation, negative_slope):
    plan = plans.forward(x.shape, w.shape, y.shape, strides, padding, dilation, groups)
    slope = negative_slope if activation == "relu" else 1.0
    correlate(flat(x), flat(w), 0, flat(y), None if b is None else flat(b), slope, work, 0, plan)


def conv2d_backward_input_work(shapes, itemsize, *, strides, padding, dilation, groups):
    phases, _ = plans.backward_input(shapes["dy"], shapes["w"], shapes["dx"], strides, padding, dilation, groups)
    weights = int(np.prod(shapes["w"]))
    return weights + slots() * max((phase.plan.scratch for phase in phases), default=0)


@compiled
def _flip(counter, worker, w, work, cells, p, first, step, packed):
    """Packs (group, tap, f, c) from w (KH, KW, c, group * f), last tap first; a block is one tap of one group."""
    block = claim(counter)
    while block < p.groups * p.taps_h * p.taps_w:
        group, tap = block // (p.taps_h * p.taps_w), block % (p.taps_h * p.taps_w)
        kh = first[0] + (p.taps_h - 1 - tap // p.taps_w) * step[0]
        kw = first[1] + (p.taps_w - 1 - tap % p.taps_w) * step[1]
        source = w[(kh * cells + kw) * p.width * p.groups * p.depth + group * p.depth :]
        target = work[packed + block * p.depth * p.width :]
        for c0 in range(0, p.width, 16):  # 16 columns at a time, so that a line of the target is written at once
            for f in range(p.depth):
                for c in range(c0, min(c0 + 16, p.width)):
                    target[f * p.width + c] = source[c * p.groups * p.depth + f]
        block = claim(counter)


def conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation, groups):
    phases, gaps = plans.backward_input(dy.shape, w.shape, dx.shape, strides, padding, dilation, groups)
    if gaps:
        dx.fill(0)
    weights, gradient, target = flat(w), flat(dy), flat(dx)
    for plan, first, step, packed in phases:
        taps = groups * plan.taps_h * plan.taps_w
        cost = FLIP_COST * taps * plan.depth * plan.width
        run(_flip, taps, cost, weights, work, w.shape[1], plan, first, step, packed)
        correlate(gradient, work, packed, target, None, 1.0, work, weights.size, plan)


def conv2d_backward_weights_work(shapes, itemsize, *, strides, padding, dilation, groups):
    plan = plans.forward(shapes["x"], shapes["dw"], shapes["dy"], strides, padding, dilation, groups, gradient=True)
    return gradient_work(plan)


def conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation, groups):
    plan = plans.forward(x.shape, dw.shape, dy.shape, strides, padding, dilation, groups, gradient=True)
    weight_gradient(flat(x), flat(dy), flat(dw), work, plan)
