"""Resizing images: a few weighted pixels for each output pixel of an axis, and its gradient by the transposed taps."""

import numpy as np

from fastcnn.imaging.taps import Taps, axis_taps, transposed_taps
from fastcnn.switching import get_backend


class Resize:
    """Images (N, H, W, C) to (N, height, width, C), and the gradient of that.

    crop_to_aspect_ratio : cuts the middle of the target's proportions out first.
    pad_to_aspect_ratio : adds borders of fill_value first, so that the proportions stay.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        antialias: bool = False,
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_value: float = 0.0,
    ):
        self.size = (height, width)
        self.interpolation, self.antialias = interpolation, bool(antialias)
        self.crop, self.pad = crop_to_aspect_ratio, pad_to_aspect_ratio
        self.fill_value = fill_value

    def __call__(self, images: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """The resized images, in the images' own float type, in `out` if that is given."""
        resized = np.empty((len(images), *self.size, images.shape[3]), images.dtype) if out is None else out
        rows, columns = (axis_taps(*options) for options in self._options(*images.shape[1:3]))
        _resample(images, resized, rows, columns)
        if (border := self._border(rows, columns)) is not None:
            resized += border[..., np.newaxis].astype(resized.dtype)
        return resized

    def into(self, photo: np.ndarray, slot: np.ndarray, scale: float = 1.0) -> None:
        """Writes one resized photo (H, W, C) uint8 or float32 to `slot`: (height, width, OC) float32, OC <= C.

        It runs on the calling thread, since photos are what threads share. scale multiplies the result.
        """
        rows, columns = (axis_taps(*options) for options in self._options(*photo.shape[:2]))
        weights = np.float32(rows.weights * scale), rows.starts, np.float32(columns.weights), columns.starts
        get_backend().image_resample(np.ascontiguousarray(photo), slot, *weights)
        if (border := self._border(rows, columns)) is not None:
            slot += np.float32(border * scale)[..., np.newaxis]

    def gradient(self, dy: np.ndarray, dx: np.ndarray) -> np.ndarray:
        """Fills dx (N, H, W, C), the gradient of the images, from that of the result; returns it."""
        _resample(dy, dx, *(transposed_taps(*options) for options in self._options(*dx.shape[1:3])))
        return dx

    def matrices(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Weights of rows and columns over the image as it is, and what the border adds, (height, width) or None."""
        rows, columns = (axis_taps(*options) for options in self._options(height, width))
        return rows.matrix(height), columns.matrix(width), self._border(rows, columns)

    def _options(self, height: int, width: int) -> list[tuple]:
        """The arguments of axis_taps for rows and for columns."""
        axes = zip((height, width), self.size, self._used(height, width), strict=True)
        return [(size, target, self.interpolation, self.antialias, used) for size, target, used in axes]

    def _used(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the part that is resized: less than the image has (crop), or more (pad)."""
        rows, columns = self.size
        if self.crop:
            return max(min(height, width * rows // columns), 1), max(min(width, height * columns // rows), 1)
        if self.pad:
            return max(height, width * rows // columns), max(width, height * columns // rows)
        return height, width

    def _border(self, rows: Taps, columns: Taps) -> np.ndarray | None:
        """What the border adds to each pixel, (height, width): the rest to 1 of its weights."""
        if not self.pad or not self.fill_value:
            return None
        return (1 - np.multiply.outer(rows.weights.sum(axis=1), columns.weights.sum(axis=1))) * self.fill_value


def _resample(x: np.ndarray, y: np.ndarray, rows: Taps, columns: Taps) -> None:
    """Fills y (N, OH, OW, C) from x (N, H, W, C)."""
    weights = [part for taps in (rows, columns) for part in (taps.weights.astype(y.dtype, copy=False), taps.starts)]
    get_backend().images_resample(np.ascontiguousarray(x), y, *weights)
