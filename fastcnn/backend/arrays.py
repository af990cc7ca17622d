"""Functions whose names or defaults are K's own; the others are those of fastcnn.ops."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from fastcnn import config, ops
from fastcnn.ops.elementwise import Value

Axis = int | Sequence[int] | None


def _numbers(x: object) -> Value:
    """Whether something holds, as 0 and 1."""
    return ops.cast(x, config.floatx) if np.dtype(getattr(x, "dtype", "float32")).kind == "b" else x


def mean(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Mean over the axes; of what holds or not, the share of what does."""
    return ops.mean(_numbers(x), axis=axis, keepdims=keepdims)


def sum(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Sum over the axes; of what holds or not, the number of what does."""
    return ops.sum(_numbers(x), axis=axis, keepdims=keepdims)


def argmax(x: object, axis: int = -1) -> np.ndarray:
    """Index of the first largest element along an axis."""
    return ops.argmax(x, axis=axis)


def argmin(x: object, axis: int = -1) -> np.ndarray:
    """Index of the first smallest element along an axis."""
    return ops.argmin(x, axis=axis)


def cumsum(x: object, axis: int = 0) -> Value:
    """Running sum along an axis."""
    return ops.cumsum(x, axis=axis)


def sqrt(x: object) -> Value:
    """Square root; 0 for negative numbers."""
    return ops.sqrt(ops.maximum(x, 0))


def pow(x: object, a: object) -> Value:
    """x to the power of a."""
    return ops.power(x, a)


def clip(x: object, min_value: object, max_value: object) -> Value:
    """x, but at least min_value and at most max_value."""
    return ops.clip(x, min_value, max_value)


def relu(x: object, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Value:
    """max_value if x >= max_value, x if x > threshold, else alpha * (x - threshold)."""
    if not alpha and not threshold:
        y = ops.relu(x)
    else:
        y = ops.where(ops.greater(x, threshold), x, ops.multiply(ops.subtract(x, threshold), alpha))
    return y if max_value is None else ops.minimum(y, max_value)


def hard_sigmoid(x: object) -> Value:
    """0.2 * x + 0.5, but at least 0 and at most 1: K's own in every version."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0, 1)


def dot(x: object, y: object) -> Value:
    """Sum over the last axis of x and the last but one of y."""
    return ops.dot(x, y)


def batch_dot(x: object, y: object, axes: int | Sequence[int] | None = None) -> Value:
    """Sum over one axis of x and one of y, sample by sample; by default the last one of x and the last but one of y.

    The result has what is left of x's axes, then of y's; (n, 1) when nothing is left.
    """
    rank1, rank2 = len(x.shape), len(y.shape)
    if axes is None:
        axes = (rank1 - 1, rank2 - 2 if rank2 > 2 else 1)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    rest = y.shape[1 : second % rank2] + y.shape[second % rank2 + 1 :]
    left = ops.moveaxis(x, first, -1)
    right = ops.reshape(ops.moveaxis(y, second, 1), (-1, y.shape[second], math.prod(rest)))
    outer = tuple(left.shape[1:-1])
    made = ops.matmul(ops.reshape(left, (-1, math.prod(outer), left.shape[-1])), right)
    return ops.reshape(made, (-1, *((*outer, *rest) or (1,))))


def flatten(x: object) -> Value:
    """All elements in one axis."""
    return ops.reshape(x, (-1,))


def batch_flatten(x: object) -> Value:
    """All elements of a sample in one axis."""
    return ops.reshape(x, (-1, math.prod(x.shape[1:])))


def expand_dims(x: object, axis: int = -1) -> Value:
    """A new axis of length 1."""
    return ops.expand_dims(x, axis)


def concatenate(tensors: Sequence[object], axis: int = -1) -> Value:
    """Arrays joined along an axis."""
    return ops.concatenate(list(tensors), axis=axis)


def permute_dimensions(x: object, pattern: Sequence[int]) -> Value:
    """Axes in another order."""
    return ops.transpose(x, tuple(pattern))


def repeat(x: object, n: int) -> Value:
    """(batch, features) -> (batch, n, features)."""
    return ops.repeat(ops.expand_dims(x, 1), n, axis=1)


def repeat_elements(x: object, rep: int, axis: int) -> Value:
    """Each element several times in a row."""
    return ops.repeat(x, rep, axis=axis)


def tile(x: object, n: int | Sequence[int]) -> Value:
    """The whole array several times along each axis."""
    return ops.tile(x, n)


def reverse(x: object, axes: Axis) -> Value:
    """Elements in reverse order along the axes."""
    return ops.flip(x, axes if isinstance(axes, int) else tuple(axes))


def gather(reference: object, indices: object) -> Value:
    """The slices at `indices` along the first axis."""
    return ops.take(reference, indices, axis=0)


def temporal_padding(x: object, padding: Sequence[int] = (1, 1)) -> Value:
    """Zeros before and after the second axis."""
    return ops.pad(x, ((0, 0), tuple(padding), (0, 0)))


def spatial_2d_padding(
    x: object, padding: Sequence[Sequence[int]] = ((1, 1), (1, 1)), data_format: str | None = None
) -> Value:
    """Zeros around images."""
    spatial = tuple(tuple(p) for p in padding)
    first = (data_format or config.image_data_format) == "channels_first"
    return ops.pad(x, ((0, 0), (0, 0), *spatial) if first else ((0, 0), *spatial, (0, 0)))


def eye(size: int | Sequence[int], dtype: str | None = None, name: object = None) -> np.ndarray:
    """1 on the diagonal, else 0."""
    return ops.eye(*((size,) if isinstance(size, int) else size), dtype=dtype)


def zeros(shape: Sequence[int], dtype: str | None = None, name: object = None) -> np.ndarray:
    """An array of 0."""
    return ops.zeros(shape, dtype or config.floatx)


def ones(shape: Sequence[int], dtype: str | None = None, name: object = None) -> np.ndarray:
    """An array of 1."""
    return ops.ones(shape, dtype or config.floatx)


def zeros_like(x: object, dtype: str | None = None, name: object = None) -> np.ndarray:
    """0 in the shape of x."""
    return ops.zeros_like(x, dtype)


def ones_like(x: object, dtype: str | None = None, name: object = None) -> np.ndarray:
    """1 in the shape of x."""
    return ops.ones_like(x, dtype)


def arange(start: float, stop: float | None = None, step: float = 1, dtype: str = "int32") -> np.ndarray:
    """start, start + step, ... below stop."""
    return ops.arange(*((start,) if stop is None else (start, stop, step)), dtype=dtype)


def l2_normalize(x: object, axis: int | None = None) -> Value:
    """x divided by its length along an axis, or by that of all of it."""
    if axis is None:
        return ops.reshape(ops.l2_normalize(ops.ravel(x)), x.shape)
    return ops.l2_normalize(x, axis)


def switch(condition: object, then_expression: object, else_expression: object) -> Value:
    """One or the other, as the condition has it for each element; functions are called."""
    both = [f() if isinstance(f, Callable) else f for f in (then_expression, else_expression)]
    missing = max(len(np.shape(b)) if not hasattr(b, "shape") else len(b.shape) for b in both) - len(condition.shape)
    for _ in range(missing if len(condition.shape) else 0):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, *both)


def categorical_crossentropy(target: object, output: object, from_logits: bool = False, axis: int = -1) -> Value:
    """-sum of target * log(output) along the axis."""
    return ops.categorical_crossentropy(target, output, from_logits, axis)


def sparse_categorical_crossentropy(target: object, output: object, from_logits: bool = False, axis: int = -1) -> Value:
    """categorical_crossentropy with class numbers."""
    return ops.sparse_categorical_crossentropy(target, output, from_logits, axis)


def binary_crossentropy(target: object, output: object, from_logits: bool = False) -> Value:
    """-(target * log(output) + (1 - target) * log(1 - output)), of each element."""
    return ops.binary_crossentropy(target, output, from_logits)
