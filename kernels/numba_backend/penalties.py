"""Penalties on the size of weights and activities, and their gradients; sums have fixed runs, added in order."""

import numba
import numpy as np

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import CHUNK, chunk, claim, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run

LANES = 32  # sums side by side, so that adding up is not one long chain


@compiled
def _sums(counter, worker, x, work, l1, l2):
    absolute, square = np.empty(LANES, x.dtype), np.empty(LANES, x.dtype)
    part = claim(counter)
    while part * CHUNK < x.size:
        numbers = x[part * CHUNK : (part + 1) * CHUNK]
        absolute[:] = 0
        square[:] = 0
        whole = numbers.size // LANES * LANES
        for start in range(0, whole, LANES):
            row = numbers[start : start + LANES]
            for i in range(LANES):
                absolute[i] += abs(row[i])
                square[i] += row[i] * row[i]
        for i in range(whole, numbers.size):
            absolute[i - whole] += abs(numbers[i])
            square[i - whole] += numbers[i] * numbers[i]
        total = 0.0
        for i in range(LANES):
            total += l1 * absolute[i] + l2 * square[i]
        work[part] = total
        part = claim(counter)


def penalty_forward_work(shapes, itemsize, **_):
    rows, columns = shapes["x"]
    return -(-rows * columns // CHUNK)


def penalty_forward(x, y, work, *, l1, l2):
    parts = -(-x.size // CHUNK)
    run(_sums, parts, 4 * x.size, writable(x.reshape(-1)), work, float(l1), float(l2))
    y[0] = work[:parts].sum(dtype=np.float64) / len(x)


@numba.njit(inline="always")
def _slopes(x, before, dx, start, stop, joins, slope, factor):
    for i in range(start, stop):
        value = x[i]
        made = factor * value
        made += slope if value > 0 else -slope if value < 0 else 0 * slope
        dx[i] = before[i] + made if joins else made


@compiled
def _backward(counter, worker, x, before, dx, joins, slope, factor):
    slope, factor = x.dtype.type(slope), x.dtype.type(factor)
    start, stop = chunk(counter, dx.size)
    while start < stop:
        if same(before, dx):
            _slopes(x, dx, dx, start, stop, joins, slope, factor)
        else:
            _slopes(x, before, dx, start, stop, joins, slope, factor)
        start, stop = chunk(counter, dx.size)


def penalty_backward(x, before, dx, *, l1, l2):
    joins = before is not None
    other = writable(before.reshape(-1)) if joins else writable(x.reshape(-1))
    factors = (float(l1 / len(x)), float(2 * l2 / len(x)))
    run_elements(_backward, dx.size, writable(x.reshape(-1)), other, dx.reshape(-1), joins, *factors)
