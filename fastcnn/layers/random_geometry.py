"""Random layers that move pixels: flips, rotation, zoom, translation, shear, crop."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.program import Builder, Tensor
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.warping import FILL_MODES, warp, warp_gradient
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.random_images import RandomImages, Transformation, limits
from fastcnn.layers.resizing import lower_resize

Factor = float | Sequence[float]
HORIZONTAL, VERTICAL, BOTH = "horizontal", "vertical", "horizontal_and_vertical"


class RandomFlip(RandomImages):
    """Flips each image, left to right and / or upside down, each with probability 0.5 and independently.

    mode : "horizontal", "vertical" or "horizontal_and_vertical".
    """

    def __init__(self, mode: str = BOTH, seed: int | None = None, data_format: str | None = None, **kwargs: object):
        super().__init__(seed, data_format, **kwargs)
        if mode not in (HORIZONTAL, VERTICAL, BOTH):
            raise ValueError(f"RandomFlip: mode must be {HORIZONTAL!r}, {VERTICAL!r} or {BOTH!r}. Received: {mode!r}")
        self.mode = mode

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        flips = rng.random((2, shape[0])) < 0.5
        return {HORIZONTAL: flips[0] & (self.mode != VERTICAL), VERTICAL: flips[1] & (self.mode != HORIZONTAL)}

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        flipped = images.copy()
        for image, source, horizontal, vertical in zip(flipped, images, *transformation.values(), strict=True):
            if horizontal or vertical:
                image[...] = source[:: -1 if vertical else 1, :: -1 if horizontal else 1]
        return flipped

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        return self.change(dy, transformation)


class RandomAffine(RandomImages):
    """What the layers share that map each image by a matrix; a subclass draws and says the matrices.

    fill_mode : where pixels from outside come from: "reflect" (d c b a | a b c d | d c b a), "nearest", "wrap", or
        "constant" (fill_value).
    interpolation : "bilinear" or "nearest".
    """

    def __init__(
        self, fill_mode: str, interpolation: str, seed: int | None, fill_value: float, data_format: str | None, **kwargs
    ):
        super().__init__(seed, data_format, **kwargs)
        name = type(self).__name__
        if fill_mode not in FILL_MODES:
            raise ValueError(f"{name}: fill_mode must be one of {', '.join(FILL_MODES)}. Received: {fill_mode!r}")
        if interpolation not in ("bilinear", "nearest"):
            raise ValueError(f'{name}: interpolation must be "bilinear" or "nearest". Received: {interpolation!r}')
        self.fill_mode, self.interpolation, self.fill_value = fill_mode, interpolation, float(fill_value)

    def matrices(self, transformation: Transformation, height: int, width: int) -> np.ndarray:
        """(N, 2, 3) float64: each maps an output pixel (row, column, 1) to the place in the input that it shows."""
        raise NotImplementedError(f"{type(self).__name__} has no matrices(transformation, height, width)")

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        matrices = self.matrices(transformation, *images.shape[1:3])
        return warp(images, matrices, self.fill_mode, self.fill_value, self.interpolation)

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        matrices = self.matrices(transformation, *dy.shape[1:3])
        return warp_gradient(dy, matrices, self.fill_mode, self.interpolation)


class RandomRotation(RandomAffine):
    """Turns each image about its centre.

    factor : share of a full turn: 0.1 means -36 to 36 degrees, (0, 0.25) 0 to 90 degrees, against the clock.
    """

    def __init__(
        self,
        factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.factor = limits("RandomRotation", "factor", factor, -1, 1)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"angle": 360 * rng.uniform(*self.factor, shape[0])}

    def matrices(self, transformation: Transformation, height: int, width: int) -> np.ndarray:
        angle = np.deg2rad(np.asarray(transformation["angle"], np.float64))
        cos, sin = np.cos(angle), np.sin(angle)
        row, column = (height - 1) / 2, (width - 1) / 2
        rows = [cos, sin, row - cos * row - sin * column]
        columns = [-sin, cos, column + sin * row - cos * column]
        return np.stack([np.stack(rows, 1), np.stack(columns, 1)], 1)


class RandomZoom(RandomAffine):
    """Zooms each image about its centre.

    height_factor : 0.2 means 20 % closer to 20 % further away; positive numbers zoom out, negative ones in.
    width_factor : the same for columns; None keeps the proportions.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        least = np.nextafter(-1, 0)  # -1 would show one point
        self.height_factor = limits("RandomZoom", "height_factor", height_factor, least, 1)
        self.width_factor = None
        if width_factor is not None:
            self.width_factor = limits("RandomZoom", "width_factor", width_factor, least, 1)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        height = 1 + rng.uniform(*self.height_factor, (shape[0], 1))
        width = height if self.width_factor is None else 1 + rng.uniform(*self.width_factor, (shape[0], 1))
        return {"height_zoom": height, "width_zoom": width}

    def matrices(self, transformation: Transformation, height: int, width: int) -> np.ndarray:
        rows, columns = (np.ravel(transformation[name]) for name in ("height_zoom", "width_zoom"))
        none = np.zeros(len(rows))
        to_row = np.stack([rows, none, (1 - rows) * (height - 1) / 2], 1)
        return np.stack([to_row, np.stack([none, columns, (1 - columns) * (width - 1) / 2], 1)], 1)


