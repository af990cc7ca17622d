"""One batch of photos, filled in independent parts that may run in any thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fastcnn.data.photos import Photos

# Parts of a batch: enough to share it out evenly, few enough that their hand-over costs nothing.
_PARTS = 8


@dataclass(frozen=True)
class Filled:
    """A finished batch: photos x, their positions in the source, and False in `present` for those left out."""

    x: np.ndarray
    indices: np.ndarray
    present: np.ndarray


class BatchJob:
    """The photos of one batch; see fastcnn.data.ahead.Job.

    indices : which photos, in their order in the batch.
    x : (len(indices), ...) to be filled.
    fill : called with a slot of x, a photo and its position in the batch; writes all of the slot.
    """

    def __init__(
        self, photos: Photos, indices: np.ndarray, x: np.ndarray, fill: Callable[[np.ndarray, np.ndarray, int], None]
    ):
        self._photos, self._indices, self._x, self._fill = photos, indices, x, fill
        self._present = np.ones(len(indices), bool)
        self._step = -(-len(indices) // _PARTS)
        self.size = -(-len(indices) // self._step)

    def run(self, part: int) -> None:
        """Fills a few photos.

        Raises:
            ImageError: for a photo that cannot be used and may not be left out.
        """
        for position in range(part * self._step, min((part + 1) * self._step, len(self._indices))):
            photo = self._photos.photo(int(self._indices[position]))
            if photo is None:
                self._x[position], self._present[position] = 0, False
            else:
                self._fill(self._x[position], photo, position)

    def result(self) -> Filled:
        """The batch."""
        return Filled(self._x, self._indices, self._present)


def weighted(x: Any, y: Any, present: np.ndarray, weights: np.ndarray | None) -> tuple:
    """Returns (x, y), or (x, y, sample weights) when there are weights or photos left out, whose weight is 0."""
    if not present.all():
        weights = present.astype(np.float32) * (1 if weights is None else weights)
    return (x, y) if weights is None else (x, y, weights)
