"""One random change of one photo: the functions random_rotation, random_shift and their like.

Every function takes the photo's axes as Keras does, by default (channels, rows, columns), and a NumPy Generator as
`rng`; without one, the draw follows NumPy's global seed.
"""

from collections.abc import Sequence

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.preprocessing.affine import apply_affine_transform
from fastcnn.preprocessing.colour import apply_brightness_shift, apply_channel_shift
from fastcnn.random import generator


def _drawn(low: float, high: float, rng: np.random.Generator | None) -> float:
    return float((rng or generator()).uniform(low, high))


@accepts_old_names
def random_rotation(
    x: np.ndarray,
    rg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
    *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Turns x by up to rg degrees either way."""
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, _drawn(-rg, rg, rng), 0, 0, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


@accepts_old_names
def random_shift(
    x: np.ndarray,
    wrg: float,
    hrg: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
    *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Moves x by up to the share wrg of its width and hrg of its height."""
    rng = rng or generator()
    tx = _drawn(-hrg, hrg, rng) * x.shape[row_axis]
    ty = _drawn(-wrg, wrg, rng) * x.shape[col_axis]
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, tx, ty, 0, 1, 1, *axes, fill_mode, cval, interpolation_order)


@accepts_old_names
def random_shear(
    x: np.ndarray,
    intensity: float,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
    *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Shears x by up to `intensity` degrees either way."""
    shear = _drawn(-intensity, intensity, rng)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, shear, 1, 1, *axes, fill_mode, cval, interpolation_order)


@accepts_old_names
def random_zoom(
    x: np.ndarray,
    zoom_range: Sequence[float],
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    interpolation_order: int = 1,
    *,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Zooms rows and columns of x by two factors drawn from zoom_range (low, high); above 1 shrinks.

    Raises:
        ValueError: when zoom_range is not a pair.
    """
    if len(zoom_range) != 2:
        raise ValueError(f"random_zoom: zoom_range must be two numbers. Received: {zoom_range!r}")
    rng = rng or generator()
    zx, zy = _drawn(*zoom_range, rng), _drawn(*zoom_range, rng)
    axes = (row_axis, col_axis, channel_axis)
    return apply_affine_transform(x, 0, 0, 0, 0, zx, zy, *axes, fill_mode, cval, interpolation_order)


@accepts_old_names
def random_channel_shift(
    x: np.ndarray, intensity_range: float, channel_axis: int = 0, *, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Adds up to intensity_range, either way, to all values of x."""
    return apply_channel_shift(x, _drawn(-intensity_range, intensity_range, rng), channel_axis)


@accepts_old_names
def random_brightness(
    x: np.ndarray, brightness_range: Sequence[float], scale: bool = True, *, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Multiplies x by a factor drawn from brightness_range (low, high).

    Raises:
        ValueError: when brightness_range is not a pair.
    """
    if len(brightness_range) != 2:
        raise ValueError(f"random_brightness: brightness_range must be two numbers. Received: {brightness_range!r}")
    return apply_brightness_shift(x, _drawn(*brightness_range, rng), scale)
