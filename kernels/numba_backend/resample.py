"""Weighted sums of rows into one row, then of that row's columns; one photo alone, images in parallel over rows."""

import numpy as np

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run


@compiled
def _rows(x, weights, start, row):
    """row (W * C,) = the sum of weights * rows of x (H, W * C) from `start` on, two at a time."""
    length = np.uint64(row.size)  # unsigned, or negative indices are looked for
    for tap in range(0, weights.size, 2):
        first, above = weights[tap], x[start + tap]
        if tap + 1 == weights.size:
            for i in range(length):
                row[i] = (row[i] if tap else 0) + first * above[i]
            continue
        second, below = weights[tap + 1], x[start + tap + 1]
        for i in range(length):
            row[i] = (row[i] if tap else 0) + (first * above[i] + second * below[i])


@compiled
def _columns(row, weights, starts, y):
    """y (OW, OC) = the sums of weights * columns of row (W, C)."""
    taps = weights.shape[1]
    for column in range(y.shape[0]):
        start = starts[column]
        if taps == 2:
            first, second = weights[column, 0], weights[column, 1]
            for channel in range(y.shape[1]):
                y[column, channel] = first * row[start, channel] + second * row[start + 1, channel]
            continue
        for channel in range(y.shape[1]):
            y[column, channel] = weights[column, 0] * row[start, channel]
        for tap in range(1, taps):
            weight = weights[column, tap]
            for channel in range(y.shape[1]):
                y[column, channel] += weight * row[start + tap, channel]


@compiled
def _resample(counter, worker, x, y, rows, row_starts, columns, column_starts):
    n, height, width, channels = x.shape
    row = np.empty(width * channels, y.dtype)
    place = claim(counter)
    while place < n * y.shape[1]:
        image, out = place // y.shape[1], place % y.shape[1]
        _rows(x[image].reshape(height, width * channels), rows[out], row_starts[out], row)
        _columns(row.reshape(width, channels), columns, column_starts, y[image, out])
        place = claim(counter)


def _arguments(x, y, taps):
    return writable(x), y, *(writable(a) for a in taps)


def image_resample(x, y, rows, row_starts, columns, column_starts):
    taps = (rows, row_starts, columns, column_starts)
    _resample(np.zeros(1, np.int64), 0, *_arguments(x[np.newaxis], y[np.newaxis], taps))


def images_resample(x, y, rows, row_starts, columns, column_starts):
    taps = (rows, row_starts, columns, column_starts)
    cost = y.size * (rows.shape[1] + columns.shape[1])
    run(_resample, y.shape[0] * y.shape[1], cost, *_arguments(x, y, taps))
