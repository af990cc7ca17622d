"""Dense products by the register tile, straight from row-major weights.

Forward: rows of x times columns of w, in runs of inputs that stay in cache; long sums are cut into parts, added in
order. Input gradient: rows of w times columns of dy.T, so that w is read once, where it lies; tiles are transposed on
the way out. Weight gradient: that of a convolution with one window cell, whose pixels are the rows of x.
"""

import numpy as np

from fastcnn.kernels.numba_backend import plans, tiles
from fastcnn.kernels.numba_backend.arrays import flat
from fastcnn.kernels.numba_backend.blocks import chunk, claim, run_elements
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run
from fastcnn.kernels.numba_backend.tiles import PIXELS, clamped, places, prefetch, tile
from fastcnn.kernels.numba_backend.transposition import transpose
from fastcnn.kernels.numba_backend.weight_gradient import gradient_work, weight_gradient

TILE_BYTES = tiles.width(1)
ROWS = 96  # rows of x in a task
DEPTH = 256  # inputs summed at a time: 32 columns of w then stay in the first-level cache
PART = 1024  # least inputs in a part of a sum
AHEAD = 12  # rows of w fetched before they are needed
STRIP = 48  # rows of w whose gradients are transposed together


def _cut(n: int, inputs: int, units: int, itemsize: int) -> tuple[int, int, int]:
    """(runs of rows, parts of the sum, runs of columns); the parts do not depend on n."""
    rows, columns = -(-n // ROWS), -(-units // (TILE_BYTES // itemsize))
    parts = 1 if columns >= plans.BLOCKS else max(1, min(plans.BLOCKS, inputs // PART))
    return rows, parts, min(columns, -(-plans.BLOCKS // (rows * parts)))


def dense_forward_work(shapes, itemsize):
    (n, inputs), units = shapes["x"], shapes["w"][1]
    parts = _cut(n, inputs, units, itemsize)[1]
    return parts * n * units if parts > 1 else 0


def dense_fused_forward_work(shapes, itemsize, *, activation, negative_slope):
    return dense_forward_work(shapes, itemsize)


@compiled
def _product(counter, worker, x, w, y, work, shape, cut, bias, biased, slope):
    n, inputs, units = shape
    runs, parts, groups = cut
    columns = TILE_BYTES // x.itemsize
    panels, out = -(-units // columns), y if parts == 1 else work
    task = claim(counter)
    while task < runs * parts * groups:
        part, group, rows = task // (runs * groups), task // runs % groups, task % runs * ROWS
        begin, end, last = part * inputs // parts, (part + 1) * inputs // parts, min(n, rows + ROWS) - 1
        for start in range(begin, end, DEPTH):
            depth, more = min(DEPTH, end - start), 1 if start > begin else 0
            final = parts == 1 and start + DEPTH >= end
            end_slope = slope if final else x.dtype.type(1)
            for panel in range(group * panels // groups, (group + 1) * panels // groups):
                column = panel * columns
                width, bias_at = min(columns, units - column), column if final and biased else -1
                for first in range(rows, last + 1, PIXELS):
                    some = clamped(first, last)
                    xs, ys = places(some, inputs, start), places(some, units, part * n * units + column)
                    w_at, steps, loops = start * units + column, (0, 0, units), (1, 1, depth)
                    tile(x, xs, (0, 0, 1), w, w_at, steps, out, ys, loops, width, more, bias, bias_at, end_slope)
        task = claim(counter)


@compiled
def _add_parts(counter, worker, work, y, parts, bias, biased, slope):
    """Sums of the parts, bias and activation; runs of whole rows would be no faster, y is small."""
    start, stop = chunk(counter, y.size)
    while start < stop:
        total = y[start:stop]
        total[:] = work[start:stop]
        for part in range(1, parts):
            shift = part * y.size
            other = work[shift + start : shift + stop]
            for i in range(total.size):
                total[i] += other[i]
        if biased:
            column = np.int64(start) % bias.size
            for i in range(total.size):
                total[i] += bias[column]
                column = 0 if column + 1 == bias.size else column + 1
        for i in range(total.size):
            total[i] = total[i] if total[i] > 0 else total[i] * slope
        start, stop = chunk(counter, y.size)


def _forward(x, w, b, y, work, slope):
    n, inputs, units = *x.shape, w.shape[1]
    cut = _cut(n, inputs, units, x.itemsize)
    given, biased, slope, target = flat(w if b is None else b), b is not None, x.dtype.type(slope), flat(y)
    tasks, cost = cut[0] * cut[1] * cut[2], n * inputs * units
    run(_product, tasks, cost, flat(x), flat(w), target, work, (n, inputs, units), cut, given, biased, slope)
    if cut[1] > 1:
        run_elements(_add_parts, n * units, work, target, cut[1], given, biased, slope)


def dense_forward(x, w, y, work):
    _forward(x, w, None, y, work, 1.0)


def dense_fused_forward(x, w, b, y, work, *, activation, negative_slope):
    _forward(x, w, b, y, work, negative_slope if activation == "relu" else 1.0)


def dense_backward_input_work(shapes, itemsize):
    n, units = shapes["dy"]
    columns = tiles.width(itemsize)
    return -(-n // columns) * columns * units


@compiled
def _input_gradient(counter, worker, w, dyt, dx, n, inputs, units):
    """Tiles of rows of w x images: dx.T in strips, each transposed while it is in cache."""
    columns, one = TILE_BYTES // w.itemsize, w.dtype.type(1)
    strip, loops = np.empty(STRIP * columns, w.dtype), (1, 1, units)
    begin = claim(counter) * STRIP
    while begin < inputs:
        stop = min(inputs, begin + STRIP)
        for image in range(0, n, columns):
            width = min(columns, n - image)
            for first in range(begin, stop, PIXELS):
                some = clamped(first, stop - 1)
                xs, ys = places(some, units, 0), places(some, columns, -begin * columns)
                if image == 0:
                    prefetch(w, min(w.size, (first + AHEAD) * units), min(w.size, (first + AHEAD + PIXELS) * units))
                tile(w, xs, (0, 0, 1), dyt, image * units, (0, 0, columns), strip, ys, loops, width, 0, w, -1, one)
            transpose(strip, 0, columns, stop - begin, width, dx, image * inputs + begin, inputs)
        begin = claim(counter) * STRIP


def dense_backward_input(dy, w, dx, work):
    n, inputs, units = *dx.shape, dy.shape[1]
    columns, gradient = tiles.width(dy.itemsize), flat(dy)
    for image in range(0, n, columns):  # panels of a tile's columns, one after the other
        transpose(gradient, image * units, units, min(columns, n - image), units, work, image * units, columns)
    blocks = -(-inputs // STRIP)
    run(_input_gradient, blocks, n * inputs * units, flat(w), work, flat(dx), n, inputs, units)


def _as_convolution(x: tuple, dw: tuple, dy: tuple) -> plans.Plan:
    images, weights, gradient = (1, 1, *x), (1, 1, *dw), (1, 1, *dy)
    return plans.forward(images, weights, gradient, 1, (1, 1), ((0, 0), (0, 0)), (1, 1), 1, gradient=True)


def dense_backward_weights_work(shapes, itemsize):
    return gradient_work(_as_convolution(shapes["x"], shapes["dw"], shapes["dy"]))


def dense_backward_weights(x, dy, dw, work):
    weight_gradient(flat(x), flat(dy), flat(dw), work, _as_convolution(x.shape, dw.shape, dy.shape))
