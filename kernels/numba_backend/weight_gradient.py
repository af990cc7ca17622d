"""The compiled core of every weight gradient: tiles of (tap, channel) rows x filters, summed over pixels.

The pixels are cut into parts. Each part has sums of its own in work, and these are added in a fixed order, so that
the result does not depend on threads. Weights too large for several copies are cut into runs of rows instead.
"""

import numpy as np

from fastcnn.kernels.numba_backend import tiles
from fastcnn.kernels.numba_backend.blocks import chunk, claim, run_elements
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.correlation import block_input, block_place
from fastcnn.kernels.numba_backend.plans import BLOCKS, Plan
from fastcnn.kernels.numba_backend.pool import run, slots
from fastcnn.kernels.numba_backend.tiles import PIXELS, clamped, listed, places, tile

TILE_BYTES = tiles.width(1)
ROWS = 96  # rows of dw that all panels of dy pass by before the next ones
COPIES = 1 << 20  # numbers that all parts' sums may take


def _cut(plan: Plan) -> tuple[int, int, int]:
    """(numbers of dw, parts of the pixels, runs of rows)."""
    size = plan.taps * plan.width * plan.groups
    parts = max(1, min(BLOCKS, plan.blocks, COPIES // size))
    return size, parts, min(-(-BLOCKS // parts), -(-plan.taps // PIXELS))


def gradient_work(plan: Plan) -> int:
    """Numbers of work memory; as much for few images as for many."""
    size = plan.taps * plan.width * plan.groups
    return min(BLOCKS * size, max(size, COPIES)) + slots() * plan.scratch


@compiled
def _list_rows(begin, stop, row_step, p, table):
    """Where in a block's input the rows r = (tap, channel) of the weights begin; counted, since divisions are slow."""
    tap, c = begin // p.depth, begin % p.depth
    kh, kw = tap // p.taps_w, tap % p.taps_w
    for r in range(begin, stop):
        table[r - begin] = kh * p.dilation_h * row_step + kw * p.dilation_w * p.channels + c
        c += 1
        if c == p.depth:
            c, kw = 0, kw + 1
        if kw == p.taps_w:
            kh, kw = kh + 1, 0


@compiled
def _loops(images, rows, image_step, row_step, dy_pixel, p):
    """(counts, steps in x, steps in dy) of one sum over a block's pixels; rows that adjoin are one run."""
    x_row, x_pixel = p.stride_h * row_step, p.stride_w * p.channels
    dy_image, dy_row = rows * p.out_cols * dy_pixel, p.out_cols * dy_pixel
    if p.out_cols == 1:
        return (images, 1, rows), (image_step, 0, x_row), (dy_image, 0, dy_row)
    if x_row == p.out_cols * x_pixel:
        return (images, 1, rows * p.out_cols), (image_step, 0, x_pixel), (dy_image, 0, dy_pixel)
    return (images, rows, p.out_cols), (image_step, x_row, x_pixel), (dy_image, dy_row, dy_pixel)


@compiled
def _pack(dy, at, pixels, panels, p):
    """dy of a block, a panel of columns after the other: rows 512 or 1024 bytes apart would use few sets of a cache."""
    columns, filters = TILE_BYTES // dy.itemsize, p.width * p.groups
    for number in range(p.groups * -(-p.width // columns)):
        f, width = _panel(number, columns, p)
        for pixel in range(pixels):
            source = dy[at + pixel * filters + f : at + pixel * filters + f + width]
            target = (number * pixels + pixel) * columns
            out = panels[target : target + width]
            for j in range(width):
                out[j] = source[j]


@compiled
def _panel(number, columns, p):
    """(first filter, filters) of a panel; panels of one column lie in all groups in turn."""
    group, column = number % p.groups, number // p.groups * columns
    return group * p.width + column, min(columns, p.width - column)


@compiled
def _block(x, dy, panels, table, out, out_at, work, slot, block, rows, accumulate, p):
    """Adds one block's pixels to the sums of some rows: runs of rows, so that x and dw are walked through once."""
    columns, filters, one = TILE_BYTES // x.itemsize, p.width * p.groups, x.dtype.type(1)
    place = block_place(block, p)
    image, images, row, count = place
    source, start, image_step, row_step = block_input(x, work, slot, place, p)
    packed, pixels, dy_at = panels.size > 0, images * count * p.out_cols, image * p.y_image + row * p.y_row
    if packed:
        _pack(dy, dy_at, pixels, panels, p)
    given = panels if packed else dy
    loops = _loops(images, count, image_step, row_step, columns if packed else filters, p)
    for begin in range(rows[0], rows[1], ROWS):
        stop = min(rows[1], begin + ROWS)
        _list_rows(begin, stop, row_step, p, table)
        for number in range(p.groups * -(-p.width // columns)):
            f, width = _panel(number, columns, p)
            at, channel = number * pixels * columns if packed else dy_at + f, start + number % p.groups * p.depth
            for first in range(0, stop - begin, PIXELS):
                some = clamped(first, stop - begin - 1)
                xs, ys = listed(table, some, channel), places(some, filters, out_at + f + begin * filters)
                tile(source, xs, loops[1], given, at, loops[2], out, ys, loops[0], width, accumulate, dy, -1, one)


@compiled
def _gradient(counter, worker, x, dy, dw, work, cut, slots, p):
    columns, filters = TILE_BYTES // x.itemsize, p.width * p.groups
    size, parts, runs = cut
    panels = p.groups * -(-p.width // columns) * columns if filters > columns else 0
    panels, table = np.empty(p.batch * p.band * p.out_cols * panels, dy.dtype), np.empty(ROWS, np.int64)
    blocks, rows = -(-p.out_rows // p.band) * -(-p.images // p.batch), p.taps_h * p.taps_w * p.depth
    run_rows = (rows + PIXELS * runs - 1) // (PIXELS * runs) * PIXELS
    task, slot = claim(counter), slots[0] + worker * slots[1]
    while task < parts * runs:
        part, begin = task // runs, task % runs * run_rows
        out, out_at = (dw, 0) if parts == 1 else (work, part * size)
        some, first = (begin, min(rows, begin + run_rows)), part * blocks // parts
        for block in range(first, (part + 1) * blocks // parts):
            _block(x, dy, panels, table, out, out_at, work, slot, block, some, 1 if block > first else 0, p)
        task = claim(counter)


@compiled
def _add_parts(counter, worker, work, dw, parts):
    start, stop = chunk(counter, dw.size)
    while start < stop:
        total = dw[start:stop]
        total[:] = work[start:stop]
        for part in range(1, parts):
            shift = part * dw.size
            other = work[shift + start : shift + stop]
            for i in range(total.size):
                total[i] += other[i]
        start, stop = chunk(counter, dw.size)


def weight_gradient(x, dy, dw, work, plan: Plan) -> None:
    """dw = sum over all pixels of x's window times dy, on flat arrays."""
    cut = _cut(plan)
    size, parts, runs = cut
    scratch_start = parts * size if parts > 1 else 0
    limit = (work.size - scratch_start) // plan.scratch if plan.scratch else None
    run(_gradient, parts * runs, plan.cost, x, dy, dw, work, cut, (scratch_start, plan.scratch), plan, slots=limit)
    if parts > 1:
        run_elements(_add_parts, size, work, dw, parts)
