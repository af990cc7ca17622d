"""Layers that disturb their input in training: noise, and dropout of whole feature maps."""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn.engine import calls
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape
from fastcnn.random import step_generator

# Klambauer, Unterthiner, Mayr and Hochreiter 2017: what selu leaves alone, minus alpha * scale
_SELU_FLOOR = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946


class Noise(Layer):
    """x * factor + offset in training, factor and offset drawn for every step; else nothing happens.

    seed : integer; None draws one when the layer is built. The same seed and step give the same numbers.
    """

    elementwise = True

    def __init__(self, seed: int | None = None, **kwargs: object):
        super().__init__(**kwargs)
        self.seed = seed

    def build(self, input_shape: Shape) -> None:
        self.seed = self.draw_seed(self.seed)

    def get_config(self) -> dict:
        return super().get_config() | {"seed": self.seed}  # the one that was drawn: a copy goes on with it

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: np.dtype) -> tuple:
        """(factor, offset) for an input of `shape`; each an array that fits it, or a number."""
        raise NotImplementedError(f"{type(self).__name__} has no draw(rng, shape, dtype)")

    @property
    def active(self) -> bool:
        """Whether there is anything to do in training."""
        return True

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        if not builder.training or not self.active:
            return x
        return calls.call(builder, _Disturb(self, builder.key(self.seed)), [x], x.shape)


class _Disturb:
    """A Noise layer in a program; both directions draw the step's numbers again from its key."""

    def __init__(self, layer: Noise, key: Tensor):
        self.layer, self.key, self.name = layer, key, type(layer).__name__

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        factor, offset = self._drawn(inputs[0])
        np.multiply(inputs[0], factor, out=y)
        y += offset

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        np.multiply(dy, self._drawn(inputs[0])[0], out=gradients[0])

    def _drawn(self, x: np.ndarray) -> tuple:
        drawn = self.layer.draw(step_generator(self.key.value), x.shape, x.dtype)
        return tuple(np.asarray(value, x.dtype) for value in drawn)


class GaussianNoise(Noise):
    """x + normal noise of standard deviation `stddev`, in training only."""

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: object):
        super().__init__(seed, **kwargs)
        if not stddev >= 0:
            raise ValueError(f"GaussianNoise: stddev must not be negative. Received: {stddev!r}")
        self.stddev = float(stddev)

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: np.dtype) -> tuple:
        return 1, rng.standard_normal(shape, dtype) * dtype.type(self.stddev)

    @property
    def active(self) -> bool:
        return self.stddev > 0


class _Rated(Noise):
    """With a rate; `below_one` where 1 would divide by 0."""

    below_one = False

    def __init__(self, rate: float, seed: int | None = None, **kwargs: object):
        super().__init__(seed, **kwargs)
        self.rate = rate_of(type(self).__name__, rate, self.below_one)

    @property
    def active(self) -> bool:
        return self.rate > 0


class GaussianDropout(_Rated):
    """x * normal noise of mean 1 and standard deviation sqrt(rate / (1 - rate)), in training only."""

    below_one = True

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: np.dtype) -> tuple:
        return 1 + rng.standard_normal(shape, dtype) * dtype.type(math.sqrt(self.rate / (1 - self.rate))), 0


class AlphaDropout(_Rated):
    """Dropout that goes with selu: what is dropped becomes selu's lower limit, mean and variance stay.

    noise_shape : as for Dropout.
    """

    below_one = True

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = noise_shape

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        noise_shape_for("AlphaDropout", self.noise_shape, input_shape)

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: np.dtype) -> tuple:
        kept = kept_of(rng, self.rate, noise_shape_for("AlphaDropout", self.noise_shape, shape))
        a = ((1 - self.rate) * (1 + self.rate * _SELU_FLOOR**2)) ** -0.5
        return a * kept, a * _SELU_FLOOR * (~kept - self.rate)


class MaskedDropout(_Rated):
    """Dropout whose mask is smaller than the input and repeated over the rest; a subclass says its shape."""

    def mask_shape(self, shape: Shape) -> Shape:
        """Shape of the mask for an input of `shape`."""
        raise NotImplementedError(f"{type(self).__name__} has no mask_shape(shape)")

    def draw(self, rng: np.random.Generator, shape: Shape, dtype: np.dtype) -> tuple:
        return kept_of(rng, self.rate, self.mask_shape(shape)) / max(1 - self.rate, np.finfo(np.float32).tiny), 0


class SpatialDropout1D(MaskedDropout):
    """Dropout of whole features of (batch, steps, features): dropped at every step or at none."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("SpatialDropout1D", input_shape, 3, "(batch, steps, features)")
        return input_shape

    def mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], 1, shape[2])


class SpatialDropout2D(MaskedDropout):
    """Dropout of whole channels of (batch, rows, columns, channels): dropped in the whole image or nowhere."""

    elementwise = False

    def __init__(self, rate: float, data_format: str | None = None, seed: int | None = None, **kwargs: object):
        super().__init__(rate, seed, **kwargs)
        self.data_format = arguments.data_format("SpatialDropout2D", data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("SpatialDropout2D", input_shape, 4, "(batch, rows, columns, channels)")
        return input_shape

    def mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], 1, 1, shape[3])


def rate_of(layer: str, rate: float, below_one: bool = False) -> float:
    """The rate as a float in [0, 1], or [0, 1)."""
    if isinstance(rate, bool) or not isinstance(rate, (int, float, np.number)) or not 0 <= rate <= 1 - below_one * 1e-7:
        allowed = "[0, 1)" if below_one else "[0, 1]"
        raise ValueError(f"{layer}: rate must be in {allowed}. Received: {rate!r}")
    return float(rate)


def kept_of(rng: np.random.Generator, rate: float, shape: Shape) -> np.ndarray:
    """Which elements stay: each with probability 1 - rate."""
    return rng.random(shape, np.float32) >= np.float32(rate)


def noise_shape_for(layer: str, noise_shape: Sequence[int | None] | None, shape: Shape) -> Shape:
    """The mask's shape for an input of `shape`: None stands for the input's own size.

    Raises:
        ValueError: when a size is neither the input's nor 1.
    """
    if noise_shape is None:
        return shape
    given = tuple(noise_shape)
    if len(given) != len(shape) or any(n not in (None, 1) and n != s for n, s in zip(given, shape, strict=True)):
        expected = f"noise_shape must hold, for each axis of an input of shape {shape}, its size, None or 1"
        raise ValueError(f"{layer}: {expected} (None for the batch). Received: {noise_shape!r}")
    return tuple(s if n is None else n for n, s in zip(given, shape, strict=True))
