"""Weighted sums of rows, then of columns, a tap of all output pixels at a time."""

import numpy as np


def image_resample(x, y, rows, row_starts, columns, column_starts):
    images = x[np.newaxis, :, :, : y.shape[2]].astype(np.float32)
    images_resample(images, y[np.newaxis], rows, row_starts, columns, column_starts)


def images_resample(x, y, rows, row_starts, columns, column_starts):
    tall = np.zeros((x.shape[0], y.shape[1], *x.shape[2:]), y.dtype)
    for tap, weights in enumerate(rows.T):
        tall += weights[:, np.newaxis, np.newaxis] * x[:, row_starts + tap]
    y[...] = 0
    for tap, weights in enumerate(columns.T):
        y += weights[:, np.newaxis] * tall[:, :, column_starts + tap]
