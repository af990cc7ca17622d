"""Layers that scale and shift by numbers which are not trained: given ones, or the statistics of a data set."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from fastcnn.arrays import with_numpy
from fastcnn.engine import calls
from fastcnn.engine.ops.dense import scale
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.moments import axes_of

_LEAST = 1e-7  # a smaller standard deviation counts as this one


class Rescaling(Layer):
    """x * scale + offset, for instance Rescaling(1 / 255) for bytes to [0, 1].

    scale, offset : a number each, or one for each channel (channels_first: if the configuration says so).
    """

    elementwise = True

    def __init__(self, scale: float | Sequence[float], offset: float | Sequence[float] = 0.0, **kwargs: object):
        super().__init__(**kwargs)
        numbers = [np.asarray(value, np.float64) for value in (scale, offset)]
        if any(value.ndim > 1 for value in numbers):
            raise ValueError(
                f"Rescaling: scale and offset must be numbers, or one for each channel. Received: {scale!r}"
            )
        self.scale, self.offset = (value.tolist() for value in numbers)
        self._of_channels = any(value.ndim for value in numbers)
        if self._of_channels:
            self.elementwise, self.data_format = False, arguments.data_format("Rescaling", None)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        for values in (self.scale, self.offset):
            if isinstance(values, list) and len(values) not in (1, input_shape[-1]):
                expected = f"one number, or one for each of {input_shape[-1]} channels"
                raise ValueError(f"Rescaling: scale and offset must be {expected}. Received: {len(values)} numbers")
        return input_shape

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        if not self._of_channels:
            return scale(builder, x, self.scale, self.offset)
        kept = (x.shape[-1],)
        return calls.call(builder, _Scaled(self, (1,) * (len(x.shape) - 1) + kept, kept), [x], x.shape)

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        """(scale, offset), float64."""
        return np.asarray(self.scale, np.float64), np.asarray(self.offset, np.float64)


class Normalization(Layer):
    """(x - mean) / sqrt(variance), by numbers that are given or that `adapt(data)` finds.

    axis : axes that have means and variances of their own; None: one for all. mean, variance : for these axes.
    invert : computes x * sqrt(variance) + mean instead.
    Weights, unless mean and variance are given: mean, variance, count (unused, as in Keras's files).
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: object = None,
        variance: object = None,
        invert: bool = False,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ValueError(f"Normalization: give both mean and variance, or neither. Received: {mean}, {variance}")
        self.axis, self.invert = axis, invert
        self._given = None if mean is None else (np.asarray(mean, np.float64), np.asarray(variance, np.float64))
        if self._given and self._given[0].shape != self._given[1].shape:
            shapes = f"{self._given[0].shape} and {self._given[1].shape}"
            raise ValueError(f"Normalization: mean and variance must have the same shape. Received: {shapes}")
        self._adapted: tuple[np.ndarray, np.ndarray] | None = None
        self._own: list[Variable] = []

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._sizes(input_shape)
        return input_shape

    def build(self, input_shape: Shape) -> None:
        kept = self._axes(len(input_shape))
        self.any_size = kept in ((), (len(input_shape) - 1,))
        if self._given:
            return
        shape = tuple(input_shape[axis] for axis in kept)
        self._own = [self.add_weight(shape, "zeros", name="mean"), self.add_weight(shape, "ones", name="variance")]
        count = Variable(np.zeros((), np.int32), f"{self.name}/count", False)
        self._variables.append(count)
        for variable in self._variables:
            variable.trainable = False
        if self._adapted is not None:
            self._assign()

    def adapt(self, data: np.ndarray | Iterable, batch_size: int | None = None, steps: int | None = None) -> None:
        """Finds mean and variance of an array, or of all batches of a data set: arrays, or tuples whose first is x.

        batch_size : accepted as Keras does; an array is taken whole. steps : how many batches of a data set count.
        """
        count, mean, squares = 0, 0.0, 0.0
        for batch in _batches(data, steps):
            x = np.asarray(batch, np.float64)
            kept = self._axes(x.ndim)
            reduced = tuple(axis for axis in range(x.ndim) if axis not in kept)
            n = x.size // int(np.prod([x.shape[axis] for axis in kept], dtype=int))
            found = x.mean(axis=reduced)
            ahead = (found - mean) * (n / (count + n))  # Chan, Golub and LeVeque 1979
            squares = squares + x.var(axis=reduced) * n + (found - mean) * ahead * count
            mean, count = mean + ahead, count + n
        if not count:
            raise ValueError("Normalization.adapt: the data hold no batch")
        self._adapted = np.asarray(mean), np.asarray(squares) / count
        if self._own:
            self._assign()

    def get_config(self) -> dict:
        mean, variance = (value.tolist() for value in self._given) if self._given else (None, None)
        return super().get_config() | {"mean": mean, "variance": variance}  # what adapt found is among the weights

    @property
    def mean(self) -> np.ndarray | None:
        """The mean in use, of the shape of the kept axes."""
        return self._found(0)

    @property
    def variance(self) -> np.ndarray | None:
        """The variance in use, of the shape of the kept axes."""
        return self._found(1)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        sizes = self._sizes((1, *x.shape[1:]))
        kept = tuple(sizes[axis] for axis in self._axes(len(sizes)))
        return calls.call(builder, _Scaled(self, sizes, kept), [x], x.shape)

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        """(scale, offset) with which the output is x * scale + offset, float64."""
        mean, variance = (np.asarray(value, np.float64) for value in self._statistics())
        deviation = np.sqrt(variance)
        if self.invert:
            return np.maximum(deviation, _LEAST), mean
        return 1 / np.maximum(deviation, _LEAST), -mean / np.maximum(deviation, _LEAST)

    def _found(self, which: int) -> np.ndarray | None:
        value = self._statistics()[which]
        return None if value is None else with_numpy(value.copy())

    def _statistics(self) -> tuple:
        if self._given:
            return self._given
        if self._own:
            return tuple(variable.value for variable in self._own)
        return self._adapted or (None, None)

    def _assign(self) -> None:
        for variable, value in zip(self._own, self._adapted, strict=True):
            if variable.shape != value.shape:
                found = f"adapt found {value.shape} means, the layer's input needs {variable.shape}"
                raise ValueError(f"Normalization: {found}")
            variable.assign(value)

    def _axes(self, rank: int) -> tuple[int, ...]:
        if self.axis is None or self.axis in ((), []):
            return ()
        if rank == 1:
            raise ValueError("Normalization: for data of one axis give axis=None, or make them a column: x[:, None]")
        return axes_of("Normalization", self.axis, rank)

    def _sizes(self, shape: Shape) -> Shape:
        """The shape that mean and variance take beside an input of `shape`."""
        kept = self._axes(len(shape))
        sizes = tuple(size if axis in kept else 1 for axis, size in enumerate(shape))
        if self._given:
            try:  # fewer axes than are kept: the last ones, as NumPy broadcasts
                np.broadcast_to(np.empty(self._given[0].shape), [sizes[axis] for axis in kept])
            except ValueError:
                kept_shape = tuple(sizes[axis] for axis in kept)
                expected = f"mean must fit the kept axes, of shape {kept_shape} for inputs of shape {shape}"
                raise ValueError(f"Normalization: {expected}. Received: {self._given[0].shape}") from None
        return sizes


class _Scaled:
    """x * scale + offset by what a layer's scale_and_offset() says at present."""

    name = "normalization"

    def __init__(self, layer: Rescaling | Normalization, sizes: tuple[int, ...], kept: tuple[int, ...]):
        self.layer, self.sizes, self.kept = layer, sizes, kept

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        scale, offset = self._arrays(y)
        np.multiply(inputs[0], scale, out=y)
        y += offset

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        np.multiply(dy, self._arrays(dy)[0], out=gradients[0])

    def _arrays(self, like: np.ndarray) -> list[np.ndarray]:
        """Scale and offset for one sample, written out: NumPy is slow along a last axis of 3."""
        values = self.scale_and_offset()
        return [np.ascontiguousarray(np.broadcast_to(v, (1, *like.shape[1:])), like.dtype) for v in values]

    def scale_and_offset(self) -> list[np.ndarray]:
        """Those of the layer, in a shape that goes with the input."""
        return [np.broadcast_to(value, self.kept).reshape(self.sizes) for value in self.layer.scale_and_offset()]


def _batches(data: np.ndarray | Iterable, steps: int | None) -> Iterator:
    """The batches of x."""
    if hasattr(data, "shape") or not hasattr(data, "__iter__"):
        yield data
        return
    finite = hasattr(data, "__len__") and hasattr(data, "__getitem__")  # iterating over a Sequence may never end
    for batch in itertools.islice((data[i] for i in range(len(data))) if finite else data, steps):
        yield batch[0] if isinstance(batch, (tuple, list)) else batch
