"""New arrays, and arrays of another type. Floats are float32 unless said otherwise, as in Keras."""

from collections.abc import Sequence

import numpy as np

from fastcnn.ops.elementwise import Value
from fastcnn.ops.tape import Traced, array_of, lift, record


def convert_to_tensor(x: object, dtype: object = None) -> Value:
    """x as an array; Python's floats (in lists too) become float32, whole numbers int32. Traced values stay traced."""
    given, x = x, lift(x)
    if dtype is not None:
        return cast(x, dtype)
    x = x if isinstance(x, Traced) else np.asarray(x)
    if isinstance(given, (int, float, list, tuple)) and not isinstance(x, Traced) and x.dtype.kind in "fi":
        return x.astype(np.float32 if x.dtype.kind == "f" else np.int32)
    return x


def convert_to_numpy(x: object) -> np.ndarray:
    """x as a plain array, through which no gradient passes."""
    return np.array(array_of(lift(x)))


def is_tensor(x: object) -> bool:
    """Whether x is an array, traced or plain."""
    return isinstance(x, (Traced, np.ndarray))


def stop_gradient(x: object) -> np.ndarray:
    """x, through which no gradient passes."""
    return array_of(lift(x))


def cast(x: object, dtype: object) -> Value:
    """x in another type; the gradient passes between floats."""
    x = lift(x)
    kind = np.dtype(dtype)
    made = np.asarray(array_of(x)).astype(kind, copy=False)
    return record(made, (x, lambda dy: dy)) if kind.kind == "f" else made


def shape(x: object) -> tuple[int, ...]:
    """Axes of x."""
    return np.shape(array_of(lift(x)))


def ndim(x: object) -> int:
    """Number of axes of x."""
    return len(shape(x))


def size(x: object) -> int:
    """Number of elements of x."""
    return int(np.size(array_of(lift(x))))


def zeros(shape: int | Sequence[int], dtype: object = None) -> np.ndarray:
    """An array of 0."""
    return np.zeros(shape, dtype or np.float32)


def ones(shape: int | Sequence[int], dtype: object = None) -> np.ndarray:
    """An array of 1."""
    return np.ones(shape, dtype or np.float32)


def full(shape: int | Sequence[int], fill_value: object, dtype: object = None) -> np.ndarray:
    """An array of one value."""
    return np.full(shape, fill_value, dtype or np.float32)


def zeros_like(x: object, dtype: object = None) -> np.ndarray:
    """0 in the shape and type of x."""
    return np.zeros_like(array_of(lift(x)), dtype)


def ones_like(x: object, dtype: object = None) -> np.ndarray:
    """1 in the shape and type of x."""
    return np.ones_like(array_of(lift(x)), dtype)


def full_like(x: object, fill_value: object, dtype: object = None) -> np.ndarray:
    """One value in the shape and type of x."""
    return np.full_like(array_of(lift(x)), fill_value, dtype)


def arange(start: float, stop: float | None = None, step: float | None = None, dtype: object = None) -> np.ndarray:
    """start, start + step, ... below stop; 0, 1, ... below start when it is alone."""
    made = np.arange(start) if stop is None else np.arange(start, stop, step)
    return made.astype(dtype or (np.float32 if made.dtype.kind == "f" else np.int32))


def linspace(start: float, stop: float, num: int = 50, endpoint: bool = True, dtype: object = None) -> np.ndarray:
    """`num` values at equal distances from start to stop."""
    return np.linspace(start, stop, num, endpoint, dtype=dtype or np.float32)


def eye(N: int, M: int | None = None, k: int = 0, dtype: object = None) -> np.ndarray:
    """1 on the k-th diagonal, else 0."""
    return np.eye(N, M, k, dtype or np.float32)


def identity(n: int, dtype: object = None) -> np.ndarray:
    """1 on the diagonal of a square matrix, else 0."""
    return eye(n, dtype=dtype)


def one_hot(x: object, num_classes: int, axis: int = -1, dtype: object = None) -> np.ndarray:
    """1 at the index that x holds, along a new axis of `num_classes`; all 0 for an index outside."""
    numbers = np.asarray(array_of(lift(x))).astype(np.int64)
    hot = (numbers[..., None] == np.arange(num_classes)).astype(dtype or np.float32)
    return np.moveaxis(hot, -1, axis)
