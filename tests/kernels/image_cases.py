"""Shape cases of the kernels that change a photo's colours."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from tests.kernels.cases import Case

SETTINGS = [  # shift, brightness, scale, center, normalise
    (0.0, None, 1.0, False, False),
    (0.0, None, 1 / 255, False, False),
    (31.0, None, 1 / 255, False, False),
    (-77.5, None, 2.0, False, False),
    (0.0, 1.3, 1.0, False, False),
    (12.0, 0.4, 1 / 255, False, False),
    (0.0, 1.0, 1 / 255, True, False),
    (0.0, None, 1 / 255, True, True),
    (-20.0, 1.7, 0.5, True, True),
]


def _bytes(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    return rng.integers(0, 256, shape).astype(np.uint8)


def _floats(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Halves between bytes, so that no rounding decides which whole number they are cut to."""
    return (rng.integers(0, 255, shape) + 0.5).astype(np.float32)


def _beyond(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Values on both sides of 0..255."""
    return (rng.integers(-500, 700, shape) + 0.5).astype(np.float32)


def _constant(value: float) -> Callable:
    return lambda rng, shape, dtype: np.full(shape, value, np.float32)


def tones() -> Iterator[Case]:
    """Every step and all of them; as many channels as are wanted and more; lengths around a vector's."""
    sizes = [(7, 9, 3, 3), (8, 16, 4, 3), (5, 11, 1, 1), (6, 13, 4, 4), (1, 1, 3, 3), (4, 3, 7, 6), (33, 31, 4, 3)]
    for (h, w, c, oc), setting, fill in product(sizes, SETTINGS, (_bytes, _floats, _beyond)):
        shift, brightness, scale, center, normalise = setting
        params = {"shift": shift, "brightness": brightness, "scale": scale, "center": center, "normalise": normalise}
        shapes = {"x": (h, w, c), "y": (h, w, oc), "offset": (oc,), "factor": (oc,)}
        tables = {}
        if not center:
            tables = {
                "offset": lambda r, s, d: np.zeros(s, np.float32),
                "factor": lambda r, s, d: np.ones(s, "float32"),
            }
        yield Case("image_tones", shapes, params, {"x": fill} | tables, terms=h * w * oc)
