"""Activations by name, function or layer; each lowers to kernels of the contract.

The functions also work on plain arrays: `activations.relu(np.array([-1., 2.]))`.
"""

from collections.abc import Callable

import numpy as np

from fastcnn.engine.ops import activations as ops
from fastcnn.engine.program import Builder, Tensor

Lowering = Callable[..., Tensor]


def _apply(x: object, kernel: str, **params: float) -> np.ndarray:
    from fastcnn.switching import get_backend

    array = np.ascontiguousarray(x, dtype=np.result_type(np.asarray(x).dtype, np.float32))
    y = np.empty_like(array)
    getattr(get_backend(), kernel)(array, y, **params)
    return y


def linear(x: object) -> np.ndarray:
    """x itself."""
    return np.asarray(x)


def relu(x: object, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> np.ndarray:
    """max_value if x >= max_value, x if x > threshold, else negative_slope * (x - threshold)."""
    top = np.inf if max_value is None else max_value
    return _apply(x, "relu_forward", negative_slope=negative_slope, max_value=top, threshold=threshold)


def relu6(x: object) -> np.ndarray:
    """relu with a maximum of 6."""
    return relu(x, max_value=6.0)


def leaky_relu(x: object, negative_slope: float = 0.2) -> np.ndarray:
    """x if x > 0 else negative_slope * x."""
    return relu(x, negative_slope)


def elu(x: object, alpha: float = 1.0) -> np.ndarray:
    """x if x > 0 else alpha * (exp(x) - 1)."""
    return _apply(x, "elu_forward", alpha=alpha)


def sigmoid(x: object) -> np.ndarray:
    """1 / (1 + exp(-x))."""
    return _apply(x, "sigmoid_forward")


def tanh(x: object) -> np.ndarray:
    """tanh(x)."""
    return _apply(x, "tanh_forward")


def softmax(x: object) -> np.ndarray:
    """Softmax over the last axis; x needs at least two axes."""
    return _apply(x, "softmax_forward")


_LOWERINGS: dict[str, Lowering] = {
    "linear": lambda builder, x: x,
    "relu": ops.relu,
    "relu6": lambda builder, x: ops.relu(builder, x, max_value=6.0),
    "leaky_relu": lambda builder, x: ops.relu(builder, x, negative_slope=0.2),
    "elu": ops.elu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
}


def name_of(identifier: object) -> str:
    """Name of the activation that a string, function or None stands for.

    Raises:
        ValueError: when it is not known; the message lists those that are.
    """
    if identifier is None:
        return "linear"
    name = identifier if isinstance(identifier, str) else getattr(identifier, "__name__", repr(identifier))
    if name not in _LOWERINGS:
        raise ValueError(f"unknown activation. Received: {identifier!r}. Known: {', '.join(sorted(_LOWERINGS))}")
    return name


def get(identifier: object) -> Callable:
    """The function that a name stands for; functions pass through, None is linear."""
    return globals()[name_of(identifier)]


def lower(builder: Builder, name: str, x: Tensor) -> Tensor:
    """Emits the activation called `name`."""
    return _LOWERINGS[name](builder, x)
