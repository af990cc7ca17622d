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
    kept = np.clip(starts, 0, size - taps)
    places = (kept - starts)[:, np.newaxis] + np.arange(taps)
    weights = np.pad(weights, ((0, 0), (0, 1)))  # the last one stands for those that are not there
    places[(places < 0) | (places >= weights.shape[1])] = -1
    return _shared(kept, np.take_along_axis(weights, places, axis=1))


def _shared(starts: np.ndarray, weights: np.ndarray) -> Taps:
    starts, weights = starts.astype(np.int32), np.ascontiguousarray(weights)
    starts.flags.writeable = weights.flags.writeable = False
    return Taps(starts, weights)


def _filtered(places: np.ndarray, interpolation: str, width: float) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights of a filter that is `width` times as wide, about each of the places."""
    radius, kernel = _KERNELS[interpolation]
    starts = np.ceil(places - radius * width).astype(int)
    distances = starts[:, np.newaxis] + np.arange(int(2 * radius * width) + 1) - places[:, np.newaxis]
    # TensorFlow's float32 decides whether a pixel on the very edge counts
    reached = np.abs(distances.astype(np.float32) * np.float32(1 / width)) < radius
    weights = np.where(reached, kernel(distances / width), 0)
    return starts, weights if weights[:, -1].any() else weights[:, :-1]


def _chosen(size: int, target: int, interpolation: str, antialias: bool) -> tuple[np.ndarray, np.ndarray]:
    """First pixels and weights; some may lie outside the image."""
    step = size / target
    places = (np.arange(target) + 0.5) * step - 0.5
    if interpolation == "nearest":
        return np.minimum(np.floor(places + 0.5).astype(int), size - 1), np.ones((target, 1))
    if interpolation == ADAPTIVE:
        begin, end = np.array(windows(size, target)).T
        return begin, (np.arange((end - begin).max()) < (end - begin)[:, np.newaxis]).astype(float)
    if interpolation == "area":
        begin = np.arange(target) * step
        starts = np.floor(begin).astype(int)
        cells = starts[:, np.newaxis] + np.arange(int(np.ceil(begin + step - starts).max()))
        begin = begin[:, np.newaxis]
        return starts, np.clip(np.minimum(cells + 1, begin + step) - np.maximum(cells, begin), 0, None)
    if antialias:
        return _filtered(places, interpolation, max(step, 1.0))
    if interpolation == "bilinear":
        places = np.clip(places, 0, size - 1)
    elif interpolation == "bicubic":
        floor = np.floor(places)
        places = floor + np.rint((places - floor) * _BICUBIC_STEPS) / _BICUBIC_STEPS
    return _filtered(places, interpolation, 1.0)


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
    taps = _inside(*_chosen(whole, target, interpolation, antialias), whole)
    weights = taps.weights / taps.weights.sum(axis=1, keepdims=True)
    return _inside(taps.starts + offset, weights, size)


@lru_cache(maxsize=64)
def transposed_taps(size: int, *options: object) -> Taps:
    """What brings a gradient back: the taps that belong to the transposed matrix of axis_taps(size, *options)."""
    matrix = axis_taps(size, *options).matrix(size).T
    used = matrix != 0
    first, end = used.argmax(axis=1), len(matrix[0]) - used[:, ::-1].argmax(axis=1)
    widest = int(np.where(used.any(axis=1), end - first, 1).max())
    starts = np.minimum(first, matrix.shape[1] - widest)
    return _shared(starts, np.take_along_axis(matrix, starts[:, np.newaxis] + np.arange(widest), axis=1))