class RandomTranslation(RandomAffine):
    """Moves each image.

    height_factor, width_factor : shares of the size; positive numbers move down and to the right.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.height_factor = limits("RandomTranslation", "height_factor", height_factor, -1, 1)
        self.width_factor = limits("RandomTranslation", "width_factor", width_factor, -1, 1)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        n, height, width, _ = shape
        down, right = rng.uniform(*self.height_factor, n) * height, rng.uniform(*self.width_factor, n) * width
        return {"translations": np.stack([right, down], 1)}

    def matrices(self, transformation: Transformation, height: int, width: int) -> np.ndarray:
        right, down = np.asarray(transformation["translations"], np.float64).T
        one, none = np.ones(len(right)), np.zeros(len(right))
        return np.stack([np.stack([one, none, -down], 1), np.stack([none, one, -right], 1)], 1)


class RandomShear(RandomAffine):
    """Slants each image, seen from its upper left corner; half of the images the other way.

    x_factor, y_factor : columns moved per row, rows moved per column, up to 1; one number f means 0 to f either way.
    """

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **kwargs)
        self.x_factor, self.y_factor = x_factor, y_factor
        self._x = limits("RandomShear", "x_factor", x_factor, -1, 1)
        self._y = limits("RandomShear", "y_factor", y_factor, -1, 1)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        sign = np.where(rng.random(shape[0]) < 0.5, -1.0, 1.0)
        y, x = rng.uniform(*self._y, shape[0]), rng.uniform(*self._x, shape[0])
        return {"shear_factor": np.stack([x * sign, y * sign], 1)}

    def matrices(self, transformation: Transformation, height: int, width: int) -> np.ndarray:
        x, y = np.asarray(transformation["shear_factor"], np.float64).T
        one, none = np.ones(len(x)), np.zeros(len(x))
        return np.stack([np.stack([one, y, none], 1), np.stack([x, one, none], 1)], 1)


class RandomCrop(RandomImages):
    """Cuts a window of (height, width) out of each image at a random place.

    In prediction, and for images that are too small, the largest middle part of the window's proportions is resized.
    """

    def __init__(
        self, height: int, width: int, seed: int | None = None, data_format: str | None = None, **kwargs: object
    ):
        super().__init__(seed, data_format, **kwargs)
        self.height = arguments.positive("RandomCrop", "height", height)
        self.width = arguments.positive("RandomCrop", "width", width)
        self._fit = Resize(self.height, self.width, crop_to_aspect_ratio=True)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        super().compute_output_shape(input_shape)
        return (input_shape[0], self.height, self.width, input_shape[3])

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        n, height, width, _ = shape
        if self._too_small(height, width):
            return {"top": np.zeros(n, int), "left": np.zeros(n, int)}
        return {
            "top": rng.integers(0, height - self.height, n, endpoint=True),
            "left": rng.integers(0, width - self.width, n, endpoint=True),
        }

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        if self._too_small(*images.shape[1:3]):
            return self._fit(images)
        windows = zip(images, transformation["top"], transformation["left"], strict=True)
        return np.stack([image[top : top + self.height, left : left + self.width] for image, top, left in windows])

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        if self._too_small(*images.shape[1:3]):
            return self._fit.gradient(dy, np.empty_like(images))
        dx = np.zeros_like(images)
        for image, top, left, part in zip(dx, transformation["top"], transformation["left"], dy, strict=True):
            image[top : top + self.height, left : left + self.width] = part
        return dx

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return super().lower(builder, x) if builder.training else lower_resize(builder, x, self._fit)

    def _too_small(self, height: int, width: int) -> bool:
        return height < self.height or width < self.width
