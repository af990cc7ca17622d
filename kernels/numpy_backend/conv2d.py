"""Convolution as one matrix product per window cell."""

import numpy as np


def _padded(x, padding):
    return np.pad(x, ((0, 0), *padding, (0, 0)))


def _cells(x, y_shape, w_shape, strides, dilation):
    """Yields (kh, kw, the pixels of padded x that meet that window cell: (N, OH, OW, C))."""
    (_, oh, ow, _), (sh, sw), (dh, dw) = y_shape, strides, dilation
    for kh in range(w_shape[0]):
        for kw in range(w_shape[1]):
            rows, cols = kh * dh, kw * dw
            yield kh, kw, x[:, rows : rows + (oh - 1) * sh + 1 : sh, cols : cols + (ow - 1) * sw + 1 : sw]


def _groups(groups, *arrays):
    """The same slice of channels of every array, group by group."""
    return zip(*(np.split(a, groups, axis=-1) for a in arrays), strict=True)


def conv2d_forward(x, w, y, work, *, strides, padding, dilation, groups):
    y[:] = 0
    for x_g, w_g, y_g in _groups(groups, _padded(x, padding), w, y):
        for kh, kw, pixels in _cells(x_g, y.shape, w.shape, strides, dilation):
            y_g += pixels @ w_g[kh, kw]


def conv2d_backward_input(dy, w, dx, work, *, strides, padding, dilation, groups):
    padded = np.zeros_like(_padded(dx, padding))
    for dx_g, w_g, dy_g in _groups(groups, padded, w, dy):
        for kh, kw, pixels in _cells(dx_g, dy.shape, w.shape, strides, dilation):
            pixels += dy_g @ w_g[kh, kw].T
    (top, _), (left, _) = padding
    dx[:] = padded[:, top : top + dx.shape[1], left : left + dx.shape[2]]


def conv2d_backward_weights(x, dy, dw, work, *, strides, padding, dilation, groups):
    for x_g, dw_g, dy_g in _groups(groups, _padded(x, padding), dw, dy):
        for kh, kw, pixels in _cells(x_g, dy.shape, dw.shape, strides, dilation):
            dw_g[kh, kw] = np.tensordot(pixels, dy_g, axes=((0, 1, 2), (0, 1, 2)))
