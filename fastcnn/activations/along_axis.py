"""Activations that take the numbers along an axis together."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from fastcnn import ops
from fastcnn.activations.applied import Emitting, Value, kernel, written
from fastcnn.activations.registry import along_an_axis
from fastcnn.ops.tape import array_of, record


@along_an_axis
def softmax(x: object, axis: int | Sequence[int] = -1) -> Value:
    """exp(x) / sum of exp(x) along an axis, or several together; of a layer's input not along the batch.

    Raises:
        ValueError: when x has no such axis.
    """
    axes = _axes("softmax", x, axis)
    if axes == (_rank(x) - 1,):
        return kernel(x, "softmax")
    return written(x, partial(ops.softmax, axis=axes))


@along_an_axis
def log_softmax(x: object, axis: int | Sequence[int] = -1) -> Value:
    """log(softmax(x)). Raises ValueError when x has no such axis."""
    return written(x, partial(ops.log_softmax, axis=_axes("log_softmax", x, axis)))


@along_an_axis
def sparsemax(x: object, axis: int = -1) -> Value:
    """The point of the probability simplex that is nearest to x. Source: Martins and Astudillo 2016, algorithm 1.

    Keras 3.15 adds up one sum too many, so that its values are too small; these are the paper's.

    Raises:
        ValueError: when x has no such axis.
    """
    (axis,) = _axes("sparsemax", x, axis)
    return written(x, partial(_sparsemax, axis=axis))


@along_an_axis
def glu(x: object, axis: int = -1) -> Value:
    """The first half of x along an axis times the sigmoid of the second. Raises ValueError for an odd size."""
    (axis,) = _axes("glu", x, axis)
    size = _shape(x)[axis]
    if size % 2:
        raise ValueError(f"activation glu: axis {axis} must have an even size. Received: shape {_shape(x)}")
    return written(x, partial(_glu, axis=axis))


def _glu(x: object, axis: int) -> Value:
    first, second = ops.split(x, 2, axis=axis)
    return first * ops.sigmoid(second)


def _sparsemax(x: object, axis: int) -> Value:
    at = array_of(x)
    falling = np.flip(np.sort(at, axis=axis), axis=axis)
    sums = np.cumsum(falling, axis=axis) - 1
    ranks = np.arange(1, at.shape[axis] + 1, dtype=at.dtype).reshape([-1 if i == axis else 1 for i in range(at.ndim)])
    count = (falling * ranks > sums).sum(axis=axis, keepdims=True)
    limit = np.take_along_axis(sums, count - 1, axis=axis) / count.astype(at.dtype)
    y = np.maximum(at - limit, 0)
    inside = at > limit

    def gradient(dy: np.ndarray) -> np.ndarray:
        mean = np.where(inside, dy, 0).sum(axis=axis, keepdims=True) / count.astype(at.dtype)
        return np.where(inside, dy - mean, 0)

    return record(y, (x, gradient))


def _shape(x: object) -> tuple[int, ...]:
    return x.tensor.shape if isinstance(x, Emitting) else np.shape(array_of(x))


def _rank(x: object) -> int:
    return len(_shape(x))


def _axes(name: str, x: object, axis: int | Sequence[int]) -> tuple[int, ...]:
    """The axes counted from the front, in order."""
    rank, first = _rank(x), 1 if isinstance(x, Emitting) else 0  # a layer's batch varies, so it is no axis to sum over
    found = sorted(a + rank if a < 0 else a for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if not found or not all(first <= a < rank for a in found):
        raise ValueError(f"activation {name}: axis must name axes of {_shape(x)}, not the batch. Received: {axis!r}")
    return tuple(found)
