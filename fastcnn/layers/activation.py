"""Activations as layers of their own."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from fastcnn import activations
from fastcnn.engine.calls import call
from fastcnn.engine.ops import activations as ops
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class Activation(Layer):
    """The activation of that name as a layer, or a function, a layer without weights, or such a layer's class."""

    def __init__(self, activation: object, **kwargs: object):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.elementwise = activations.is_elementwise(self.activation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return activations.shape_of(self.activation, input_shape)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return activations.emit(builder, self.activation, x)


class Identity(Layer):
    """The input as it is."""

    elementwise = True

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return x


class ReLU(Layer):
    """max_value if x >= max_value, x if x > threshold, else negative_slope * (x - threshold).

    Raises:
        ValueError: for a negative argument, or max_value below threshold.
    """

    elementwise = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        for name, value in {"max_value": max_value, "negative_slope": negative_slope, "threshold": threshold}.items():
            if value is not None and value < 0:
                raise ValueError(f"ReLU: {name} must not be negative. Received: {value!r}")
        if max_value is not None and max_value <= threshold:
            raise ValueError(f"ReLU: max_value must exceed threshold={threshold}. Received: {max_value!r}")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.relu(builder, x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """x if x > 0 else negative_slope * x."""

    elementwise = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: object):
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(f"LeakyReLU: negative_slope must not be negative. Received: {negative_slope!r}")
        self.negative_slope = float(negative_slope)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.relu(builder, x, self.negative_slope)


class ELU(Layer):
    """x if x > 0 else alpha * (exp(x) - 1)."""

    elementwise = True

    def __init__(self, alpha: float = 1.0, **kwargs: object):
        super().__init__(**kwargs)
        if alpha is None or alpha < 0:
            raise ValueError(f"ELU: alpha must not be negative. Received: {alpha!r}")
        self.alpha = float(alpha)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.elu(builder, x, self.alpha)


class ThresholdedReLU(Layer):
    """x if x > theta else 0. Raises ValueError for a negative theta."""

    elementwise = True

    def __init__(self, theta: float = 1.0, **kwargs: object):
        super().__init__(**kwargs)
        if theta is None or theta < 0:
            raise ValueError(f"ThresholdedReLU: theta must not be negative. Received: {theta!r}")
        self.theta = float(theta)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.curve(builder, x, "threshold", self.theta, 0.0)


class PReLU(Layer):
    """x if x > 0 else alpha * x, with a learnt alpha for each element of a sample. Weights: alpha (the input's shape).

    shared_axes : axes of the input (from 1; the batch is 0) along which all elements share one alpha; [1, 2] for one a
        channel of images. Source: He et al. 2015, "Delving deep into rectifiers".

    Raises:
        ValueError: when the input has no such axes.
    """

    def __init__(
        self,
        alpha_initializer: object = "zeros",
        alpha_regularizer: object = None,
        alpha_constraint: object = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        arguments.keep_controls(self, alpha_regularizer=alpha_regularizer, alpha_constraint=alpha_constraint)
        self.alpha_initializer = alpha_initializer
        axes = [shared_axes] if isinstance(shared_axes, (int, np.integer)) else (shared_axes or [])
        self.shared_axes = [int(axis) for axis in axes]

    def build(self, input_shape: Shape) -> None:
        if not all(0 < axis < len(input_shape) for axis in self.shared_axes):
            raise ValueError(f"PReLU: shared_axes must lie in 1..{len(input_shape) - 1}. Received: {self.shared_axes}")
        sizes = [1 if axis in self.shared_axes else size for axis, size in enumerate(input_shape)]
        self.alpha = self.add_weight(sizes[1:], self.alpha_initializer, name="alpha", **self._controls("alpha"))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return call(builder, _LearntSlope(), [x, builder.variable(self.alpha)], x.shape)


class _LearntSlope:
    """PReLU on arrays: alpha broadcasts over the batch and the shared axes."""

    name = "prelu"

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        x, alpha = inputs
        np.multiply(x, alpha, out=y)
        np.copyto(y, x, where=x > 0)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        (x, alpha), (dx, dalpha) = inputs, gradients
        positive = x > 0
        if dx is not None:
            np.multiply(dy, alpha, out=dx)
            np.copyto(dx, dy, where=positive)
        if dalpha is not None:
            shared = (0, *(axis + 1 for axis, size in enumerate(alpha.shape) if size == 1))
            np.copyto(dalpha, np.where(positive, 0, x * dy).sum(axis=shared).reshape(alpha.shape))


class Softmax(Layer):
    """Softmax over an axis (the batch is axis 0), or over several together."""

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: object):
        super().__init__(**kwargs)
        self.axis = tuple(axis) if isinstance(axis, (tuple, list)) else int(axis)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return activations.emit(builder, partial(activations.softmax, axis=self.axis), x)
