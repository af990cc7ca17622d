"""Activations of each element, as functions of arrays and of everything else in `applied`. The formulas are Keras 3's.

`activations.relu(np.array([-1., 2.]))`; inside a loss or layer their gradients are known.
"""

import math

import numpy as np

from fastcnn import config
from fastcnn.activations.applied import Emitting, Value, kernel
from fastcnn.activations.registry import activation
from fastcnn.compat.calls import accepts_old_names
from fastcnn.ops.tape import Traced

# Source: Klambauer et al. 2017, "Self-normalizing neural networks".
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _curve(x: object, name: str, alpha: float = 0.0, beta: float = 0.0) -> Value:
    return kernel(x, "curve", curve=name, alpha=float(alpha), beta=float(beta))


def _at_least(name: str, argument: str, value: float, least: float = 0.0) -> float:
    if value is None or not value >= least:
        raise ValueError(f"activation {name}: {argument} must be at least {least}. Received: {value!r}")
    return float(value)


def _above(name: str, argument: str, value: float, bound: float = 0.0) -> float:
    if value is None or not value > bound:
        raise ValueError(f"activation {name}: {argument} must exceed {bound}. Received: {value!r}")
    return float(value)


@activation
def linear(x: object) -> Value:
    """x itself."""
    return x if isinstance(x, (Traced, Emitting)) else np.asarray(x)


@activation
@accepts_old_names
def relu(x: object, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Value:
    """max_value if x >= max_value, x if x > threshold, else negative_slope * (x - threshold).

    Raises:
        ValueError: for a negative slope or threshold, and unless max_value exceeds the threshold.
    """
    threshold = _at_least("relu", "threshold", threshold)
    top = math.inf if max_value is None else _above("relu", "max_value", max_value, threshold)
    slope = _at_least("relu", "negative_slope", negative_slope)
    return kernel(x, "relu", negative_slope=slope, max_value=top, threshold=threshold)


@activation
def relu6(x: object) -> Value:
    """relu with a maximum of 6."""
    return relu(x, max_value=6.0)


@activation
def leaky_relu(x: object, negative_slope: float = 0.2) -> Value:
    """x if x > 0 else negative_slope * x."""
    return relu(x, negative_slope)


@activation
def elu(x: object, alpha: float = 1.0) -> Value:
    """x if x > 0 else alpha * (exp(x) - 1). Raises ValueError for a negative alpha."""
    return kernel(x, "elu", alpha=_at_least("elu", "alpha", alpha))


@activation
def selu(x: object) -> Value:
    """SELU_SCALE * elu(x, SELU_ALPHA)."""
    return _curve(x, "selu", SELU_ALPHA, SELU_SCALE)


@activation
def celu(x: object, alpha: float = 1.0) -> Value:
    """x if x > 0 else alpha * (exp(x / alpha) - 1). Raises ValueError unless alpha is positive."""
    return _curve(x, "celu", _above("celu", "alpha", alpha))


@activation
def sigmoid(x: object) -> Value:
    """1 / (1 + exp(-x))."""
    return kernel(x, "sigmoid")


@activation
def tanh(x: object) -> Value:
    """tanh(x)."""
    return kernel(x, "tanh")


@activation
def exponential(x: object) -> Value:
    """exp(x)."""
    return _curve(x, "exponential")


@activation
def softplus(x: object) -> Value:
    """log(1 + exp(x))."""
    return _curve(x, "softplus")


@activation
def softsign(x: object) -> Value:
    """x / (1 + |x|)."""
    return _curve(x, "softsign")


@activation
def silu(x: object) -> Value:
    """x * sigmoid(x); also called swish."""
    return _curve(x, "silu")


@activation
def gelu(x: object, approximate: bool = False) -> Value:
    """x times the standard normal's distribution at x; approximate: through a tanh."""
    return _curve(x, "gelu_tanh" if approximate else "gelu")


@activation
def mish(x: object) -> Value:
    """x * tanh(softplus(x))."""
    return _curve(x, "mish")


@activation
def log_sigmoid(x: object) -> Value:
    """log(sigmoid(x))."""
    return _curve(x, "log_sigmoid")


@activation
def hard_sigmoid(x: object) -> Value:
    """clip(x / 6 + 0.5, 0, 1); with config.era "keras2" hard_sigmoid_keras2. Layers keep what they were made with."""
    if config.era == "keras2" and not isinstance(x, Emitting):  # for layers `get` has looked at the era
        return hard_sigmoid_keras2(x)
    return _curve(x, "hard_sigmoid", 1 / 6, 0.5)


@activation
def hard_sigmoid_keras2(x: object) -> Value:
    """clip(0.2 * x + 0.5, 0, 1): what Keras 1 and 2 call hard_sigmoid."""
    return _curve(x, "hard_sigmoid", 0.2, 0.5)


@activation
def hard_silu(x: object) -> Value:
    """x * clip(x / 6 + 0.5, 0, 1); also called hard_swish."""
    return _curve(x, "hard_silu", 1 / 6, 0.5)


@activation
def hard_tanh(x: object) -> Value:
    """clip(x, -1, 1)."""
    return _curve(x, "hard_tanh", -1.0, 1.0)


@activation
def hard_shrink(x: object, threshold: float = 0.5) -> Value:
    """x if |x| > threshold else 0."""
    return _curve(x, "hard_shrink", threshold)


@activation
def soft_shrink(x: object, threshold: float = 0.5) -> Value:
    """x moved towards 0 by threshold, and 0 where |x| <= threshold. Raises ValueError for a negative threshold."""
    return _curve(x, "soft_shrink", _at_least("soft_shrink", "threshold", threshold))


@activation
def tanh_shrink(x: object) -> Value:
    """x - tanh(x)."""
    return _curve(x, "tanh_shrink")


@activation
def squareplus(x: object, b: float = 4) -> Value:
    """(x + sqrt(x**2 + b)) / 2. Raises ValueError unless b is positive."""
    return _curve(x, "squareplus", _above("squareplus", "b", b))


@activation
def sparse_plus(x: object) -> Value:
    """0 if x <= -1, x if x >= 1, else (x + 1)**2 / 4."""
    return _curve(x, "sparse_plus")


@activation
def sparse_sigmoid(x: object) -> Value:
    """clip(x / 2 + 0.5, 0, 1)."""
    return _curve(x, "hard_sigmoid", 0.5, 0.5)


@activation
def threshold(x: object, threshold: float, default_value: float) -> Value:
    """x if x > threshold else default_value."""
    return _curve(x, "threshold", threshold, default_value)
