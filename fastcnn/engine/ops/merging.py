"""Ops of several inputs: element by element over shapes that broadcast, and laid side by side. All are NumPy."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor


class _Elementwise:
    """A binary function applied from the first input to the last. Ranks are equal; axes of size 1 broadcast."""

    name = ""
    function: np.ufunc

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """As Call wants it."""
        first, *others = inputs
        for x in others:
            self.function(first, x, out=y)
            first = y
        if not others:
            np.copyto(y, first)

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        """Fills dx, of y's shape, with the gradient that one input has in each element."""
        raise NotImplementedError

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """As Call wants it."""
        for number, gradient in enumerate(gradients):
            if gradient is not None and gradient.shape == dy.shape:
                self.share(inputs, number, y, dy, gradient)
            elif gradient is not None:
                full = np.empty_like(dy)
                self.share(inputs, number, y, dy, full)
                spread = tuple(axis for axis, size in enumerate(gradient.shape) if size != dy.shape[axis])
                np.sum(full, axis=spread, keepdims=True, out=gradient)


class _Add(_Elementwise):
    name, function = "add", np.add

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        np.copyto(dx, dy)


class _Subtract(_Elementwise):
    name, function = "subtract", np.subtract

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        np.multiply(dy, dy.dtype.type(-1 if number else 1), out=dx)


class _Multiply(_Elementwise):
    name, function = "multiply", np.multiply

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        others = [x for i, x in enumerate(inputs) if i != number]
        np.multiply(dy, others[0] if others else dy.dtype.type(1), out=dx)
        for x in others[1:]:
            dx *= x


class _Average(_Elementwise):
    name, function = "average", np.add

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        super().forward(inputs, y)
        y *= y.dtype.type(1 / len(inputs))

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        np.multiply(dy, dy.dtype.type(1 / len(inputs)), out=dx)


class _Extreme(_Elementwise):
    """Of equal extremes the first input has the gradient."""

    def share(self, inputs: list[np.ndarray], number: int, y: np.ndarray, dy: np.ndarray, dx: np.ndarray) -> None:
        wins = inputs[number] == y
        for before in inputs[:number]:
            wins &= before != y
        np.multiply(dy, wins, out=dx)


class _Maximum(_Extreme):
    name, function = "maximum", np.maximum


class _Minimum(_Extreme):
    name, function = "minimum", np.minimum


class _Concatenate:
    """Inputs side by side along one axis."""

    name = "concatenate"

    def __init__(self, axis: int):
        self.axis = axis

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """As Call wants it."""
        np.concatenate(inputs, axis=self.axis, out=y)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """As Call wants it."""
        begin = 0
        for x, gradient in zip(inputs, gradients, strict=True):
            end = begin + x.shape[self.axis]
            if gradient is not None:
                np.copyto(gradient, dy[(slice(None),) * self.axis + (slice(begin, end),)])
            begin = end


FUNCTIONS = {c.name: c for c in (_Add, _Subtract, _Multiply, _Average, _Maximum, _Minimum)}


def merge(builder: Builder, function: str, xs: Sequence[Tensor]) -> Tensor:
    """A function of FUNCTIONS over inputs of one rank, whose axes are equal or of size 1."""
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return call(builder, FUNCTIONS[function](), xs, shape)


def concatenate(builder: Builder, xs: Sequence[Tensor], axis: int) -> Tensor:
    """xs side by side along an axis behind the batch."""
    shape = list(xs[0].shape)
    shape[axis] = sum(x.shape[axis] for x in xs)
    return call(builder, _Concatenate(axis), xs, shape)
