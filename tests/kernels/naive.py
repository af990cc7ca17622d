"""Six oracles: plain Python loops in float64, written from the definitions and from nothing else. For tiny shapes."""

from itertools import product

import numpy as np


def _meetings(x_shape, w_shape, y_shape, strides, padding, dilation, groups):
    """Every (pixel of x, element of w, pixel of y) that meet in a convolution, as index tuples."""
    (n_all, h_all, w_all, _), (kh_all, kw_all, c_all, f_all), (_, oh_all, ow_all, _) = x_shape, w_shape, y_shape
    (top, _), (left, _) = padding
    for n, oh, ow, f in product(range(n_all), range(oh_all), range(ow_all), range(f_all)):
        first_channel = f // (f_all // groups) * c_all
        for kh, kw, c in product(range(kh_all), range(kw_all), range(c_all)):
            row = oh * strides[0] + kh * dilation[0] - top
            column = ow * strides[1] + kw * dilation[1] - left
            if 0 <= row < h_all and 0 <= column < w_all:
                yield (n, row, column, first_channel + c), (kh, kw, c, f), (n, oh, ow, f)


def conv2d_forward(x, w, y_shape, **window):
    """y (N, OH, OW, F) of x (N, H, W, C) and w (KH, KW, C / groups, F)."""
    y = np.zeros(y_shape)
    for at_x, at_w, at_y in _meetings(x.shape, w.shape, y_shape, **window):
        y[at_y] += float(x[at_x]) * float(w[at_w])
    return y


def conv2d_backward_input(dy, w, x_shape, **window):
    """dx (N, H, W, C)."""
    dx = np.zeros(x_shape)
    for at_x, at_w, at_y in _meetings(x_shape, w.shape, dy.shape, **window):
        dx[at_x] += float(dy[at_y]) * float(w[at_w])
    return dx


def conv2d_backward_weights(x, dy, w_shape, **window):
    """dw (KH, KW, C / groups, F)."""
    dw = np.zeros(w_shape)
    for at_x, at_w, at_y in _meetings(x.shape, w_shape, dy.shape, **window):
        dw[at_w] += float(dy[at_y]) * float(x[at_x])
    return dw


def _windows(x_shape, y_shape, pool_size, strides, padding):
    """Every output pixel, and the (cell, pixel of x) pairs of its window that lie inside the image."""
    (top, _), (left, _) = padding
    for n, oh, ow, c in product(*map(range, y_shape)):
        inside = []
        for kh, kw in product(range(pool_size[0]), range(pool_size[1])):
            row, column = oh * strides[0] + kh - top, ow * strides[1] + kw - left
            if 0 <= row < x_shape[1] and 0 <= column < x_shape[2]:
                inside.append((kh * pool_size[1] + kw, (n, row, column, c)))
        yield (n, oh, ow, c), inside


def maxpool2d_forward(x, y_shape, **window):
    """y and argmax (N, OH, OW, C): the first of the largest, in row-major order."""
    y, argmax = np.zeros(y_shape), np.zeros(y_shape, int)
    for at_y, inside in _windows(x.shape, y_shape, **window):
        best_cell, best = inside[0][0], float(x[inside[0][1]])
        for cell, at_x in inside[1:]:
            if float(x[at_x]) > best:
                best_cell, best = cell, float(x[at_x])
        y[at_y], argmax[at_y] = best, best_cell
    return y, argmax


def avgpool2d_forward(x, y_shape, **window):
    """y (N, OH, OW, C): the mean of the pixels inside the image."""
    y = np.zeros(y_shape)
    for at_y, inside in _windows(x.shape, y_shape, **window):
        y[at_y] = sum(float(x[at_x]) for _, at_x in inside) / len(inside)
    return y


def dense_forward(x, w):
    """y (N, U) of x (N, I) and w (I, U)."""
    y = np.zeros((x.shape[0], w.shape[1]))
    for n, i, u in product(range(x.shape[0]), range(x.shape[1]), range(w.shape[1])):
        y[n, u] += float(x[n, i]) * float(w[i, u])
    return y
