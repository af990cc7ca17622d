"""One value a channel; parallel over runs of rows. Column sums have fixed runs of rows, added in order."""

import numba

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim, same
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.columns import add_parts, row_parts, rows_of
from fastcnn.kernels.numba_backend.pool import run


@numba.njit(inline="always")
def _sums(x, b, y, start, stop):
    for m in range(start, stop):
        for c in range(b.size):
            y[m, c] = x[m, c] + b[c]


@compiled
def _bias(counter, worker, x, b, y):
    rows = rows_of(b.size)
    start = claim(counter) * rows
    while start < x.shape[0]:
        stop = min(x.shape[0], start + rows)
        if same(x, y):
            _sums(y, b, y, start, stop)
        else:
            _sums(x, b, y, start, stop)
        start = claim(counter) * rows


def bias_forward(x, b, y):
    run(_bias, row_parts(x.shape), 4 * x.size, writable(x), writable(b), y)


def bias_backward_work(shapes, itemsize):
    return row_parts(shapes["dy"]) * shapes["dy"][1]


@compiled
def _column_sums(counter, worker, dy, work):
    columns = dy.shape[1]
    rows = rows_of(columns)
    part = claim(counter)
    while part * rows < dy.shape[0]:
        total = work[part * columns : (part + 1) * columns]
        total[:] = 0
        for m in range(part * rows, min(dy.shape[0], (part + 1) * rows)):
            for c in range(columns):
                total[c] += dy[m, c]
        part = claim(counter)


def bias_backward(dy, db, work):
    parts = row_parts(dy.shape)
    run(_column_sums, parts, 4 * dy.size, writable(dy), work)
    add_parts(work, db, parts)
