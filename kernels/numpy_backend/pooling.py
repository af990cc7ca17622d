"""Pooling through views: every window as the last two axes of the padded image."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _windows(x, y_shape, pool_size, strides, padding, fill):
    """(N, OH, OW, C, KH, KW), read-only."""
    padded = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=fill)
    every = sliding_window_view(padded, pool_size, axis=(1, 2))
    return every[:, :: strides[0], :: strides[1]][:, : y_shape[1], : y_shape[2]]


def maxpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    cells = _windows(x, y.shape, pool_size, strides, padding, -np.inf).reshape(*y.shape, -1)
    first = cells.argmax(axis=-1)
    y[:] = np.take_along_axis(cells, first[..., None], axis=-1)[..., 0]
    if argmax is not None:
        argmax[:] = first


def minpool2d_forward(x, y, argmax, *, pool_size, strides, padding):
    maxpool2d_forward(-x, y, argmax, pool_size=pool_size, strides=strides, padding=padding)
    np.negative(y, out=y)


def _scatter(dx, shape, pool_size, strides, padding):
    """Zeros dx and yields (cell index, the pixels of padded dx in that cell of every window); crops at the end."""
    padded = np.pad(np.zeros_like(dx), ((0, 0), *padding, (0, 0)))
    (sh, sw), (_, oh, ow, _) = strides, shape
    for kh in range(pool_size[0]):
        for kw in range(pool_size[1]):
            cell = kh * pool_size[1] + kw
            yield cell, padded[:, kh : kh + (oh - 1) * sh + 1 : sh, kw : kw + (ow - 1) * sw + 1 : sw]
    (top, _), (left, _) = padding
    dx[:] = padded[:, top : top + dx.shape[1], left : left + dx.shape[2]]


def maxpool2d_backward(dy, argmax, dx, *, pool_size, strides, padding):
    for cell, pixels in _scatter(dx, dy.shape, pool_size, strides, padding):
        pixels += np.where(argmax == cell, dy, 0)


def _cells_inside(dx_shape, y_shape, pool_size, strides, padding):
    """(1, OH, OW, 1): how many cells of each window lie inside the image."""
    ones = np.ones((1, *dx_shape[1:3], 1))
    return _windows(ones, (1, *y_shape[1:3], 1), pool_size, strides, padding, 0).sum(axis=(-2, -1))


def avgpool2d_forward(x, y, *, pool_size, strides, padding):
    count = _cells_inside(x.shape, y.shape, pool_size, strides, padding)
    y[:] = _windows(x, y.shape, pool_size, strides, padding, 0).sum(axis=(-2, -1)) / count


def avgpool2d_backward(dy, dx, *, pool_size, strides, padding):
    share = dy / _cells_inside(dx.shape, dy.shape, pool_size, strides, padding)
    for _, pixels in _scatter(dx, dy.shape, pool_size, strides, padding):
        pixels += share
