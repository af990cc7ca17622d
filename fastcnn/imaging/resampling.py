"""Resizing: one matrix of weights for each axis, so that its gradient is the transposed matrices."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from fastcnn.switching import get_backend

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


def check_interpolation(owner: str, interpolation: object, allowed: tuple[str, ...] = INTERPOLATIONS) -> str:
    """The interpolation's name in lower case.

    Raises:
        ValueError: for one that there is not; lists those that there are.
    """
    name = str(interpolation).lower()
    if name not in allowed:
        raise ValueError(f"{owner}: interpolation must be one of {', '.join(allowed)}. Received: {interpolation!r}")
    return name


@lru_cache(maxsize=64)
def axis_weights(size: int, target: int, interpolation: str = "bilinear", antialias: bool = False) -> np.ndarray:
    """The (target, size) float64 matrix that resamples one axis; every row adds up to 1.

    Pixels are cells with half-pixel centres: output i lies at (i + 0.5) * size / target - 0.5. With antialias the
    kernel is widened when the axis shrinks, so that every input pixel counts ("nearest" and "area" never change).
    Source: TensorFlow's documentation of tf.image.resize; Keys 1981; Mitchell and Netravali 1988.
    """
    check_interpolation("resize", interpolation)
    step = size / target
    places = (np.arange(target) + 0.5) * step - 0.5
    if interpolation == "nearest":
        chosen = np.minimum(np.floor(places + 0.5).astype(int), size - 1)
        weights = np.eye(size)[chosen]
    elif interpolation == "area":
        cells = np.arange(size)
        starts = (np.arange(target) * step)[:, None]
        weights = np.clip(np.minimum(cells + 1, starts + step) - np.maximum(cells, starts), 0, None)
    elif interpolation == "bilinear" and not antialias:
        weights = _triangle(np.clip(places, 0, size - 1)[:, None] - np.arange(size))
    else:
        if interpolation == "bicubic" and not antialias:
            floor = np.floor(places)
            places = floor + np.rint((places - floor) * _BICUBIC_STEPS) / _BICUBIC_STEPS
        radius, kernel = _KERNELS[interpolation]
        width = max(step, 1.0) if antialias else 1.0
        distance = (np.arange(size) - places[:, None]) / width
        weights = np.where(np.abs(distance) <= radius, kernel(distance), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    weights.flags.writeable = False
    return weights


def apply_axes(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """images (N, H, W, C) with rows (OH, H) and columns (OW, W) applied: (N, OH, OW, C), in the images' float type."""
    rows, columns = rows.astype(images.dtype, copy=False), columns.astype(images.dtype, copy=False)
    n, height, width, channels = images.shape
    by_rows = (rows @ images.reshape(n, height, width * channels)).reshape(n, len(rows), width, channels)
    resized = np.tensordot(by_rows, columns, axes=(2, 1))  # (N, OH, C, OW): one large product
    return np.ascontiguousarray(resized.swapaxes(2, 3))


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

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """The resized images, in the images' own float type."""
        if self._has_kernel and images.dtype == np.float32:
            resized = np.empty((len(images), *self.size, images.shape[3]), np.float32)
            for image, target in zip(images, resized, strict=True):
                self._by_kernel(image, target)
            return resized
        rows, columns, border = self.matrices(*images.shape[1:3])
        resized = apply_axes(images, rows, columns)
        if border is not None:
            resized += border[..., None].astype(resized.dtype)
        return resized

    def into(self, photo: np.ndarray, slot: np.ndarray, scale: float = 1.0) -> None:
        """Writes one resized photo (H, W, C) uint8 or float32 to `slot`: (height, width, OC) float32, OC <= C.

        scale multiplies the result.
        """
        if self._has_kernel:
            self._by_kernel(photo, slot)
        else:
            slot[...] = self(photo[np.newaxis, :, :, : slot.shape[2]].astype(np.float32))[0]
        slot *= np.float32(scale)

    @property
    def _has_kernel(self) -> bool:
        return self.interpolation in ("nearest", "bilinear") and not self.antialias and not self.pad

    def gradient(self, dy: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """The gradient of the images (N, H, W, C) = shape, from that of the result."""
        rows, columns, _ = self.matrices(*shape[1:3])
        return apply_axes(dy, np.ascontiguousarray(rows.T), np.ascontiguousarray(columns.T))

    def _by_kernel(self, image: np.ndarray, target: np.ndarray) -> None:
        """The same by the kernel for affine maps: no product with matrices that are mostly 0."""
        sizes = image.shape[:2]
        (top, height), (left, width) = ((abs(p - s) // 2, p) for p, s in zip(self._used(*sizes), sizes, strict=True))
        steps = [height / self.size[0], width / self.size[1]]
        matrix = np.array([[steps[0], 0, steps[0] / 2 - 0.5], [0, steps[1], steps[1] / 2 - 0.5]])
        options = {"order": int(self.interpolation == "bilinear"), "fill_mode": "nearest", "cval": 0.0, "scale": 1.0}
        source = np.ascontiguousarray(image[top : top + height, left : left + width])
        get_backend().image_affine(source, target, matrix, **options, flip_horizontal=False, flip_vertical=False)

    def _used(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns of the part that is resized: less than the image has (crop), or more (pad)."""
        rows, columns = self.size
        if self.crop:
            return max(min(height, width * rows // columns), 1), max(min(width, height * columns // rows), 1)
        if self.pad:
            return max(height, width * rows // columns), max(width, height * columns // rows)
        return height, width

    def matrices(self, height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Weights of rows and columns over the image as it is, and what the border adds, (height, width) or None."""
        axes = []
        for size, part, target in zip((height, width), self._used(height, width), self.size, strict=True):
            before = abs(part - size) // 2
            if part > size:  # the border is as wide before as after
                weights = axis_weights(size + 2 * before, target, self.interpolation, self.antialias)
                weights = weights[:, before : before + size]
            else:
                weights = np.zeros((target, size))
                weights[:, before : before + part] = axis_weights(part, target, self.interpolation, self.antialias)
            axes.append(weights)
        if not self.pad or not self.fill_value:
            return *axes, None
        inside = np.multiply.outer(*(weights.sum(axis=1) for weights in axes))  # the rest to 1 fell on the border
        return *axes, (1 - inside) * self.fill_value
