"""The affine map of one photo, a row of output pixels at a time, all channels together; parallel over rows."""

import math

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run

MODES = {"nearest": 0, "constant": 1, "reflect": 2, "wrap": 3}
PIXEL_COST = 40  # multiply-adds that one output pixel takes


@compiled
def _into(v, size, mode):
    """A coordinate brought into [0, size - 1] by the fill mode."""
    last = size - 1.0
    if v >= 0 and v <= last:
        return v
    if mode == 2:  # dcba|abcd|dcba has period 2 * size and is even about -0.5
        middle = v + 0.5
        v = abs(middle - 2.0 * size * math.floor(middle / (2.0 * size) + 0.5)) - 0.5
    elif mode == 3:
        v = v - math.floor(v / last) * last if last > 0 else 0.0
    if v > last:
        return last
    return v if v > 0 else 0.0  # 0 too for a coordinate that is not a number


@compiled
def _sample(x, y_row, col, r, c, order, scale):
    """All channels of one output pixel."""
    if order == 0:
        source = x[math.floor(r + 0.5), math.floor(c + 0.5)]
        for channel in range(y_row.shape[1]):
            y_row[col, channel] = source[channel] * scale
        return
    r0, c0 = int(r), int(c)
    r1, c1 = min(r0 + 1, x.shape[0] - 1), min(c0 + 1, x.shape[1] - 1)
    dr, dc = r - r0, c - c0
    for channel in range(y_row.shape[1]):
        above = x[r0, c0, channel] * (1 - dc) + x[r0, c1, channel] * dc
        below = x[r1, c0, channel] * (1 - dc) + x[r1, c1, channel] * dc
        y_row[col, channel] = (above * (1 - dr) + below * dr) * scale


@compiled
def _affine(counter, worker, x, y, matrix, order, mode, cval, flips, scale):
    height, width = x.shape[0], x.shape[1]
    row = claim(counter)
    while row < y.shape[0]:
        out = y[y.shape[0] - 1 - row if flips[1] else row]
        for col in range(y.shape[1]):
            to = y.shape[1] - 1 - col if flips[0] else col
            r = matrix[0, 0] * row + matrix[0, 1] * col + matrix[0, 2]
            c = matrix[1, 0] * row + matrix[1, 1] * col + matrix[1, 2]
            if mode == 1 and not (r >= 0 and r <= height - 1 and c >= 0 and c <= width - 1):
                for channel in range(y.shape[2]):
                    out[to, channel] = cval * scale
            else:
                _sample(x, out, to, _into(r, height, mode), _into(c, width, mode), order, scale)
        row = claim(counter)


def image_affine(x, y, matrix, *, order, fill_mode, cval, flip_horizontal, flip_vertical, scale):
    flips = (bool(flip_horizontal), bool(flip_vertical))
    args = (int(order), MODES[fill_mode], float(cval), flips, float(scale))
    cost = PIXEL_COST * y.shape[0] * y.shape[1]
    run(_affine, y.shape[0], cost, writable(x), y, writable(matrix), *args)
