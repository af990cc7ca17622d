"""Sums, means, extremes and what else takes several elements to one; sorted order and running sums."""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn import config
from fastcnn.ops import elementwise
from fastcnn.ops.elementwise import Value
from fastcnn.ops.shapes import reshape, take
from fastcnn.ops.tape import array_of, lift, record

Axis = int | Sequence[int] | None


def _axes(axis: Axis) -> int | tuple[int, ...] | None:
    return axis if axis is None or isinstance(axis, int) else tuple(int(a) for a in axis)


def _opened(dy: np.ndarray, at: np.ndarray, axis: Axis, keepdims: bool) -> np.ndarray:
    """The gradient of a reduction with the reduced axes put back, of length 1."""
    if keepdims or axis is None:
        return np.reshape(dy, (1,) * np.ndim(at)) if axis is None else dy
    return np.expand_dims(dy, axis)


def sum(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Sum over the axes, all of them when axis is None."""
    x, axis = lift(x), _axes(axis)
    at = array_of(x)
    return record(np.sum(at, axis=axis, keepdims=keepdims), (x, lambda dy: _opened(dy, at, axis, keepdims)))


def mean(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Mean over the axes."""
    x, axis = lift(x), _axes(axis)
    at = array_of(x)
    y = elementwise.single(np.mean(at, axis=axis, keepdims=keepdims), at)
    share = np.size(y) / np.size(at) if np.size(at) else 0.0
    return record(y, (x, lambda dy: _opened(dy, at, axis, keepdims) * share))


def var(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Variance over the axes: the mean squared distance from the mean."""
    return mean(elementwise.square(elementwise.subtract(x, mean(x, axis, True))), axis, keepdims)


def std(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Standard deviation over the axes."""
    return elementwise.sqrt(var(x, axis, keepdims))


def average(x: object, axis: int | None = None, weights: object = None) -> Value:
    """Mean over an axis, or over all, each element counting as much as its weight."""
    if weights is None:
        return mean(x, axis)
    x, weights = elementwise.together(x, weights)
    if np.ndim(array_of(weights)) == 1 and np.ndim(array_of(x)) > 1:
        weights = reshape(weights, [-1 if a == axis % x.ndim else 1 for a in range(x.ndim)])
    weights = elementwise.multiply(weights, np.ones(np.shape(array_of(x))))
    return elementwise.divide(sum(elementwise.multiply(x, weights), axis), sum(weights, axis))


def median(x: object, axis: int | None = None, keepdims: bool = False) -> Value:
    """The middle element along an axis, or of all; the mean of the two in the middle of an even number."""
    rank = np.ndim(array_of(x := lift(x)))
    ordered = sort(reshape(x, -1), 0) if axis is None else sort(x, axis)
    along = 0 if axis is None else axis
    count = ordered.shape[along]
    middle = mean(take(ordered, [(count - 1) // 2, count // 2], along), along, keepdims)
    return reshape(middle, (1,) * rank) if axis is None and keepdims else middle


def _extreme(function: object, x: object, axis: Axis, keepdims: bool, initial: object) -> Value:
    x, axis = lift(x), _axes(axis)
    at = array_of(x)
    y = function(at, axis=axis, keepdims=keepdims, **({} if initial is None else {"initial": initial}))

    def gradient(dy: np.ndarray) -> np.ndarray:
        hit = np.equal(at, _opened(y, at, axis, keepdims)).astype(dy.dtype)
        ties = hit.sum(axis=axis, keepdims=True)
        return _opened(dy, at, axis, keepdims) * hit / np.where(ties == 0, 1, ties)

    return record(y, (x, gradient))


def max(x: object, axis: Axis = None, keepdims: bool = False, initial: object = None) -> Value:
    """Largest element over the axes; ties share the gradient."""
    return _extreme(np.max, x, axis, keepdims, initial)


def min(x: object, axis: Axis = None, keepdims: bool = False, initial: object = None) -> Value:
    """Smallest element over the axes; ties share the gradient."""
    return _extreme(np.min, x, axis, keepdims, initial)


def prod(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """Product over the axes."""
    x, axis = lift(x), _axes(axis)
    at = np.asarray(array_of(x))

    def gradient(dy: np.ndarray) -> np.ndarray:
        """dy times the product of all the others: of those before and those after, so that zeros do no harm."""
        reduced = range(at.ndim) if axis is None else [a % at.ndim for a in np.atleast_1d(axis)]
        order = [*(a for a in range(at.ndim) if a not in reduced), *reduced]
        moved = at.transpose(order)
        rows = moved.reshape(-1, math.prod(at.shape[a] for a in reduced))
        one = np.ones_like(rows[:, :1])
        before = np.concatenate([one, np.cumprod(rows, axis=1)[:, :-1]], axis=1)
        after = np.concatenate([np.cumprod(rows[:, :0:-1], axis=1)[:, ::-1], one], axis=1)
        others = (before * after).reshape(moved.shape).transpose(np.argsort(order))
        return _opened(dy, at, axis, keepdims) * others

    return record(np.prod(at, axis=axis, keepdims=keepdims), (x, gradient))


def logsumexp(x: object, axis: Axis = None, keepdims: bool = False) -> Value:
    """log(sum(exp(x))) over the axes, without overflow."""
    x, axis = lift(x), _axes(axis)
    at = array_of(x)
    top = np.max(at, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, np.zeros_like(top))
    full = np.log(np.sum(np.exp(at - top), axis=axis, keepdims=True)) + top
    y = full if keepdims else np.squeeze(full, axis=axis)
    return record(y, (x, lambda dy: _opened(dy, at, axis, keepdims) * np.exp(at - full)))


def cumsum(x: object, axis: int | None = None, dtype: object = None) -> Value:
    """Running sum along an axis; along the flattened array when axis is None."""
    x = lift(x)
    at = np.asarray(array_of(x))

    def gradient(dy: np.ndarray) -> np.ndarray:
        along = 0 if axis is None else axis
        return np.flip(np.cumsum(np.flip(dy, along), axis=along), along).reshape(at.shape)

    return record(np.cumsum(at, axis=axis, dtype=dtype), (x, gradient))


def any(x: object, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """Whether one of the elements holds."""
    return np.any(array_of(lift(x)), axis=_axes(axis), keepdims=keepdims)


def all(x: object, axis: Axis = None, keepdims: bool = False) -> np.ndarray:
    """Whether all of the elements hold."""
    return np.all(array_of(lift(x)), axis=_axes(axis), keepdims=keepdims)


def count_nonzero(x: object, axis: Axis = None) -> np.ndarray:
    """How many elements are not 0."""
    return np.count_nonzero(array_of(lift(x)), axis=_axes(axis))


def argmax(x: object, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Index of the first largest element."""
    return np.argmax(array_of(lift(x)), axis=axis, keepdims=keepdims)


def argmin(x: object, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Index of the first smallest element."""
    return np.argmin(array_of(lift(x)), axis=axis, keepdims=keepdims)


def argsort(x: object, axis: int = -1) -> np.ndarray:
    """Indices that sort along an axis; equal elements keep their order."""
    return np.argsort(array_of(lift(x)), axis=axis, kind="stable")


def sort(x: object, axis: int = -1) -> Value:
    """Elements in rising order along an axis."""
    return take_along_axis(x, argsort(x, axis), axis)


def take_along_axis(x: object, indices: object, axis: int | None = None) -> Value:
    """The elements at `indices` along an axis, one set of indices for each row."""
    x, indices = lift(x), np.asarray(array_of(lift(indices)))
    at = np.asarray(array_of(x))

    def gradient(dy: np.ndarray) -> np.ndarray:
        flat = np.take_along_axis(np.arange(at.size).reshape(at.shape), indices, axis)
        return np.bincount(flat.ravel(), dy.ravel(), at.size).reshape(at.shape)

    return record(np.take_along_axis(at, indices, axis), (x, gradient))


def top_k(x: object, k: int, sorted: bool = True) -> tuple[Value, np.ndarray]:
    """The k largest elements along the last axis, the largest first, and their indices; of equals the first ones."""
    indices = np.argsort(-np.asarray(array_of(lift(x))), axis=-1, kind="stable")[..., :k]
    return take_along_axis(x, indices, -1), indices


def norm(x: object, ord: object = None, axis: Axis = None, keepdims: bool = False) -> Value:
    """Length of vectors: ord 2 (the default), 1, inf, -inf, 0 or any other power p; over all axes when axis is None."""
    size = elementwise.absolute(x)
    if ord in (None, 2, "fro"):
        return elementwise.sqrt(sum(elementwise.square(x), axis, keepdims))
    if isinstance(ord, str) or (isinstance(_axes(axis), tuple) and ord is not None):
        raise NotImplementedError(f"norm: ord must be a number, of vectors along one axis. Received: {ord!r}")
    if ord in (math.inf, -math.inf):
        return (max if ord > 0 else min)(size, axis, keepdims)
    if ord == 0:
        return sum(elementwise.not_equal(x, 0), axis, keepdims)
    return elementwise.power(sum(elementwise.power(size, ord), axis, keepdims), 1 / ord)


def normalize(x: object, axis: int = -1, order: float = 2, epsilon: float | None = None) -> Value:
    """x divided by its length along an axis; lengths below epsilon (None: config.epsilon) count as epsilon."""
    epsilon = config.epsilon if epsilon is None else epsilon
    if order == 2:  # the root of 0 has no gradient
        squares = sum(elementwise.square(x), axis, True)
        return elementwise.multiply(x, elementwise.rsqrt(elementwise.maximum(squares, epsilon**2)))
    return elementwise.divide(x, elementwise.maximum(norm(x, order, axis, True), epsilon))
