"""Counter-based dropout: the mask is a hash of (key, index), in 32-bit arithmetic; parallel over chunks."""

import numba
import numpy as np

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled


@numba.njit(inline="always")
def _mix(h):
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return h ^ (h >> np.uint32(16))


@numba.njit(inline="always")
def _masked(x, y, start, stop, first, second, limit, scale):
    zero = x.dtype.type(0)
    for i in range(start, stop):
        h = _mix(_mix(np.uint32(np.uint32(i) * np.uint32(0x9E3779B1) + first)) ^ second)
        y[i] = x[i] * scale if h >= limit else zero


@compiled
def _dropout(counter, worker, x, y, key, limit, scale):
    first, second, limit, scale = key[0], key[1], np.uint32(limit), x.dtype.type(scale)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(x, y):
            _masked(y, y, start, stop, first, second, limit, scale)
        else:
            _masked(x, y, start, stop, first, second, limit, scale)
        start, stop = chunk(counter, y.size)


def dropout_forward(x, y, key, *, rate):
    if rate >= 1:
        y.fill(0)
        return
    run_elements(_dropout, y.size, writable(x), y, writable(key), int(rate * 2**32), 1 / (1 - rate))


@numba.njit(inline="always")
def _relu_masked(y, dy, dx, start, stop, scale):
    zero = dy.dtype.type(0)
    for i in range(start, stop):
        kept = dy[i] * scale
        dx[i] = kept if y[i] > 0 else zero


@compiled
def _relu_gradient(counter, worker, y, dy, dx, scale):
    scale = dy.dtype.type(scale)
    start, stop = chunk(counter, dx.size)
    while start < stop:
        if same(dy, dx):
            _relu_masked(y, dx, dx, start, stop, scale)
        else:
            _relu_masked(y, dy, dx, start, stop, scale)
        start, stop = chunk(counter, dx.size)


def relu_dropout_backward(y, dy, dx, *, rate):
    run_elements(_relu_gradient, dx.size, writable(y), writable(dy), dx, 1 / (1 - rate))
