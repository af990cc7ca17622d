"""Which input pixels make each output pixel of a resized axis, and how much of each: the filters of resizing."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

_BICUBIC_STEPS = 1024  # TensorFlow looks bicubic weights up in a table of that many fractions


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(0, 1 - np.abs(x))


def _keys(x: np.ndarray) -> np.ndarray:
    """Keys's cubic with a = -0.5."""
    x = np.abs(x)
    inner, outer = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0))


def _mitchell(x: np.ndarray) -> np.ndarray:
    x = np.abs(x)
    inner, outer = (7 * x / 6 - 2) * x * x + 8 / 9, ((2 - 7 / 18 * x) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, inner, np.where(x < 2, outer, 0))


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.exp(-2 * x * x)


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.where(np.abs(x) <= radius, np.sinc(x) * np.sinc(x / radius), 0)


_KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {  # name -> (radius, weight at a distance)
    "bilinear": (1, _triangle),
    "bicubic": (2, _keys),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2, _mitchell),
}
INTERPOLATIONS = ("nearest", "area", *_KERNELS)
ADAPTIVE = "adaptive"  # means over windows of whole pixels, for pooling; images are not resized so


def check_interpolation(owner: str, interpolation: object, allowed: tuple[str, ...] = INTERPOLATIONS) -> str:
    """The interpolation's name in lower case.

    Raises:
        ValueError: for one that there is not; lists those that there are.
    """
    name = str(interpolation).lower()
    if name not in allowed:
        raise ValueError(f"{owner}: interpolation must be one of {', '.join(allowed)}. Received: {interpolation!r}")
    return name


