"""scipy.ndimage.affine_transform, called once a channel as Keras does."""

from pathlib import Path

import numpy as np
import scipy
from scipy import ndimage

from bench.images.work import MATRICES, SIZE, Measured, photo
from bench.peers.measure import repeated


class Contestant:
    """The affine kernel alone; it has one thread."""

    def __init__(self, photos: Path):
        self.version = f"SciPy {scipy.__version__}"

    def affine(self, seconds: float) -> Measured:
        """float32 to float32, each channel in memory of its own."""
        x = np.ascontiguousarray(np.moveaxis(photo(), 2, 0), np.float32)
        y = np.empty((3, *SIZE), np.float32)

        def run(matrix: np.ndarray) -> None:
            for channel, out in zip(x, y, strict=True):
                options = {"offset": matrix[:, 2], "order": 1, "mode": "nearest", "output": out}
                ndimage.affine_transform(channel, matrix[:, :2], **options)

        for name, matrix in MATRICES.items():
            taken = repeated(lambda m=matrix: run(m))(seconds / 2)
            self.result = np.moveaxis(y, 0, 2)
            yield f"{name}, float32 to float32", taken
