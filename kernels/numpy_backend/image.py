"""The affine map of one photo, all output pixels at once."""

import numpy as np


def _into(v, size, fill_mode):
    """Coordinates brought into [0, size - 1] by the fill mode, and which of them lay inside."""
    last = size - 1
    inside = (v >= 0) & (v <= last)
    if fill_mode == "reflect":  # dcba|abcd|dcba has period 2 * size and is even about -0.5
        middle = v + 0.5
        v = np.where(inside, v, np.abs(middle - 2 * size * np.rint(middle / (2 * size))) - 0.5)
    elif fill_mode == "wrap":
        v = np.where(inside, v, np.mod(v, last) if last else 0)
    return np.fmin(np.fmax(v, 0), last), inside  # 0 too for a coordinate that is not a number


def image_affine(x, y, matrix, *, order, fill_mode, cval, flip_horizontal, flip_vertical, scale):
    x = x[:, :, : y.shape[2]]
    rows, cols = np.meshgrid(*(np.arange(n, dtype=np.float64) for n in y.shape[:2]), indexing="ij")
    places = [m[0] * rows + m[1] * cols + m[2] for m in matrix]
    (r, r_inside), (c, c_inside) = (_into(v, n, fill_mode) for v, n in zip(places, x.shape, strict=False))
    if order == 0:
        values = x[np.floor(r + 0.5).astype(int), np.floor(c + 0.5).astype(int)].astype(np.float64)
    else:
        values = _bilinear(x.astype(np.float64), r, c)
    if fill_mode == "constant":
        values[~(r_inside & c_inside)] = cval
    y[:: -1 if flip_vertical else 1, :: -1 if flip_horizontal else 1] = values * scale


def _bilinear(x, r, c):
    r0, c0 = np.floor(r).astype(int), np.floor(c).astype(int)
    r1, c1 = np.minimum(r0 + 1, x.shape[0] - 1), np.minimum(c0 + 1, x.shape[1] - 1)
    dr, dc = (r - r0)[..., None], (c - c0)[..., None]
    return (x[r0, c0] * (1 - dc) + x[r0, c1] * dc) * (1 - dr) + (x[r1, c0] * (1 - dc) + x[r1, c1] * dc) * dr
