"""Normalisation of each sample by itself: over axes, over groups of channels, or to length 1."""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn.engine import calls
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class LayerNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance of each sample over `axis`.

    axis : one axis or several, the batch not among them. Weights: gamma (if scale), beta (if center), of those axes.
    Source: Ba, Kiros and Hinton 2016; defaults as in Keras 3.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        beta_regularizer: object = None,
        gamma_regularizer: object = None,
        beta_constraint: object = None,
        gamma_constraint: object = None,
        rms_scaling: bool = False,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        if rms_scaling:
            raise ValueError("LayerNormalization: rms_scaling is not offered (it scales by the variance, wrongly)")
        self.axis, self.epsilon, self.center, self.scale = axis, float(epsilon), center, scale
        arguments.keep_controls(
            self,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self._gamma = {"initializer": gamma_initializer} | self._controls("gamma")
        self._beta = {"initializer": beta_initializer} | self._controls("beta")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes_of("LayerNormalization", self.axis, len(input_shape))
        return input_shape

    def build(self, input_shape: Shape) -> None:
        axes = axes_of("LayerNormalization", self.axis, len(input_shape))
        self.any_size = axes == (len(input_shape) - 1,)
        shape = tuple(input_shape[axis] for axis in axes)
        self.gamma = self.add_weight(shape, name="gamma", **self._gamma) if self.scale else None
        self.beta = self.add_weight(shape, name="beta", **self._beta) if self.center else None

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        axes = axes_of("LayerNormalization", self.axis, len(x.shape))
        sizes = tuple(size if axis in axes else 1 for axis, size in enumerate(x.shape))
        return lower_standardize(builder, x, self.gamma, self.beta, Standardize(x.shape, axes, sizes, self.epsilon))


class GroupNormalization(Layer):
    """LayerNormalization of each of `groups` groups of neighbouring channels; -1: every channel by itself.

    axis : the channels. Weights: gamma (if scale), beta (if center), one for each channel.
    Source: Wu and He 2018; defaults as in Keras 3.
    """

    any_size = True

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        beta_regularizer: object = None,
        gamma_regularizer: object = None,
        beta_constraint: object = None,
        gamma_constraint: object = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        if isinstance(groups, bool) or not isinstance(groups, (int, np.integer)) or (groups < 1 and groups != -1):
            raise ValueError(f"GroupNormalization: groups must be a positive integer or -1. Received: {groups!r}")
        self.groups, self.axis, self.epsilon, self.center, self.scale = groups, axis, float(epsilon), center, scale
        arguments.keep_controls(
            self,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        self._gamma = {"initializer": gamma_initializer} | self._controls("gamma")
        self._beta = {"initializer": beta_initializer} | self._controls("beta")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        (axis,) = axes_of("GroupNormalization", self.axis, len(input_shape))
        if input_shape[axis] % self._groups(input_shape[axis]):
            sizes = f"{input_shape[axis]} channels cannot be divided into {self.groups} groups of one size"
            raise ValueError(f"GroupNormalization: {sizes}; give groups= a divisor of {input_shape[axis]}")
        return input_shape

    def build(self, input_shape: Shape) -> None:
        (axis,) = axes_of("GroupNormalization", self.axis, len(input_shape))
        self.any_size, shape = axis == len(input_shape) - 1, (input_shape[axis],)
        self.gamma = self.add_weight(shape, name="gamma", **self._gamma) if self.scale else None
        self.beta = self.add_weight(shape, name="beta", **self._beta) if self.center else None

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        (axis,) = axes_of("GroupNormalization", self.axis, len(x.shape))
        groups = self._groups(x.shape[axis])
        parts = (groups, x.shape[axis] // groups)
        view = (*x.shape[:axis], *parts, *x.shape[axis + 1 :])
        reduced = tuple(a for a in range(1, len(view)) if a != axis)
        sizes = tuple(size if a in (axis, axis + 1) else 1 for a, size in enumerate(view))
        return lower_standardize(builder, x, self.gamma, self.beta, Standardize(view, reduced, sizes, self.epsilon))

    def _groups(self, channels: int) -> int:
        return channels if self.groups == -1 else self.groups


class UnitNormalization(Layer):
    """x divided by its Euclidean length over `axis`, one axis or several."""

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: object):
        super().__init__(**kwargs)
        self.axis = axis

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axes_of("UnitNormalization", self.axis, len(input_shape))
        return input_shape

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return calls.call(builder, _Unit(axes_of("UnitNormalization", self.axis, len(x.shape))), [x], x.shape)


def axes_of(layer: str, axis: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """The axes as positive numbers in ascending order.

    Raises:
        ValueError: for axes that the input has not, the batch, or something else than integers.
    """
    given = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    if not all(isinstance(a, (int, np.integer)) and not isinstance(a, bool) and -rank <= a < rank for a in given):
        raise ValueError(f"{layer}: axis must name axes of an input of {rank} axes. Received: {axis!r}")
    axes = tuple(sorted({int(a) % rank for a in given}))
    if 0 in axes or not axes:
        raise ValueError(f"{layer}: axis must not be the batch (0): samples are independent. Received: {axis!r}")
    return axes


def lower_standardize(builder: Builder, x: Tensor, gamma: object, beta: object, standardize: "Standardize") -> Tensor:
    """Emits a Standardize of x; gamma and beta are variables, or None."""
    standardize.has_gamma, standardize.has_beta = gamma is not None, beta is not None
    weights = [builder.variable(weight) for weight in (gamma, beta) if weight is not None]
    return calls.call(builder, standardize, [x, *weights], x.shape)


class Standardize:
    """gamma * (v - mean) / sqrt(variance + epsilon) + beta as a call of a program; v is the input in another shape.

    view : that shape, batch first. axes : what mean and variance are taken over. sizes : view's shape where gamma and
    beta differ, elsewhere 1.
    """

    name = "standardize"
    has_gamma = has_beta = True

    def __init__(self, view: tuple[int, ...], axes: tuple[int, ...], sizes: tuple[int, ...], epsilon: float):
        self.view, self.axes, self.sizes, self.epsilon = view[1:], axes, sizes, epsilon
        self._shared = tuple(axis for axis, size in enumerate(sizes) if size == 1)  # gamma has one value along these

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """Fills y for [x, gamma, beta]."""
        normal = y.reshape(len(y), *self.view)
        self._normalize(inputs[0], normal)
        if self.has_gamma:
            normal *= inputs[1].reshape(self.sizes)
        if self.has_beta:
            normal += inputs[-1].reshape(self.sizes)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the gradients of [x, gamma, beta]."""
        dy = dy.reshape(len(dy), *self.view)
        normal = np.empty_like(dy)
        scale = self._normalize(inputs[0], normal)
        if self.has_gamma and gradients[1] is not None:
            gradients[1][...] = _sum(self._shared, dy, normal).reshape(gradients[1].shape)
        if self.has_beta and gradients[-1] is not None:
            gradients[-1][...] = _sum(self._shared, dy).reshape(gradients[-1].shape)
        if gradients[0] is not None:
            dx = gradients[0].reshape(dy.shape)
            np.multiply(dy, inputs[1].reshape(self.sizes) if self.has_gamma else dy.dtype.type(1), out=dx)
            normal *= self._mean(dx, normal)
            dx -= self._mean(dx)
            dx -= normal
            dx *= scale

    def _normalize(self, x: np.ndarray, normal: np.ndarray) -> np.ndarray:
        """Fills `normal` with (v - mean) * scale; returns scale = 1 / sqrt(variance + epsilon)."""
        v = x.reshape(normal.shape)
        np.subtract(v, self._mean(v), out=normal)
        scale = 1 / np.sqrt(self._mean(normal, normal) + x.dtype.type(self.epsilon))
        normal *= scale
        return scale

    def _mean(self, *factors: np.ndarray) -> np.ndarray:
        """Mean of the product over the axes, which keep size 1."""
        count = math.prod(factors[0].shape[axis] for axis in self.axes)
        return _sum(self.axes, *factors) / factors[0].dtype.type(count)


def _sum(axes: Sequence[int], *factors: np.ndarray) -> np.ndarray:
    """Sum of the product over the axes, which keep size 1; einsum is faster than multiply and sum by far."""
    letters = "abcdefghijklmnop"[: factors[0].ndim]
    kept = "".join(letter for axis, letter in enumerate(letters) if axis not in axes)
    found = np.einsum(f"{','.join([letters] * len(factors))}->{kept}", *factors)
    return np.expand_dims(found, tuple(axes))


class _Unit:
    """Division by the Euclidean length over some axes."""

    name = "unit_normalization"
    LEAST = 1e-12  # what is shorter counts as this long

    def __init__(self, axes: tuple[int, ...]):
        self.axes = axes

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        np.multiply(inputs[0], self._scale(inputs[0]), out=y)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        along = _sum(self.axes, dy, y)
        gradients[0][...] = (dy - y * along) * self._scale(inputs[0])

    def _scale(self, x: np.ndarray) -> np.ndarray:
        length = np.sqrt(_sum(self.axes, x, x))
        return 1 / np.maximum(length, x.dtype.type(self.LEAST))
