"""Interpolation along one axis, as the matrix whose rows are the weights of each output pixel.

Pixel centres lie at halves (0.5, 1.5, ...), samples outside the image have no weight, and the rest add up to 1.
Sources: Keys 1981 for bicubic (a = -1/2); the windowed sinc of Lanczos. TensorFlow rounds bicubic distances to 1/1024.
"""

from collections.abc import Callable

import numpy as np


def _triangle(distance: np.ndarray) -> np.ndarray:
    return np.maximum(1 - distance, 0)


def _keys(distance: np.ndarray) -> np.ndarray:
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0))


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda distance: np.where(distance < radius, np.sinc(distance) * np.sinc(distance / radius), 0)


KERNELS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bilinear": _triangle,
    "bicubic": _keys,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


def weights(size: int, length: int, interpolation: str) -> np.ndarray:
    """(length, size) float64: the weight of each of `size` pixels in each of `length` >= `size` output pixels."""
    centres = (np.arange(length) + 0.5) * size / length
    weight = KERNELS[interpolation](np.abs(np.arange(size) + 0.5 - centres[:, None]))
    return weight / weight.sum(axis=1, keepdims=True)
