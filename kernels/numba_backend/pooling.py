"""Pooling, channels innermost; parallel over rows of the result.

Gradients are gathered: each input pixel adds up the windows that it lies in, so that no two threads write to one.
"""

import numpy as np

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run


@compiled
def _cells(position, taps, stride, pad, size):
    """First window cell inside the image, the one after the last, and the pixel under cell 0."""
    pixel = position * stride - pad
    return max(0, -pixel), min(taps, size - pixel), pixel


@compiled
def _first(x, y, cell, index, indexed):
    """y = x, the first cell of a window."""
    for c in range(y.size):
        y[c] = x[c]
    if indexed:
        for c in range(y.size):
            index[c] = cell


@compiled
def _better(x, y, cell, index, indexed, sign):
    """y = x where x is larger (sign 1) or smaller (sign -1) or the first NaN."""
    if indexed:
        for c in range(y.size):
            take = (sign * x[c] > sign * y[c]) | ((x[c] != x[c]) & (y[c] == y[c]))
            y[c] = x[c] if take else y[c]
            index[c] = cell if take else index[c]
    else:
        for c in range(y.size):
            take = (sign * x[c] > sign * y[c]) | ((x[c] != x[c]) & (y[c] == y[c]))
            y[c] = x[c] if take else y[c]


@compiled
def _extremes(counter, worker, x, y, argmax, indexed, sign, pool_size, strides, pads):
    sign = x.dtype.type(sign)
    rows = y.shape[1]
    task = claim(counter)
    while task < y.shape[0] * rows:
        n, oh = task // rows, task % rows
        h0, h1, ih = _cells(oh, pool_size[0], strides[0], pads[0], x.shape[1])
        for ow in range(y.shape[2]):
            w0, w1, iw = _cells(ow, pool_size[1], strides[1], pads[1], x.shape[2])
            out, index = y[n, oh, ow], argmax[n, oh, ow] if indexed else argmax[0, 0, 0]
            for kh in range(h0, h1):
                for kw in range(w0, w1):
                    cell = index.dtype.type(kh * pool_size[1] + kw)
                    if kh == h0 and kw == w0:
                        _first(x[n, ih + kh, iw + kw], out, cell, index, indexed)
                    else:
                        _better(x[n, ih + kh, iw + kw], out, cell, index, indexed, sign)
        task = claim(counter)


def _forward(x, y, argmax, sign, pool_size, strides, padding):
    cells = np.empty((1, 1, 1, 1), np.uint8) if argmax is None else argmax
    pads = (padding[0][0], padding[1][0])
    args = (writable(x), y, cells, argmax is not None, sign, pool_size, strides, pads)
    run(_extremes, y.shape[0] * y.shape[1], 4 * x.size, *args)


def maxpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    _forward(x, y, argmax, 1.0, pool_size, strides, padding)


def minpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    _forward(x, y, argmax, -1.0, pool_size, strides, padding)


@compiled
def _windows(pixel, taps, stride, pad, count):
    """First window that a pixel lies in, and the one after the last."""
    return max(0, -((taps - 1 - pixel - pad) // stride)), min(count, (pixel + pad) // stride + 1)


@compiled
def _extremes_gradient(counter, worker, dy, argmax, dx, pool_size, strides, pads):
    zero, rows = dx.dtype.type(0), dx.shape[1]
    task = claim(counter)
    while task < dx.shape[0] * rows:
        n, ih = task // rows, task % rows
        h0, h1 = _windows(ih, pool_size[0], strides[0], pads[0], dy.shape[1])
        for iw in range(dx.shape[2]):
            w0, w1 = _windows(iw, pool_size[1], strides[1], pads[1], dy.shape[2])
            out = dx[n, ih, iw]
            for c in range(out.size):
                out[c] = zero
            for oh in range(h0, h1):
                for ow in range(w0, w1):
                    cell = (ih + pads[0] - oh * strides[0]) * pool_size[1] + iw + pads[1] - ow * strides[1]
                    index, gradient = argmax[n, oh, ow], dy[n, oh, ow]
                    named = index.dtype.type(cell)
                    for c in range(out.size):
                        out[c] += gradient[c] if index[c] == named else zero
        task = claim(counter)


def maxpool2d_backward(dy, argmax, dx, *, pool_size, strides, padding):
    pads = (padding[0][0], padding[1][0])
    arrays = (writable(dy), writable(argmax), dx)
    run(_extremes_gradient, dx.shape[0] * dx.shape[1], 4 * dx.size, *arrays, pool_size, strides, pads)


@compiled
def _means(counter, worker, x, y, pool_size, strides, pads):
    zero, rows = x.dtype.type(0), y.shape[1]
    task = claim(counter)
    while task < y.shape[0] * rows:
        n, oh = task // rows, task % rows
        h0, h1, ih = _cells(oh, pool_size[0], strides[0], pads[0], x.shape[1])
        for ow in range(y.shape[2]):
            w0, w1, iw = _cells(ow, pool_size[1], strides[1], pads[1], x.shape[2])
            out, share = y[n, oh, ow], x.dtype.type(1 / ((h1 - h0) * (w1 - w0)))
            for c in range(out.size):
                out[c] = zero
            for kh in range(h0, h1):
                for kw in range(w0, w1):
                    pixel = x[n, ih + kh, iw + kw]
                    for c in range(out.size):
                        out[c] += pixel[c]
            for c in range(out.size):
                out[c] *= share
        task = claim(counter)


def avgpool2d_forward(x, y, *, pool_size, strides, padding):
    pads = (padding[0][0], padding[1][0])
    run(_means, y.shape[0] * y.shape[1], 4 * x.size, writable(x), y, pool_size, strides, pads)


@compiled
def _means_gradient(counter, worker, dy, dx, pool_size, strides, pads):
    zero, rows = dx.dtype.type(0), dx.shape[1]
    task = claim(counter)
    while task < dx.shape[0] * rows:
        n, ih = task // rows, task % rows
        h0, h1 = _windows(ih, pool_size[0], strides[0], pads[0], dy.shape[1])
        for iw in range(dx.shape[2]):
            w0, w1 = _windows(iw, pool_size[1], strides[1], pads[1], dy.shape[2])
            out = dx[n, ih, iw]
            for c in range(out.size):
                out[c] = zero
            for oh in range(h0, h1):
                top, bottom, _ = _cells(oh, pool_size[0], strides[0], pads[0], dx.shape[1])
                for ow in range(w0, w1):
                    left, right, _ = _cells(ow, pool_size[1], strides[1], pads[1], dx.shape[2])
                    share, gradient = dx.dtype.type(1 / ((bottom - top) * (right - left))), dy[n, oh, ow]
                    for c in range(out.size):
                        out[c] += gradient[c] * share
        task = claim(counter)


def avgpool2d_backward(dy, dx, *, pool_size, strides, padding):
    pads = (padding[0][0], padding[1][0])
    run(_means_gradient, dx.shape[0] * dx.shape[1], 4 * dx.size, writable(dy), dx, pool_size, strides, pads)
