"""Pooling, channels innermost; parallel over rows of the result.

Gradients are gathered: each input pixel adds up the windows that it lies in, so that no two threads write to one.
"""

import numpy as np

from fastcnn.kernels.numba_backend.arrays import flat, writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run
from fastcnn.kernels.numba_backend.window_tiles import best_cells, named_windows, spread_window


@compiled
def _cells(position, taps, stride, pad, size):
    """First window cell inside the image, the one after the last, and the pixel under cell 0."""
    pixel = position * stride - pad
    return max(0, -pixel), min(taps, size - pixel), pixel


@compiled
def _extremes(counter, worker, x, y, argmax, indexed, sign, shapes, pool_size, strides, pads):
    (images, height, width, channels), (out_rows, out_cols) = shapes
    sign, steps = x.dtype.type(sign), (width * channels, channels)
    task = claim(counter)
    while task < images * out_rows:
        n, oh = task // out_rows, task % out_rows
        h0, h1, ih = _cells(oh, pool_size[0], strides[0], pads[0], height)
        for ow in range(out_cols):
            w0, w1, iw = _cells(ow, pool_size[1], strides[1], pads[1], width)
            x_at, y_at = ((n * height + ih) * width + iw) * channels, (task * out_cols + ow) * channels
            cells = (h0, h1, w0, w1, pool_size[1])
            best_cells(x, x_at, steps, cells, y, y_at, argmax, indexed, channels, sign)
        task = claim(counter)


def _forward(x, y, argmax, sign, pool_size, strides, padding):
    cells = np.empty(1, np.uint8) if argmax is None else flat(argmax)
    pads, shapes = (padding[0][0], padding[1][0]), (x.shape, y.shape[1:3])
    args = (flat(x), flat(y), cells, argmax is not None, sign, shapes, pool_size, strides, pads)
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
def _column_windows(pixels, taps, stride, pad, count):
    """The same for every pixel of a row: divisions are slow."""
    table = np.empty((pixels, 2), np.int64)
    for pixel in range(pixels):
        table[pixel, 0], table[pixel, 1] = _windows(pixel, taps, stride, pad, count)
    return table


@compiled
def _extremes_gradient(counter, worker, dy, argmax, dx, shapes, pool_size, strides, pads):
    (images, height, width, channels), (out_rows, out_cols) = shapes
    table = _column_windows(width, pool_size[1], strides[1], pads[1], out_cols)
    steps, cell_steps = (out_cols * channels, channels), (strides[0] * pool_size[1], strides[1])
    task = claim(counter)
    while task < images * height:
        n, ih = task // height, task % height
        h0, h1 = _windows(ih, pool_size[0], strides[0], pads[0], out_rows)
        for iw in range(width):
            cell, windows = (ih + pads[0]) * pool_size[1] + iw + pads[1], (h0, h1, table[iw, 0], table[iw, 1])
            dx_at, at = (task * width + iw) * channels, n * out_rows * out_cols * channels
            named_windows(dy, argmax, at, steps, windows, cell, cell_steps, dx, dx_at, channels)
        task = claim(counter)


@compiled
def _tiled_gradient(counter, worker, dy, argmax, dx, shapes, pool_size):
    """For windows side by side without padding: a block is one row of windows, and what lies beyond the last ones."""
    (images, height, width, channels), (out_rows, out_cols) = shapes
    pixel, row = channels, width * channels
    task = claim(counter)
    while task < images * out_rows:
        n, oh = task // out_rows, task % out_rows
        start = (n * height + oh * pool_size[0]) * row
        for ow in range(out_cols):
            at, dx_at = (task * out_cols + ow) * channels, start + ow * pool_size[1] * pixel
            spread_window(dy, argmax, at, dx, dx_at, (row, pixel), pool_size, channels)
        for kh in range(pool_size[0]):
            dx[start + kh * row + out_cols * pool_size[1] * pixel : start + (kh + 1) * row] = 0
        if oh == out_rows - 1:
            dx[start + pool_size[0] * row : (n + 1) * height * row] = 0
        task = claim(counter)


def maxpool2d_backward(dy, argmax, dx, *, pool_size, strides, padding):
    pads, shapes = (padding[0][0], padding[1][0]), (dx.shape, dy.shape[1:3])
    if strides == pool_size and padding == ((0, 0), (0, 0)):
        args = (flat(dy), flat(argmax), flat(dx), shapes, pool_size)
        run(_tiled_gradient, dy.shape[0] * dy.shape[1], 4 * dx.size, *args)
        return
    args = (flat(dy), flat(argmax), flat(dx), shapes, pool_size, strides, pads)
    run(_extremes_gradient, dx.shape[0] * dx.shape[1], 4 * dx.size, *args)


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
    table = _column_windows(dx.shape[2], pool_size[1], strides[1], pads[1], dy.shape[2])
    task = claim(counter)
    while task < dx.shape[0] * rows:
        n, ih = task // rows, task % rows
        h0, h1 = _windows(ih, pool_size[0], strides[0], pads[0], dy.shape[1])
        for iw in range(dx.shape[2]):
            w0, w1 = table[iw, 0], table[iw, 1]
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
