"""What the random image layers share: draws for each image of a step, acting in training only, and gradients."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine import calls
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import layout
from fastcnn.layers.base import Shape
from fastcnn.layers.images import ImageLayer
from fastcnn.random import generator, step_generator

Transformation = dict[str, np.ndarray]


class RandomImages(ImageLayer):
    """A layer that changes each image of a batch (N, H, W, C) by random parameters of its own, in training only.

    Called on arrays it changes them too, unless training=False.

    A subclass draws parameters (`draw`), applies them (`change`) and gives the gradient (`change_gradient`).

    seed : integer; None draws one when the layer is built. The same seed and step give the same images.
    """

    random_when_called = True

    def __init__(self, seed: int | None = None, data_format: str | None = None, **kwargs: object):
        super().__init__(data_format, **kwargs)
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        self.seed = self.draw_seed(self.seed)

    def get_config(self) -> dict:
        return super().get_config() | {"seed": self.seed}  # the one that was drawn: a copy goes on with it

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        """Random parameters for images of `shape` (N, H, W, C)."""
        raise NotImplementedError(f"{type(self).__name__} has no draw(rng, shape)")

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        """The images (N, H, W, C), float, after those parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no change(images, transformation)")

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        """The gradient of the images, from that of `change`'s result."""
        raise NotImplementedError(f"{type(self).__name__} has no gradient: put it before the first layer with weights")

    def get_random_transformation(
        self, data: np.ndarray, training: bool = True, seed: int | None = None
    ) -> Transformation | None:
        """Parameters for images (N, H, W, C) or one (H, W, C); None without training, as nothing changes then."""
        if not training:
            return None
        rng = generator() if seed is None else np.random.default_rng(seed)
        return self.draw(rng, self._batch_shape(np.shape(data)))

    def next_transformation(self, shape: Shape) -> Transformation:
        """Parameters for the next call on arrays of `shape`."""
        if self.seed is None:
            self.seed = int(generator().integers(2**32))
        key = np.array([self.seed, self.calls_on_arrays])
        self.calls_on_arrays += 1
        return self.draw(step_generator(key), self._batch_shape(shape))

    def _batch_shape(self, shape: Shape) -> Shape:
        """(N, H, W, C) of images or one image, in the layer's order of axes."""
        shape = shape if len(shape) == 4 else (1, *shape)
        return layout.channels_last(shape) if self.data_format == layout.FIRST else shape

    def transform_images(
        self, images: np.ndarray, transformation: Transformation | None, training: bool = True
    ) -> np.ndarray:
        """Images (N, H, W, C) or one (H, W, C), as floats, changed by what get_random_transformation gave."""
        images = np.asarray(images, self.dtype or "float32")
        if not training or transformation is None:
            return images
        batch = images if images.ndim == 4 else images[None]
        if self.data_format == layout.FIRST:
            changed = np.moveaxis(self.change(np.moveaxis(batch, 1, -1), transformation), -1, 1)
        else:
            changed = self.change(batch, transformation)
        return changed if images.ndim == 4 else changed[0]

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return self.lower_always(builder, x) if builder.training else x

    def lower_always(self, builder: Builder, x: Tensor) -> Tensor:
        """Emits the change, whether in training or not."""
        shape = (x.shape[0], *self.compute_output_shape((None, *x.shape[1:]))[1:])
        return calls.call(builder, _Change(self, builder.key(self.seed)), [x], shape)


class _Change:
    """One random layer in a program; both directions draw the step's numbers again from its key."""

    def __init__(self, layer: RandomImages, key: Tensor):
        self.layer, self.key, self.name = layer, key, type(layer).__name__

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        y[...] = self.layer.change(inputs[0], self._transformation(inputs[0]))

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        gradients[0][...] = self.layer.change_gradient(inputs[0], self._transformation(inputs[0]), dy)

    def _transformation(self, images: np.ndarray) -> Transformation:
        return self.layer.draw(step_generator(self.key.value), images.shape)


def limits(
    layer: str, name: str, factor: float | Sequence[float], least: float, most: float, lower: float | None = None
) -> tuple[float, float]:
    """(low, high) of a factor: two numbers, or one that stands for (-factor, factor), cut off at `lower`.

    Raises:
        ValueError: for anything else, or outside [least, most].
    """
    pair = isinstance(factor, (tuple, list)) and len(factor) == 2
    try:
        low, high = sorted(float(f) for f in factor) if pair else (-abs(float(factor)), abs(float(factor)))
    except (TypeError, ValueError):
        low, high = np.nan, np.nan
    if not pair and lower is not None:
        low = max(low, lower)
    given = (low, high) if pair or np.isnan(low) else (float(factor),)
    if not all(least <= value <= most for value in given):
        expected = f"{name} must be a number or two numbers in [{least:g}, {most:g}]"
        raise ValueError(f"{layer}: {expected}. Received: {factor!r}")
    return low, high


def boxes(starts: np.ndarray, sides: np.ndarray, height: int, width: int) -> np.ndarray:
    """Masks (N, height, width, 1) of boxes that begin at starts (2, N), rows and columns, with these sides (2, N)."""
    inside = [
        (np.arange(size) >= start[:, None]) & (np.arange(size) < (start + side)[:, None])
        for size, start, side in zip((height, width), starts, sides, strict=True)
    ]
    return (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
