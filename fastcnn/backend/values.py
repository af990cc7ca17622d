"""Values and what is known of them: variables, constants, shapes, types; random arrays."""

from collections.abc import Sequence

import numpy as np

from fastcnn import config, ops
from fastcnn.engine.variable import Variable
from fastcnn.layers.graph import SymbolicTensor, is_symbolic
from fastcnn.ops.elementwise import Value
from fastcnn.ops.tape import Traced
from fastcnn.random import generator

Shape = tuple[int | None, ...]


def variable(value: object, dtype: str | None = None, name: str | None = None, constraint: object = None) -> Variable:
    """An array that `set_value` and `update` change in place."""
    made = Variable(np.array(value, dtype or config.floatx), name or "variable")
    made.constraint = constraint
    return made


def constant(value: object, dtype: str | None = None, shape: Sequence[int] | None = None, name: object = None) -> Value:
    """An array of these values, or of one value in a shape."""
    made = np.asarray(value, dtype or config.floatx)
    return made if shape is None else np.broadcast_to(made, tuple(shape)).copy()


def get_value(x: object) -> np.ndarray | float:
    """The value of a variable, or of a setting such as optimizer.learning_rate."""
    return x.numpy() if hasattr(x, "numpy") else x


def set_value(x: object, value: object) -> None:
    """Gives a variable, or a setting such as optimizer.learning_rate, another value.

    Raises:
        TypeError: for what cannot be changed.
    """
    if not hasattr(x, "assign"):
        raise TypeError(f"set_value: expected a variable. Received: {type(x).__name__}, which cannot be changed")
    x.assign(value)


def batch_get_value(tensors: Sequence[object]) -> list:
    """The values of several variables."""
    return [get_value(x) for x in tensors]


def batch_set_value(tuples: Sequence[tuple[object, object]]) -> None:
    """Sets several variables, given as (variable, value) pairs."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Variable, new_x: object) -> Variable:
    """Gives a variable another value."""
    x.assign(new_x)
    return x


def update_add(x: Variable, increment: object) -> Variable:
    """Adds to a variable."""
    return update(x, get_value(x) + np.asarray(get_value(increment)))


def update_sub(x: Variable, decrement: object) -> Variable:
    """Subtracts from a variable."""
    return update(x, get_value(x) - np.asarray(get_value(decrement)))


def eval(x: object) -> np.ndarray:
    """x as a plain array.

    Raises:
        TypeError: for a symbolic tensor, which has no value.
    """
    if is_symbolic(x):
        raise TypeError(f"eval: {x!r} has no value until a model computes it: use K.function or model.predict")
    return ops.convert_to_numpy(x)


def int_shape(x: object) -> Shape:
    """Axes of x; None for a symbolic tensor's batch."""
    return tuple(x.shape) if isinstance(x, SymbolicTensor) else ops.shape(x)


def shape(x: object) -> Shape:
    """Axes of x."""
    return int_shape(x)


def ndim(x: object) -> int:
    """Number of axes of x."""
    return len(int_shape(x))


def dtype(x: object) -> str:
    """Name of the type of x's elements."""
    return np.dtype(x.dtype).name


def count_params(x: object) -> int:
    """Number of elements."""
    return int(np.prod(int_shape(x)))


def is_keras_tensor(x: object) -> bool:
    """Whether x is a symbolic tensor: what Input() or a layer called on one gives."""
    return isinstance(x, SymbolicTensor)


def is_tensor(x: object) -> bool:
    """Whether x is an array or a symbolic tensor."""
    return isinstance(x, (SymbolicTensor, Traced, Variable, np.ndarray))


def print_tensor(x: object, message: str = "") -> object:
    """Prints the value whenever it is computed, and returns x."""
    print(message, ops.convert_to_numpy(x))
    return x


def random_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> np.ndarray:
    """Normally distributed numbers; without seed others each time, the same after set_random_seed."""
    return _rng(seed).normal(mean, stddev, tuple(shape)).astype(dtype or config.floatx)


def random_uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: int | None = None
) -> np.ndarray:
    """Evenly distributed numbers."""
    return _rng(seed).uniform(minval, maxval, tuple(shape)).astype(dtype or config.floatx)


def random_bernoulli(
    shape: Sequence[int], p: float = 0.0, dtype: str | None = None, seed: int | None = None
) -> np.ndarray:
    """1 with probability p, else 0."""
    return (_rng(seed).random(tuple(shape)) < p).astype(dtype or config.floatx)


def _rng(seed: int | None) -> np.random.Generator:
    return generator() if seed is None else np.random.default_rng(seed)
