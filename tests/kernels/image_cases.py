"""Shape cases of the kernels that change a photo's colours or an image's size."""

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


def _starts(size: int, taps: int) -> Callable:
    """Any places at which all taps lie inside, the first and the last among them."""

    def starts(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
        places = rng.integers(0, size - taps + 1, shape).astype(np.int32)
        places[0], places[-1] = size - taps, 0
        return places

    return starts


RESAMPLED = [  # (H, W), (OH, OW), taps of rows and of columns
    ((9, 12), (7, 5), (2, 2)),
    ((5, 4), (11, 19), (2, 2)),
    ((21, 26), (8, 9), (4, 4)),
    ((6, 33), (6, 7), (1, 6)),
    ((17, 9), (3, 10), (11, 1)),
    ((14, 40), (2, 3), (14, 40)),
    ((1, 1), (3, 2), (1, 1)),
    ((13, 8), (1, 1), (3, 5)),
    ((8, 8), (4, 8), (7, 3)),
    ((8, 3), (2, 2), (6, 2)),
    ((9, 2), (2, 3), (5, 2)),
]


def resampled() -> Iterator[Case]:
    """One photo of both types with as many channels as are wanted and more, and images of many channels."""
    for (size, out, taps), (c, oc) in product(RESAMPLED, [(1, 1), (3, 3), (4, 3), (4, 4), (3, 2), (2, 2), (9, 7)]):
        shapes, fill = _resampling(size, out, taps)
        shapes = {"x": (*size, c), "y": (*out, oc)} | shapes
        for photo in (_bytes, _floats):
            yield Case("image_resample", shapes, {}, {"x": photo} | fill, terms=taps[0] * taps[1])
    for (size, out, taps), n, c in product(RESAMPLED, (1, 3), (1, 3, 4, 5, 8, 11, 32)):
        shapes, fill = _resampling(size, out, taps)
        shapes = {"x": (n, *size, c), "y": (n, *out, c)} | shapes
        yield Case("images_resample", shapes, {}, fill, terms=taps[0] * taps[1])
    shapes, fill = _resampling((60, 40), (120, 80), (2, 2))  # enough for more than one thread
    yield Case("images_resample", {"x": (2, 60, 40, 6), "y": (2, 120, 80, 6)} | shapes, {}, fill, terms=4)


def _resampling(size: tuple[int, int], out: tuple[int, int], taps: tuple[int, int]) -> tuple[dict, dict]:
    shapes = {"rows": (out[0], taps[0]), "row_starts": out[:1], "columns": (out[1], taps[1]), "column_starts": out[1:]}
    return shapes, {"row_starts": _starts(size[0], taps[0]), "column_starts": _starts(size[1], taps[1])}
