"""Draws what shall happen to one photo, with Keras's distributions."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

DRAWS = 12  # random numbers for one photo


@dataclass(frozen=True)
class Ranges:
    """The random part of an ImageDataGenerator's arguments; see there. zoom_range is the pair (low, high)."""

    rotation_range: float
    width_shift_range: float | Sequence[float]
    height_shift_range: float | Sequence[float]
    brightness_range: Sequence[float] | None
    shear_range: float
    zoom_range: Sequence[float]
    channel_shift_range: float
    horizontal_flip: bool
    vertical_flip: bool

    @property
    def random(self) -> bool:
        """Whether anything is drawn that can change a photo."""
        shifts = np.any(self.width_shift_range) or np.any(self.height_shift_range)
        turns = self.rotation_range or self.shear_range or tuple(self.zoom_range) != (1, 1)
        colours = self.channel_shift_range or self.brightness_range is not None
        return bool(shifts or turns or colours or self.horizontal_flip or self.vertical_flip)

    def draw(self, height: int, width: int, uniforms: np.ndarray) -> list[dict[str, Any]]:
        """The parameters of `ImageDataGenerator.apply_transform` for n photos of this size.

        uniforms : (n, DRAWS) float64 in [0, 1), a row for each photo.
        """
        u = uniforms.T
        zoomed = tuple(self.zoom_range) != (1, 1)
        columns = {
            "theta": _between(-self.rotation_range, self.rotation_range, u[0]) if self.rotation_range else 0,
            "tx": _shift(self.height_shift_range, height, u[1], u[2]),
            "ty": _shift(self.width_shift_range, width, u[3], u[4]),
            "shear": _between(-self.shear_range, self.shear_range, u[5]) if self.shear_range else 0,
            "zx": _between(*self.zoom_range, u[6]) if zoomed else 1,
            "zy": _between(*self.zoom_range, u[7]) if zoomed else 1,
            "flip_horizontal": (u[8] < 0.5) & bool(self.horizontal_flip),
            "flip_vertical": (u[9] < 0.5) & bool(self.vertical_flip),
            "channel_shift_intensity": None,
            "brightness": None,
        }
        if self.channel_shift_range:
            columns["channel_shift_intensity"] = _between(-self.channel_shift_range, self.channel_shift_range, u[10])
        if self.brightness_range is not None:
            columns["brightness"] = _between(*self.brightness_range, u[11])
        each = [np.broadcast_to(values, len(uniforms)).tolist() for values in columns.values()]
        return [dict(zip(columns, values, strict=True)) for values in zip(*each, strict=True)]


def _between(low: float, high: float, u: np.ndarray) -> np.ndarray:
    return low + (high - low) * u


def _shift(amount: float | Sequence[float], size: int, u: np.ndarray, v: np.ndarray) -> np.ndarray | float:
    """Pixels to shift by: a whole number n gives one of -(n-1)..n-1, a list one of its values either way, a float
    anything up to it either way; amounts below 1 are shares of `size`.
    """
    if isinstance(amount, Real) and not amount:
        return 0
    either_way = np.where(v < 0.5, -1, 1)
    if isinstance(amount, Integral):
        pixels = np.floor(u * amount) * either_way
    elif np.ndim(amount) == 1:
        pixels = np.asarray(amount, np.float64)[(u * len(amount)).astype(int)] * either_way
    else:
        pixels = _between(-amount, amount, u)
    largest = amount if isinstance(amount, Real) else max(amount)
    return pixels * size if largest < 1 else pixels
