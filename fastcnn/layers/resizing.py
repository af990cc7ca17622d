"""Layers that give images another size, in training and prediction alike."""

import numpy as np

from fastcnn.engine import calls
from fastcnn.engine.program import Builder, Tensor
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.taps import check_interpolation
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.images import ImageLayer


class Resizing(ImageLayer):
    """Images (N, H, W, C) to (N, height, width, C), by half-pixel centres as tf.image.resize does.

    interpolation : "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic".
    crop_to_aspect_ratio : cuts the middle of the target's proportions out first, instead of distorting.
    pad_to_aspect_ratio : adds borders of fill_value first.
    antialias : widens the filter when images shrink.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(data_format, **kwargs)
        self.height = arguments.positive("Resizing", "height", height)
        self.width = arguments.positive("Resizing", "width", width)
        self.interpolation = check_interpolation("Resizing", interpolation)
        if crop_to_aspect_ratio and pad_to_aspect_ratio:
            raise ValueError("Resizing: give crop_to_aspect_ratio or pad_to_aspect_ratio, not both")
        if fill_mode != "constant":
            raise ValueError(f'Resizing: fill_mode must be "constant" (fill_value). Received: {fill_mode!r}')
        ratio = {"crop_to_aspect_ratio": crop_to_aspect_ratio, "pad_to_aspect_ratio": pad_to_aspect_ratio}
        size = (self.height, self.width)
        self._resize = Resize(*size, self.interpolation, antialias, **ratio, fill_value=float(fill_value))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        super().compute_output_shape(input_shape)
        return (input_shape[0], self.height, self.width, input_shape[3])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return lower_resize(builder, x, self._resize)


class CenterCrop(ImageLayer):
    """The middle window of (height, width) of each image.

    Images that are too small are cut to the window's proportions and resized.
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **kwargs: object):
        super().__init__(data_format, **kwargs)
        self.height = arguments.positive("CenterCrop", "height", height)
        self.width = arguments.positive("CenterCrop", "width", width)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        super().compute_output_shape(input_shape)
        return (input_shape[0], self.height, self.width, input_shape[3])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        _, height, width, channels = x.shape
        if height < self.height or width < self.width:
            return lower_resize(builder, x, Resize(self.height, self.width, crop_to_aspect_ratio=True))
        window = _Window((height - self.height) // 2, (width - self.width) // 2, self.height, self.width)
        return calls.call(builder, window, [x], (x.shape[0], self.height, self.width, channels))


def lower_resize(builder: Builder, x: Tensor, resize: Resize) -> Tensor:
    """Emits a Resize of images x."""
    return calls.call(builder, _Resized(resize), [x], (x.shape[0], *resize.size, x.shape[3]))


class _Resized:
    """A Resize as a call of a program."""

    name = "resize"

    def __init__(self, resize: Resize):
        self.resize = resize

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        self.resize(inputs[0], y)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        self.resize.gradient(dy, gradients[0])


class _Window:
    """The same window of every image."""

    name = "window"

    def __init__(self, top: int, left: int, height: int, width: int):
        self.part = (slice(None), slice(top, top + height), slice(left, left + width))

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        y[...] = inputs[0][self.part]

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        gradients[0][...] = 0
        gradients[0][self.part] = dy
