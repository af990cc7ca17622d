"""What everybody does, and how it is timed: the same photos, settings and matrices for all."""

import time
from collections.abc import Callable, Iterator

import numpy as np

SIZE, BATCH = (256, 256), 32
RESCALE = {"rescale": 1 / 255}
CHANGES = RESCALE | {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True}
TUTORIAL, SMALL = "tutorial 256x256", "cats/dogs 64x64"
# (rows, columns) of the place that an output pixel (row, column, 1) reads: what the changes above may draw, and a turn.
MATRICES = {
    "shear and zoom": np.array([[0.9, -0.0031, 13.1], [0.0, 1.1, -12.8]]),
    "rotation": np.array([[0.94, -0.342, 51.3], [0.342, 0.94, -36.0]]),
}

# A measurement: the way it was done, and what each repeat took.
Measured = Iterator[tuple[str, list[float]]]


def photo() -> np.ndarray:
    """A photo (256, 256, 3) uint8: smooth shapes with grain."""
    rows, columns = np.mgrid[:256, :256]
    planes = [128 + 100 * np.sin(rows / (9 + 4 * c) + columns / (17 - 3 * c)) for c in range(3)]
    grain = np.random.default_rng(1).normal(0, 8, (256, 256, 3))
    return np.clip(np.stack(planes, axis=2) + grain, 0, 255).astype(np.uint8)


def epochs(batches: Iterator, length: int, count: int) -> list[float]:
    """Seconds a photo in each of `count` epochs of `length` batches, one after the other."""
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        seen = sum(len(next(batches)[0]) for _ in range(length))
        taken.append((time.perf_counter() - start) / seen)
    return taken


def for_seconds(seconds: float, measure: Callable[[], list[float]]) -> list[float]:
    """The findings of `measure`, called at least once and until the time is up."""
    found: list[float] = []
    end = time.perf_counter() + seconds
    while not found or time.perf_counter() < end:
        found += measure()
    return found
