"""OpenCV's warpAffine: bilinear, edges repeated, one thread."""

from pathlib import Path

import cv2
import numpy as np

from bench.images.work import MATRICES, SIZE, Measured, photo
from bench.peers.measure import repeated

HOW = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REPLICATE}


class Contestant:
    """The affine kernel alone."""

    def __init__(self, photos: Path):
        cv2.setNumThreads(1)
        self.version = f"OpenCV {cv2.__version__}"

    def affine(self, seconds: float) -> Measured:
        """Bytes to bytes (rounded), bytes to bytes to float32, and float32 to float32, into memory that is there."""
        x, rounded, y = photo(), np.empty((*SIZE, 3), np.uint8), np.empty((*SIZE, 3), np.float32)
        exact = x.astype(np.float32)
        for name, matrix in MATRICES.items():
            # OpenCV counts (x, y), columns first.
            m = np.array([[matrix[1, 1], matrix[1, 0], matrix[1, 2]], [matrix[0, 1], matrix[0, 0], matrix[0, 2]]])

            def to_bytes(m: np.ndarray = m) -> None:
                cv2.warpAffine(x, m, SIZE, dst=rounded, **HOW)

            def to_bytes_to_floats(m: np.ndarray = m) -> None:
                cv2.warpAffine(x, m, SIZE, dst=rounded, **HOW)
                np.copyto(y, rounded)

            def to_floats(m: np.ndarray = m) -> None:
                cv2.warpAffine(exact, m, SIZE, dst=y, **HOW)

            ways = {"uint8 to uint8": to_bytes, "uint8 to uint8 to float32": to_bytes_to_floats}
            for way, call in (ways | {"float32 to float32": to_floats}).items():
                taken = repeated(call)(seconds / 6)
                self.result = rounded if way == "uint8 to uint8" else y
                yield f"{name}, {way}", taken
