"""The compiled core of every convolution's output: tiles of pixels x columns over blocks of rows or images."""

import numpy as np

from fastcnn.kernels.numba_backend import tiles
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.plans import Plan
from fastcnn.kernels.numba_backend.pool import run
from fastcnn.kernels.numba_backend.tiles import PIXELS, clamped, listed, tile

TILE_BYTES = tiles.width(1)


@compiled
def block_place(block, p):
    """(first image, images, first output row, output rows) of a block."""
    bands = -(-p.out_rows // p.band)
    image, row = block // bands * p.batch, block % bands * p.band
    return image, min(p.batch, p.images - image), row, min(p.band, p.out_rows - row)


@compiled
def _copy_row(x, at, out, to, row, cols, p):
    """One row of an image from column -left on, `cols` pixels, zeros where there is no image."""
    begin, end = min(max(p.left, 0), cols), min(max(p.cols + p.left, 0), cols)
    if row < 0 or row >= p.rows or end <= begin:
        out[to : to + cols * p.channels] = 0
        return
    out[to : to + begin * p.channels] = 0
    source = x[at + (begin - p.left) * p.channels : at + (end - p.left) * p.channels]
    target = out[to + begin * p.channels : to + end * p.channels]
    for i in range(source.size):
        target[i] = source[i]
    out[to + end * p.channels : to + cols * p.channels] = 0


@compiled
def block_input(x, work, slot, place, p):
    """(array, start, image step, row step) of a block's input; with zeros around it, a copy in work."""
    image, images, row, rows = place
    if p.padded == 0:
        row_step = p.cols * p.channels
        return x, (image * p.rows + row * p.stride_h) * row_step, p.rows * row_step, row_step
    needed = (rows - 1) * p.stride_h + (p.taps_h - 1) * p.dilation_h + 1
    cols = (p.out_cols - 1) * p.stride_w + (p.taps_w - 1) * p.dilation_w + 1
    row_step, to = cols * p.channels, slot
    for i in range(images):
        for r in range(needed):
            source = row * p.stride_h + r - p.top
            _copy_row(x, ((image + i) * p.rows + source) * p.cols * p.channels, work, to, source, cols, p)
            to += row_step
    return work, slot, needed * row_step, row_step


@compiled
def _list_pixels(place, start, image_step, row_step, p, x_at, y_at):
    """Where each output pixel's window and its result begin; returns the number of pixels."""
    image, images, row, rows = place
    count = 0
    for i in range(images):
        for r in range(rows):
            x = start + i * image_step + r * p.stride_h * row_step
            y = p.y_start + (image + i) * p.y_image + (row + r) * p.y_row
            for c in range(p.out_cols):
                x_at[count + c] = x + c * p.stride_w * p.channels
                y_at[count + c] = y + c * p.y_pixel
            count += p.out_cols
    return count


@compiled
def _loops(row_step, p):
    """(counts, steps in x, steps in w) of one sum; a window row of adjoining pixels is one run of numbers."""
    tap = p.depth * p.w_step
    if p.dilation_w == 1 and p.groups == 1:
        run_length = p.taps_w * p.depth
        return (p.taps_h, 1, run_length), (p.dilation_h * row_step, 0, 1), (p.taps_w * tap, 0, p.w_step)
    x_step = (p.dilation_h * row_step, p.dilation_w * p.channels, 1)
    return (p.taps_h, p.taps_w, p.depth), x_step, (p.taps_w * tap, tap, p.w_step)


@compiled
def _panel(source, x_at, y_at, pixels, loops, w, w_at, y, shift, width, bias, bias_at, slope):
    """`width` columns of all pixels of a block; shift = (numbers added to each x_at, to each y_at)."""
    counts, x_step, w_step = loops
    for first in range(0, pixels, PIXELS):
        rows = clamped(first, pixels - 1)
        xs, ys = listed(x_at, rows, shift[0]), listed(y_at, rows, shift[1])
        tile(source, xs, x_step, w, w_at, w_step, y, ys, counts, width, 0, bias, bias_at, slope)


@compiled
def _correlate(counter, worker, x, w, w_start, y, bias, biased, slope, work, slots, p):
    columns = TILE_BYTES // x.itemsize
    size = p.batch * p.band * p.out_cols
    x_at, y_at = np.empty(size, np.int64), np.empty(size, np.int64)
    start, slot_size = slots
    blocks = -(-p.out_rows // p.band) * -(-p.images // p.batch)
    block = claim(counter)
    while block < blocks:
        place = block_place(block, p)
        source, begin, image_step, row_step = block_input(x, work, start + worker * slot_size, place, p)
        pixels = _list_pixels(place, begin, image_step, row_step, p, x_at, y_at)
        loops = _loops(row_step, p)
        for group in range(p.groups):
            for column in range(0, p.width, columns):
                out = group * p.width + column
                w_at = w_start + group * p.w_group + column // columns * p.w_panel
                bias_at = out if biased else -1
                shift, width = (group * p.depth, out), min(columns, p.width - column)
                _panel(source, x_at, y_at, pixels, loops, w, w_at, y, shift, width, bias, bias_at, slope)
        block = claim(counter)


def correlate(x, w, w_start: int, y, bias, slope: float, work, scratch_start: int, plan: Plan) -> None:
    """y = activation(x (*) w + bias) on flat arrays; weights begin at w_start, scratch memory at scratch_start."""
    size = plan.scratch
    slots = (work.size - scratch_start) // size if size else None
    given = w if bias is None else bias
    args = (x, w, w_start, y, given, bias is not None, x.dtype.type(slope), work, (scratch_start, size), plan)
    run(_correlate, plan.blocks, plan.cost, *args, slots=slots)