def windows(size: int, length: int) -> list[tuple[int, int]]:
    """(begin, end) of each of `length` windows, which may overlap by a pixel, over `size` pixels."""
    return [(i * size // length, -(-(i + 1) * size // length)) for i in range(length)]


class Taps(NamedTuple):
    """One axis resampled: output i is the sum of weights[i] times the input pixels from starts[i] on.

    starts (target,) int32 and weights (target, taps) float64, both read-only. No tap lies outside the image.
    """

    starts: np.ndarray
    weights: np.ndarray

    def matrix(self, size: int) -> np.ndarray:
        """The same as a (target, size) matrix."""
        matrix = np.zeros((len(self.starts), size))
        places = self.starts[:, np.newaxis] + np.arange(self.weights.shape[1])
        np.put_along_axis(matrix, places, self.weights, axis=1)
        return matrix


def _inside(starts: np.ndarray, weights: np.ndarray, size: int) -> Taps:
    """Taps of an image of `size` pixels, without those that lie outside of it."""
    taps = min(weights.shape[1], size)
    if starts.min() >= 0 and starts.max() + weights.shape[1] <= size:
        return Taps(starts, weights)
    kept = np.clip(starts, 0, size - taps)
    places = (kept - starts)[:, np.newaxis] + np.arange(taps)
    weights = np.pad(weights, ((0, 0), (0, 1)))  # the last one stands for those that are not there
    places[(places < 0) | (places >= weights.shape[1])] = -1
    return Taps(kept, np.take_along_axis(weights, places, axis=1))


def _shared(starts: np.ndarray, weights: np.ndarray) -> Taps:
    starts, weights = starts.astype(np.int32), np.ascontiguousarray(weights)
    starts.flags.writeable = weights.flags.writeable = False
    return Taps(starts, weights)


# Places are float32 and computed step by step as TensorFlow does: on large images their rounding shows in the pixels.


def _centres(size: int, target: int) -> np.ndarray:
    """Where the middle of each output pixel lies, in input pixels from the image's edge, float32 (target,)."""
    return (np.arange(target, dtype=np.float32) + np.float32(0.5)) * (np.float32(size) / np.float32(target))


def _filtered(size: int, target: int, interpolation: str, antialias: bool) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights of a filter, which antialias widens when the axis shrinks."""
    radius, kernel = _KERNELS[interpolation]
    step = np.float32(1) / (np.float32(target) / np.float32(size))
    width = max(step, np.float32(1)) if antialias else np.float32(1)
    centres = (np.arange(target, dtype=np.float32) + np.float32(0.5)) * step
    starts = np.ceil(centres - radius * width - 0.5).astype(int)
    pixels = (starts[:, np.newaxis] + np.arange(int(2 * radius * width) + 2)).astype(np.float32)
    distances = (pixels + np.float32(0.5) - centres[:, np.newaxis]) * (1 / width)
    weights = np.where(np.abs(distances) < radius, kernel(distances.astype(np.float64)), 0)
    return starts, weights[:, : np.flatnonzero(weights.any(axis=0))[-1] + 1]


def _two(size: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights of the two pixels beside each place."""
    places = np.clip(_centres(size, target) - np.float32(0.5), 0, size - 1)
    starts = np.minimum(places.astype(int), max(size - 2, 0))
    share = places - starts
    return starts, np.stack([1 - share, share], axis=1)


def _four(size: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights of Keys's cubic, looked up in a table."""
    places = _centres(size, target) - np.float32(0.5)
    floor = np.floor(places)
    beyond = np.rint((places - floor) * _BICUBIC_STEPS) / _BICUBIC_STEPS
    return floor.astype(int) - 1, _keys(np.arange(-1, 3) - beyond[:, np.newaxis].astype(np.float64))


def _overlaps(size: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights: how much of each pixel an output pixel covers."""
    step = np.float32(size) / np.float32(target)
    edges = (np.arange(target + 1, dtype=np.float32) * step)[:, np.newaxis]
    begin, end = edges[:-1], edges[1:]
    starts = np.floor(begin)
    cells = starts + np.arange(int(np.ceil(end - starts).max()))
    return starts[:, 0].astype(int), np.clip(np.minimum(cells + 1, end) - np.maximum(cells, begin), 0, None)


def _chosen(size: int, target: int, interpolation: str, antialias: bool) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights, whose sum is not 1 yet; some may lie outside the image."""
    if interpolation == "nearest":
        return np.minimum(np.floor(_centres(size, target)).astype(int), size - 1), np.ones((target, 1))
    if interpolation == ADAPTIVE:
        begin, end = np.array(windows(size, target)).T
        return begin, (np.arange((end - begin).max()) < (end - begin)[:, np.newaxis]).astype(float)
    if interpolation == "area":
        return _overlaps(size, target)
    if interpolation == "bilinear" and not antialias:
        return _two(size, target)
    if interpolation == "bicubic" and not antialias:
        return _four(size, target)
    return _filtered(size, target, interpolation, antialias)


@lru_cache(maxsize=1024)  # photos of a folder may have as many widths and heights
def axis_taps(
    size: int, target: int, interpolation: str = "bilinear", antialias: bool = False, part: int | None = None
) -> Taps:
    """What resamples one axis of `size` pixels to `target`.

    Pixels are cells with half-pixel centres: output i lies at (i + 0.5) * size / target - 0.5. With antialias the
    kernel is widened when the axis shrinks, so that every input pixel counts ("nearest" and "area" never change).
    The weights of one output add up to 1, unless some of them lie on a border.

    part : how many pixels about the middle are resized: fewer than there are, or more, with an equal border on both
        sides; None for all.

    Source: TensorFlow's documentation of tf.image.resize; Keys 1981; Mitchell and Netravali 1988.
    """
    check_interpolation("resize", interpolation, (*INTERPOLATIONS, ADAPTIVE))
    before = abs((part or size) - size) // 2
    whole, offset = (part or size, before) if (part or size) <= size else (size + 2 * before, -before)
    starts, weights = _inside(*_chosen(whole, target, interpolation, antialias), whole)
    weights = weights / weights.sum(axis=1, keepdims=True, dtype=np.float64)
    return _shared(*_inside(starts + offset, weights, size))


@lru_cache(maxsize=64)
def transposed_taps(size: int, *options: object) -> Taps:
    """What brings a gradient back: the taps that belong to the transposed matrix of axis_taps(size, *options)."""
    matrix = axis_taps(size, *options).matrix(size).T
    used = matrix != 0
    first, end = used.argmax(axis=1), len(matrix[0]) - used[:, ::-1].argmax(axis=1)
    widest = int(np.where(used.any(axis=1), end - first, 1).max())
    starts = np.minimum(first, matrix.shape[1] - widest)
    return _shared(starts, np.take_along_axis(matrix, starts[:, np.newaxis] + np.arange(widest), axis=1))
