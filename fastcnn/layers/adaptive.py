"""Adaptive pooling: an output of a given size, whatever the input's."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.taps import ADAPTIVE, windows
from fastcnn.kernels.geometry import Pair
from fastcnn.layers import arguments, sequences
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.resizing import lower_resize
from fastcnn.layers.sequences import as_image, plane


class _Largest:
    """The largest value of each window of (N, H, W, C); of equal ones the first in row-major order has the gradient."""

    name = "adaptive_maximum"

    def __init__(self, size: Pair, length: Pair):
        rows, cols = (windows(*axis) for axis in zip(size, length, strict=True))
        self.places = [(i, j, slice(*row), slice(*col)) for i, row in enumerate(rows) for j, col in enumerate(cols)]

    def forward(self, inputs: Sequence[np.ndarray], y: np.ndarray) -> None:
        for i, j, rows, cols in self.places:
            inputs[0][:, rows, cols].max(axis=(1, 2), out=y[:, i, j])

    def backward(
        self, inputs: Sequence[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        x, dx = inputs[0], gradients[0]
        dx[...] = 0
        n, channels = np.ogrid[: x.shape[0], : x.shape[3]]
        for i, j, rows, cols in self.places:
            width = cols.stop - cols.start
            cell = x[:, rows, cols].reshape(len(x), -1, x.shape[3]).argmax(axis=1)
            dx[n, rows.start + cell // width, cols.start + cell % width, channels] += dy[:, i, j]


class _Adaptive(Layer):
    """Sizes of adaptive pooling over AXES axes."""

    AXES = 2

    def __init__(self, output_size: int | tuple[int, ...], data_format: str | None = None, **kwargs: object):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.output_size = arguments.sizes(kind, "output_size", output_size, self.AXES)
        self.data_format = arguments.data_format(kind, data_format)

    def _pool(self, builder: Builder, x: Tensor) -> Tensor:
        """Emits the pooling of images."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        return (input_shape[0], *self.output_size, input_shape[-1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        y = self._pool(builder, builder.view(x, as_image(x.shape)))
        return builder.view(y, self.compute_output_shape(x.shape))


class _AdaptiveAverage(_Adaptive):
    """The mean over a window is the mean over its rows of the means over their columns."""

    def _pool(self, builder: Builder, x: Tensor) -> Tensor:
        return lower_resize(builder, x, Resize(*plane(self.output_size), ADAPTIVE))


class _AdaptiveMax(_Adaptive):
    """A window at a time."""

    def _pool(self, builder: Builder, x: Tensor) -> Tensor:
        size = plane(self.output_size)
        return call(builder, _Largest(x.shape[1:3], size), [x], (x.shape[0], *size, x.shape[3]))


class AdaptiveAveragePooling2D(_AdaptiveAverage):
    """Means over windows that divide the image evenly: (N, H, W, C) -> (N, *output_size, C).

    output_size : pixels, one integer or (rows, columns). Window i of n reaches from floor(i H / n) to
        ceil((i + 1) H / n).
    """


class AdaptiveAveragePooling1D(_AdaptiveAverage):
    """Means over windows that divide the sequence evenly: (N, L, C) -> (N, output_size, C)."""

    AXES = 1


class AdaptiveMaxPooling2D(_AdaptiveMax):
    """Maxima over windows that divide the image evenly; output_size as in AdaptiveAveragePooling2D."""


class AdaptiveMaxPooling1D(_AdaptiveMax):
    """Maxima over windows that divide the sequence evenly: (N, L, C) -> (N, output_size, C)."""

    AXES = 1
