"""Clipping of gradients; parallel over chunks."""

import math

import numba

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.elementwise import scale_forward


@numba.njit(inline="always")
def _clipped(x, y, start, stop, limit):
    for i in range(start, stop):
        y[i] = min(max(x[i], -limit), limit)


@compiled
def _clip(counter, worker, x, y, limit):
    limit = x.dtype.type(limit)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(x, y):
            _clipped(y, y, start, stop, limit)
        else:
            _clipped(x, y, start, stop, limit)
        start, stop = chunk(counter, y.size)


def clip_by_value(x, y, *, limit):
    run_elements(_clip, y.size, writable(x), y, float(limit))


def clip_by_norm(x, square, y, *, limit):
    scale_forward(x, y, scale=limit / max(math.sqrt(square[0]), limit), offset=0.0)
