"""Draws what shall happen to one photo, with Keras's distributions."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np


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

    def draw(self, height: int, width: int, rng: np.random.Generator) -> dict[str, Any]:
        """Returns the parameters of `ImageDataGenerator.apply_transform` for a photo of this size."""
        zoomed = tuple(self.zoom_range) != (1, 1)
        drawn = {
            "theta": _either_way(self.rotation_range, rng),
            "tx": _shift(self.height_shift_range, height, rng),
            "ty": _shift(self.width_shift_range, width, rng),
            "shear": _either_way(self.shear_range, rng),
            "zx": rng.uniform(*self.zoom_range) if zoomed else 1,
            "zy": rng.uniform(*self.zoom_range) if zoomed else 1,
            "flip_horizontal": bool(self.horizontal_flip and rng.random() < 0.5),
            "flip_vertical": bool(self.vertical_flip and rng.random() < 0.5),
            "channel_shift_intensity": None,
            "brightness": None,
        }
        if self.channel_shift_range:
            drawn["channel_shift_intensity"] = _either_way(self.channel_shift_range, rng)
        if self.brightness_range is not None:
            drawn["brightness"] = rng.uniform(*self.brightness_range)
        return drawn


def _either_way(limit: float, rng: np.random.Generator) -> float:
    return rng.uniform(-limit, limit) if limit else 0


def _shift(amount: float | Sequence[float], size: int, rng: np.random.Generator) -> float:
    """Pixels to shift by: a whole number n gives one of -(n-1)..n-1, a list one of its values either way, a float
    anything up to it either way; amounts below 1 are shares of `size`.
    """
    if isinstance(amount, Real) and not amount:
        return 0
    if isinstance(amount, Integral):
        pixels = rng.integers(amount) * rng.choice((-1, 1))
    elif np.ndim(amount) == 1:
        pixels = rng.choice(amount) * rng.choice((-1, 1))
    else:
        pixels = rng.uniform(-amount, amount)
    largest = amount if isinstance(amount, Real) else max(amount)
    return float(pixels * size if largest < 1 else pixels)
