"""Shapes and places of elements: reshaping, joining, cutting, repeating, picking; products of matrices."""

from collections.abc import Sequence

import numpy as np

from fastcnn.ops.elementwise import Value, together
from fastcnn.ops.tape import Traced, array_of, lift, record


def _moved(x: object, forward: object, back: object) -> Value:
    """A function that only moves elements; back(dy) moves the gradient the other way."""
    x = lift(x)
    return record(forward(np.asarray(array_of(x))), (x, back))


def reshape(x: object, newshape: int | Sequence[int]) -> Value:
    """The same elements in another shape; one axis may be -1."""
    before = np.shape(array_of(x := lift(x)))
    return _moved(x, lambda a: a.reshape(_whole(newshape)), lambda dy: dy.reshape(before))


def _whole(shape: int | Sequence[int]) -> int | tuple[int, ...]:
    return shape if isinstance(shape, int) else tuple(int(size) for size in shape)


def ravel(x: object) -> Value:
    """All elements in one axis."""
    return reshape(x, -1)


def transpose(x: object, axes: Sequence[int] | None = None) -> Value:
    """Axes in another order, reversed when none is given."""
    back = None if axes is None else np.argsort(axes)
    return _moved(x, lambda a: np.transpose(a, axes), lambda dy: np.transpose(dy, back))


def swapaxes(x: object, axis1: int, axis2: int) -> Value:
    """Two axes exchanged."""
    return _moved(x, lambda a: np.swapaxes(a, axis1, axis2), lambda dy: np.swapaxes(dy, axis1, axis2))


def moveaxis(x: object, source: int | Sequence[int], destination: int | Sequence[int]) -> Value:
    """Axes moved to other places, the rest in order."""
    return _moved(x, lambda a: np.moveaxis(a, source, destination), lambda dy: np.moveaxis(dy, destination, source))


def expand_dims(x: object, axis: int | Sequence[int]) -> Value:
    """New axes of length 1."""
    before = np.shape(array_of(x := lift(x)))
    return _moved(x, lambda a: np.expand_dims(a, axis), lambda dy: dy.reshape(before))


def squeeze(x: object, axis: int | Sequence[int] | None = None) -> Value:
    """Without axes of length 1: those given, or all."""
    before = np.shape(array_of(x := lift(x)))
    chosen = axis if axis is None or isinstance(axis, int) else tuple(axis)
    return _moved(x, lambda a: np.squeeze(a, chosen), lambda dy: dy.reshape(before))


def broadcast_to(x: object, shape: Sequence[int]) -> Value:
    """Repeated along axes of length 1, to a larger shape."""
    return _moved(x, lambda a: np.broadcast_to(a, _whole(shape)), lambda dy: dy)


def concatenate(xs: Sequence[object], axis: int = 0) -> Value:
    """Arrays joined along an axis."""
    parts = together(*xs)
    arrays = [array_of(part) for part in parts]
    ends = np.cumsum([a.shape[axis] for a in arrays])
    edges = [(part, lambda dy, i=i: np.split(dy, ends[:-1], axis)[i]) for i, part in enumerate(parts)]
    return record(np.concatenate(arrays, axis), *edges)


def stack(x: Sequence[object], axis: int = 0) -> Value:
    """Arrays of one shape joined along a new axis."""
    parts = together(*x)
    edges = [(part, lambda dy, i=i: np.take(dy, i, axis)) for i, part in enumerate(parts)]
    return record(np.stack([array_of(part) for part in parts], axis), *edges)


def unstack(x: object, num: int | None = None, axis: int = 0) -> list[Value]:
    """The slices along an axis, without it."""
    return [squeeze(part, axis) for part in split(x, num or lift(x).shape[axis], axis)]


def split(x: object, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Value]:
    """Cut along an axis into so many equal parts, or at these places."""
    x = lift(x)
    places = np.split(np.arange(x.shape[axis]), indices_or_sections)
    chosen = [slice(p[0], p[-1] + 1) if len(p) else slice(0, 0) for p in places]
    front = (slice(None),) * (axis % x.ndim)
    return [get_item(x, (*front, part)) for part in chosen]


def get_item(x: object, key: object) -> Value:
    """x[key], for whatever key NumPy takes."""
    x = lift(x)
    at = np.asarray(array_of(x))
    keys = tuple(array_of(lift(k)) if isinstance(k, Traced) else k for k in key) if isinstance(key, tuple) else key
    picks = any(isinstance(k, (list, np.ndarray)) for k in (keys if isinstance(keys, tuple) else (keys,)))

    def gradient(dy: np.ndarray) -> np.ndarray:
        made = np.zeros(at.shape, dy.dtype)
        if picks:
            np.add.at(made, keys, dy)  # an element may have been picked several times
        else:
            made[keys] = dy
        return made

    return record(at[keys], (x, gradient))


