"""Layers of several inputs, and a function for each: add([a, b]) is Add()([a, b])."""

import numpy as np

from fastcnn.engine.ops import merging
from fastcnn.engine.ops.dense import add as add_kernel
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer, Shape


class _Merge(Layer):
    """Element by element. Inputs of fewer axes get axes of size 1 behind the batch, and axes of size 1 broadcast."""

    FUNCTION = ""
    LEAST, MOST = 1, None

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shapes = _listed(self, input_shape, self.LEAST, self.MOST)
        rank = max(map(len, shapes))
        self.elementwise = all(len(shape) == rank for shape in shapes)
        try:
            return (shapes[0][0], *np.broadcast_shapes(*(shape[1:] for shape in shapes)))
        except ValueError:
            raise ValueError(
                f"{type(self).__name__} expects inputs whose axes are equal or of size 1. Received: {shapes}"
            ) from None

    def lower(self, builder: Builder, x: list[Tensor]) -> Tensor:
        rank = max(len(tensor.shape) for tensor in x)
        return self._merge(builder, [builder.view(t, _with_rank(t.shape, rank)) for t in x])

    def _merge(self, builder: Builder, xs: list[Tensor]) -> Tensor:
        return merging.merge(builder, self.FUNCTION, xs)


def _listed(layer: Layer, input_shape: object, least: int, most: int | None = None) -> list[Shape]:
    """The inputs' shapes; ValueError unless there are as many as wanted."""
    several = isinstance(input_shape, list)
    if not several or len(input_shape) < least or (most is not None and len(input_shape) > most):
        count = f"exactly {most}" if most == least else f"at least {least}"
        received = f"{len(input_shape)}: {input_shape}" if several else f"no list but {input_shape}"
        raise ValueError(f"{type(layer).__name__} expects a list of {count} inputs. Received: {received}")
    return input_shape


def _with_rank(shape: Shape, rank: int) -> Shape:
    return (shape[0], *[1] * (rank - len(shape)), *shape[1:])


class Add(_Merge):
    """Sum of a list of inputs."""

    FUNCTION = "add"

    def _merge(self, builder: Builder, xs: list[Tensor]) -> Tensor:
        total = xs[0]
        for x in xs[1:]:
            same = x.shape == total.shape
            total = add_kernel(builder, total, x) if same else merging.merge(builder, "add", [total, x])
        return total


class Subtract(_Merge):
    """First minus second of two inputs."""

    FUNCTION = "subtract"
    LEAST, MOST = 2, 2


class Multiply(_Merge):
    """Product of a list of inputs."""

    FUNCTION = "multiply"


class Average(_Merge):
    """Mean of a list of inputs."""

    FUNCTION = "average"


class Maximum(_Merge):
    """Largest of a list of inputs; of equal ones the first has the gradient."""

    FUNCTION = "maximum"


class Minimum(_Merge):
    """Smallest of a list of inputs; of equal ones the first has the gradient."""

    FUNCTION = "minimum"


class Concatenate(Layer):
    """Inputs side by side along `axis` (counted with the batch axis, which it cannot be); other axes are equal."""

    def __init__(self, axis: int = -1, **kwargs: object):
        super().__init__(**kwargs)
        if isinstance(axis, bool) or not hasattr(axis, "__index__") or axis == 0:
            raise ValueError(f"Concatenate: axis must be an integer other than 0, the batch. Received: {axis!r}")
        self.axis = int(axis)

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shapes = _listed(self, input_shape, 1)
        axis = self._axis(len(shapes[0]))
        others = {(*shape[:axis], None, *shape[axis + 1 :]) for shape in shapes}
        if len(others) > 1:
            raise ValueError(f"Concatenate expects inputs that differ along axis {self.axis} alone. Received: {shapes}")
        return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])

    def _axis(self, rank: int) -> int:
        axis = self.axis + rank if self.axis < 0 else self.axis
        if not 0 < axis < rank:
            raise ValueError(f"Concatenate: axis={self.axis} is not behind the batch for inputs of {rank} axes")
        return axis

    def lower(self, builder: Builder, x: list[Tensor]) -> Tensor:
        return merging.concatenate(builder, x, self._axis(len(x[0].shape)))


class Dot(Layer):
    """Sums of products of two inputs along one axis of each, sample by sample.

    The output has the other axes of the first input, then those of the second; (N, 1) if there are none.

    axes : one axis for both inputs, or one for each; counted with the batch axis, which it cannot be.
    normalize : scale both to length 1 along that axis first, so that the products are cosines.
    """

    def __init__(self, axes: int | tuple[int, int], normalize: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        pair = tuple(axes) if isinstance(axes, (tuple, list)) else (axes, axes)
        if len(pair) != 2 or any(isinstance(axis, bool) or not hasattr(axis, "__index__") for axis in pair):
            raise ValueError(f"Dot: axes must be one integer or two. Received: {axes!r}")
        self.axes, self.normalize = pair, bool(normalize)

    def _axes(self, shapes: list[Shape]) -> list[int]:
        axes = [axis % len(shape) for axis, shape in zip(self.axes, shapes, strict=True)]
        if 0 in axes or any(a >= len(s) or a < -len(s) for a, s in zip(self.axes, shapes, strict=True)):
            raise ValueError(f"Dot: axes={self.axes} are not behind the batch of inputs of shapes {shapes}")
        return axes

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        shapes = _listed(self, input_shape, 2, 2)
        first, second = self._axes(shapes)
        if shapes[0][first] != shapes[1][second]:
            raise ValueError(f"Dot expects axes of one size. Received: axes={self.axes} of inputs of shapes {shapes}")
        rest = (_without(shapes[0], first)[1:], _without(shapes[1], second)[1:])
        return (shapes[0][0], *rest[0], *rest[1]) if any(rest) else (shapes[0][0], 1)

    def call(self, inputs: list) -> object:
        """(N, M, K) @ (N, K, P), with the axis of the products as K and the others as M and P."""
        from fastcnn import ops

        shapes = [tuple(x.shape) for x in inputs]
        axes = self._axes(shapes)
        if self.normalize:
            inputs = [ops.normalize(x, axis=axis) for x, axis in zip(inputs, axes, strict=True)]
        first, second = ops.moveaxis(inputs[0], axes[0], -1), ops.moveaxis(inputs[1], axes[1], 1)
        size = shapes[0][axes[0]]
        product = ops.matmul(ops.reshape(first, (len(first), -1, size)), ops.reshape(second, (len(second), size, -1)))
        return ops.reshape(product, (len(first), *self.compute_output_shape(shapes)[1:]))


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def add(inputs: list, **kwargs: object) -> object:
    """Add(**kwargs)(inputs)."""
    return Add(**kwargs)(inputs)


def subtract(inputs: list, **kwargs: object) -> object:
    """Subtract(**kwargs)(inputs)."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: list, **kwargs: object) -> object:
    """Multiply(**kwargs)(inputs)."""
    return Multiply(**kwargs)(inputs)


def average(inputs: list, **kwargs: object) -> object:
    """Average(**kwargs)(inputs)."""
    return Average(**kwargs)(inputs)


def maximum(inputs: list, **kwargs: object) -> object:
    """Maximum(**kwargs)(inputs)."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: list, **kwargs: object) -> object:
    """Minimum(**kwargs)(inputs)."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: list, axis: int = -1, **kwargs: object) -> object:
    """Concatenate(axis, **kwargs)(inputs)."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: list, axes: int | tuple[int, int] = -1, **kwargs: object) -> object:
    """Dot(axes, **kwargs)(inputs)."""
    return Dot(axes=axes, **kwargs)(inputs)
