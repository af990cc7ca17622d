"""Geometry of one photo: the matrix of a rotation, shift, shear and zoom, and its application."""

import math

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.switching import get_backend

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


def check_sampling(fill_mode: str, order: int) -> None:
    """Raises ValueError unless the kernel can sample so."""
    if fill_mode not in FILL_MODES:
        raise ValueError(f"fill_mode must be one of {', '.join(map(repr, FILL_MODES))}. Received: {fill_mode!r}")
    if order not in (0, 1):
        expected = "interpolation_order must be 0 (nearest pixel) or 1 (bilinear); splines are not offered"
        raise ValueError(f"{expected}. Received: {order!r}")


def affine_matrix(
    height: int,
    width: int,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
) -> np.ndarray | None:
    """The (2, 3) float64 map from an output pixel (row, column, 1) to a place in the input; None when nothing moves.

    theta and shear in degrees, tx (rows) and ty (columns) in pixels, zx (rows) and zy (columns) as factors: above 1
    the photo shrinks. Turned, sheared and zoomed about the centre (height / 2 - 0.5, width / 2 - 0.5).
    Source: Keras's documentation and its versions up to 2.8; later ones exchange the axes by mistake.
    """
    if theta == 0 and tx == 0 and ty == 0 and shear == 0 and zx == 1 and zy == 1:
        return None
    angle, slant = math.radians(theta), math.radians(shear)
    cos, sin = math.cos(angle), math.sin(angle)
    # Rotation @ shear @ zoom, multiplied out: this runs once for every photo.
    across, down = -math.sin(slant) * zy, math.cos(slant) * zy
    linear = (cos * zx, cos * across - sin * down, sin * zx, sin * across + cos * down)
    row, col = height / 2 - 0.5, width / 2 - 0.5
    to_row = row + cos * tx - sin * ty - linear[0] * row - linear[1] * col
    to_col = col + sin * tx + cos * ty - linear[2] * row - linear[3] * col
    return np.array([[*linear[:2], to_row], [*linear[2:], to_col]], np.float64)


@accepts_old_names
def apply_affine_transform(
    x: np.ndarray,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> np.ndarray:
    """Applies `affine_matrix` to one photo x with 3 axes; returns x itself when nothing moves, else a new array.

    The default axes are Keras's: (channels, rows, columns).

    Raises:
        ValueError: for axes that are not 0, 1 and 2 in some order, another rank, fill mode or order.
    """
    axes = (row_axis, col_axis, channel_axis)
    if sorted(axes) != [0, 1, 2] or channel_axis == 1:
        expected = "row_axis, col_axis and channel_axis must be 0, 1 and 2 in some order, channel_axis not 1"
        raise ValueError(f"apply_affine_transform: {expected}. Received: {axes}")
    if x.ndim != 3:
        raise ValueError(f"apply_affine_transform: x must be one photo with 3 axes. Received shape {x.shape}")
    check_sampling(fill_mode, order)
    matrix = affine_matrix(x.shape[row_axis], x.shape[col_axis], theta, tx, ty, shear, zx, zy)
    if matrix is None:
        return x
    moved = transformed(np.transpose(x, axes), matrix, fill_mode, cval, order)
    if np.issubdtype(x.dtype, np.integer):
        np.rint(moved, out=moved)
    return np.transpose(moved, np.argsort(axes)).astype(x.dtype, copy=False)


def transformed(
    x: np.ndarray,
    matrix: np.ndarray,
    fill_mode: str,
    cval: float,
    order: int,
    flip_horizontal: bool = False,
    flip_vertical: bool = False,
) -> np.ndarray:
    """Returns float32 (H, W, C): x (H, W, C) moved by the matrix, then flipped."""
    source = np.ascontiguousarray(x if x.dtype == np.uint8 else x.astype(np.float32, copy=False))
    moved = np.empty(source.shape, np.float32)
    sampling = {"order": order, "fill_mode": fill_mode, "cval": float(cval)}
    flips = {"flip_horizontal": flip_horizontal, "flip_vertical": flip_vertical}
    get_backend().image_affine(source, moved, matrix, **sampling, **flips, scale=1.0)
    return moved