def take(x: object, indices: object, axis: int | None = None) -> Value:
    """The slices at `indices` along an axis; of the flattened array when axis is None."""
    chosen = np.asarray(array_of(lift(indices))).astype(np.int64)
    if axis is None:
        return get_item(ravel(x), chosen)
    x = lift(x)
    return get_item(x, (*(slice(None),) * (axis % x.ndim), chosen))


def flip(x: object, axis: int | Sequence[int] | None = None) -> Value:
    """Elements in reverse order along the axes."""
    return _moved(x, lambda a: np.flip(a, axis), lambda dy: np.flip(dy, axis))


def roll(x: object, shift: int | Sequence[int], axis: int | Sequence[int] | None = None) -> Value:
    """Elements moved along an axis; those that leave come in at the other end."""
    return _moved(x, lambda a: np.roll(a, shift, axis), lambda dy: np.roll(dy, np.negative(shift), axis))


def pad(x: object, pad_width: object, mode: str = "constant", constant_values: object = None) -> Value:
    """Margins around an array, filled in one of NumPy's modes ("constant", "reflect", "symmetric", "edge", "wrap")."""
    x = lift(x)
    at = np.asarray(array_of(x))
    fill = {"constant_values": 0 if constant_values is None else constant_values} if mode == "constant" else {}

    def gradient(dy: np.ndarray) -> np.ndarray:
        source = np.pad(np.arange(at.size).reshape(at.shape), pad_width, mode, **dict.fromkeys(fill, -1))
        inner = source >= 0
        return np.bincount(source[inner], dy[inner], at.size).reshape(at.shape)

    return record(np.pad(at, pad_width, mode, **fill), (x, gradient))


def repeat(x: object, repeats: int | Sequence[int], axis: int | None = None) -> Value:
    """Each element several times in a row."""
    size = lift(x).size if axis is None else lift(x).shape[axis]
    return take(x, np.repeat(np.arange(size), repeats), axis)


def tile(x: object, repeats: int | Sequence[int]) -> Value:
    """The whole array several times along each axis."""
    x = lift(x)
    shape, times = np.shape(array_of(x)), np.atleast_1d(repeats)
    rank = max(len(shape), len(times))
    shape, times = (1,) * (rank - len(shape)) + shape, [1] * (rank - len(times)) + [int(t) for t in times]
    between = [size for pair in zip(times, shape, strict=True) for size in pair]
    ones = [size for s in shape for size in (1, s)]
    whole = [t * s for t, s in zip(times, shape, strict=True)]
    return reshape(broadcast_to(reshape(x, ones), between), whole)


def matmul(x1: object, x2: object) -> Value:
    """Product of matrices over the last two axes; further axes are broadcast, one axis is a vector."""
    x1, x2 = together(x1, x2)
    a, b = array_of(x1), array_of(x2)
    left, right = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)

    def full(dy: np.ndarray) -> np.ndarray:
        dy = np.expand_dims(dy, -1) if b.ndim == 1 else dy
        return np.expand_dims(dy, -2) if a.ndim == 1 else dy

    def first(dy: np.ndarray) -> np.ndarray:
        made = full(dy) @ np.swapaxes(right, -1, -2)
        return made[..., 0, :] if a.ndim == 1 else made

    def second(dy: np.ndarray) -> np.ndarray:
        made = np.swapaxes(left, -1, -2) @ full(dy)
        return made[..., 0] if b.ndim == 1 else made

    return record(a @ b, (x1, first), (x2, second))


def dot(x1: object, x2: object) -> Value:
    """Sum over the last axis of x1 and the last but one of x2, as numpy.dot; with a number, the product."""
    x1, x2 = together(x1, x2)
    rank1, rank2 = np.ndim(array_of(x1)), np.ndim(array_of(x2))
    if rank1 == 0 or rank2 == 0:
        return x1 * x2
    return matmul(x1, x2) if rank1 <= 2 and rank2 <= 2 else tensordot(x1, x2, ((-1,), (-2 if rank2 > 1 else -1,)))


def tensordot(x1: object, x2: object, axes: int | Sequence = 2) -> Value:
    """Sum over axes of x1 and axes of x2: the last and first `axes` ones, or the two lists of them."""
    x1, x2 = together(x1, x2)
    if isinstance(axes, int):
        axes = (range(x1.ndim - axes, x1.ndim), range(axes))
    first, second = (
        [int(a) % x.ndim for a in np.atleast_1d(list_of)] for list_of, x in zip(axes, (x1, x2), strict=True)
    )
    rest1 = [a for a in range(x1.ndim) if a not in first]
    rest2 = [a for a in range(x2.ndim) if a not in second]
    inner = int(np.prod([x1.shape[a] for a in first]))
    left = reshape(transpose(x1, [*rest1, *first]), (-1, inner))
    right = reshape(transpose(x2, [*second, *rest2]), (inner, -1))
    return reshape(matmul(left, right), [*(x1.shape[a] for a in rest1), *(x2.shape[a] for a in rest2)])
