"""Sums and scalings, element by element; parallel over chunks."""

import numba

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled


@numba.njit(inline="always")
def _sums(a, b, y, start, stop):
    for i in range(start, stop):
        y[i] = a[i] + b[i]


@compiled
def _add(counter, worker, a, b, y):
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(a, y):
            _sums(y, b, y, start, stop)
        else:
            _sums(a, b, y, start, stop)
        start, stop = chunk(counter, y.size)


def add_forward(a, b, y):
    run_elements(_add, y.size, writable(a), writable(b), y)


@numba.njit(inline="always")
def _multiples(x, y, start, stop, scale, offset):
    for i in range(start, stop):
        y[i] = x[i] * scale + offset


@compiled
def _scale(counter, worker, x, y, scale, offset):
    scale, offset = x.dtype.type(scale), x.dtype.type(offset)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(x, y):
            _multiples(y, y, start, stop, scale, offset)
        else:
            _multiples(x, y, start, stop, scale, offset)
        start, stop = chunk(counter, y.size)


def scale_forward(x, y, *, scale, offset):
    run_elements(_scale, y.size, writable(x), y, float(scale), float(offset))
