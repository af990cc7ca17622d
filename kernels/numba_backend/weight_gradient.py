"""The compiled core of every weight gradient: tiles of (tap, channel) rows x filters, summed over pixels.

The pixels are cut into parts. Each part has sums of its own in work, and these are added in a fixed order, so that
the result does not depend on threads. Weights too large for several copies are cut into runs of rows instead.
"""

from fastcnn.kernels.numba_backend import tiles
from fastcnn.kernels.numba_backend.blocks import chunk, claim, run_elements
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.correlation import block_input, block_place
from fastcnn.kernels.numba_backend.plans import BLOCKS, Plan
from fastcnn.kernels.numba_backend.pool import run, slots
from fastcnn.kernels.numba_backend.tiles import PIXELS, tile

TILE_BYTES = tiles.width(1)
COPIES = 1 << 20  # numbers that all parts' sums may take


def _cut(plan: Plan) -> tuple[int, int, int]:
    """(numbers of dw, parts of the pixels, runs of rows)."""
    rows = plan.taps_h * plan.taps_w * plan.depth
    size = rows * plan.width * plan.groups
    parts = max(1, min(BLOCKS, plan.blocks, COPIES // size))
    return size, parts, min(-(-BLOCKS // parts), -(-rows // PIXELS))


def gradient_work(plan: Plan) -> int:
    """Numbers of work memory."""
    size, parts, _ = _cut(plan)
    return (parts * size if parts > 1 else 0) + slots() * plan.scratch


@compiled
def _row(r, row_step, p):
    """Where in a block's input row r = (tap, channel) of the weights begins."""
    tap = r // p.depth
    return tap // p.taps_w * p.dilation_h * row_step + tap % p.taps_w * p.dilation_w * p.channels + r % p.depth


@compiled
def _loops(images, rows, image_step, row_step, p):
    """(counts, steps in x, steps in dy) of one sum over a block's pixels; rows that adjoin are one run."""
    filters = p.width * p.groups
    x_step, dy_step = (image_step, p.stride_h * row_step, p.stride_w * p.channels), (p.y_image, p.y_row, filters)
    if p.out_cols == 1:
        return (images, 1, rows), (x_step[0], 0, x_step[1]), (dy_step[0], 0, dy_step[1])
    if x_step[1] == p.out_cols * x_step[2]:
        return (images, 1, rows * p.out_cols), (x_step[0], 0, x_step[2]), (dy_step[0], 0, filters)
    return (images, rows, p.out_cols), x_step, dy_step


@compiled
def _panel(source, start, row_step, loops, dy, dy_at, out, out_at, rows, width, accumulate, p):
    """`width` filters of the rows from rows[0] to rows[1]."""
    counts, x_step, dy_step = loops
    filters, last = p.width * p.groups, rows[1] - 1
    one = dy.dtype.type(1)
    for first in range(rows[0], rows[1], 6):
        a, b, c, d, e, f = (
            first,
            min(first + 1, last),
            min(first + 2, last),
            min(first + 3, last),
            min(first + 4, last),
            min(first + 5, last),
        )
        xs = (
            start + _row(a, row_step, p),
            start + _row(b, row_step, p),
            start + _row(c, row_step, p),
            start + _row(d, row_step, p),
            start + _row(e, row_step, p),
            start + _row(f, row_step, p),
        )
        ys = (
            out_at + a * filters,
            out_at + b * filters,
            out_at + c * filters,
            out_at + d * filters,
            out_at + e * filters,
            out_at + f * filters,
        )
        tile(source, xs, x_step, dy, dy_at, dy_step, out, ys, counts, width, accumulate, dy, -1, one)


@compiled
def _block(x, dy, out, out_at, work, slot, block, rows, accumulate, p):
    """Adds one block's pixels to the sums of some rows."""
    columns = TILE_BYTES // x.itemsize
    place = block_place(block, p)
    image, images, row, count = place
    source, start, image_step, row_step = block_input(x, work, slot, place, p)
    loops = _loops(images, count, image_step, row_step, p)
    for group in range(p.groups):
        for column in range(0, p.width, columns):
            f = group * p.width + column
            dy_at, width = image * p.y_image + row * p.y_row + f, min(columns, p.width - column)
            begin = start + group * p.depth
            _panel(source, begin, row_step, loops, dy, dy_at, out, out_at + f, rows, width, accumulate, p)


@compiled
def _gradient(counter, worker, x, dy, dw, work, cut, slots, p):
    size, parts, runs = cut
    start, slot_size = slots
    blocks = -(-p.out_rows // p.band) * -(-p.images // p.batch)
    rows = p.taps_h * p.taps_w * p.depth
    tiles_a_run = -(-(-(-rows // 6)) // runs)
    task = claim(counter)
    while task < parts * runs:
        part, begin = task // runs, task % runs * tiles_a_run * 6
        out, out_at = (dw, 0) if parts == 1 else (work, part * size)
        some = (begin, min(rows, begin + tiles_a_run * 6))
        first, last = part * blocks // parts, (part + 1) * blocks // parts
        for block in range(first, last):
            accumulate = 1 if block > first else 0
            _block(x, dy, out, out_at, work, start + worker * slot_size, block, some, accumulate, p)
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
