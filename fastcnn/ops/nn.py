"""Activations."""

import math

import numpy as np

from fastcnn.ops import elementwise as e
from fastcnn.ops import reductions as r
from fastcnn.ops.elementwise import Value, sigmoid, softplus, tanh
from fastcnn.ops.tape import array_of, lift, record

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # Klambauer et al., 2017


def relu(x: object) -> Value:
    """max(x, 0); the derivative at 0 is 0."""
    x = lift(x)
    y = np.maximum(array_of(x), 0)
    return record(y, (x, lambda dy: np.where(y > 0, dy, 0)))


def relu6(x: object) -> Value:
    """min(max(x, 0), 6); the derivative at 0 and 6 is 0."""
    x = lift(x)
    y = np.clip(array_of(x), 0, 6)
    return record(y, (x, lambda dy: np.where((y > 0) & (y < 6), dy, 0)))


def leaky_relu(x: object, negative_slope: float = 0.2) -> Value:
    """x if x > 0 else negative_slope * x."""
    x = lift(x)
    at = array_of(x)
    slope = np.where(np.greater(at, 0), 1, negative_slope).astype(np.result_type(np.asarray(at).dtype, np.float32))
    return record(at * slope, (x, lambda dy: dy * slope))


def elu(x: object, alpha: float = 1.0) -> Value:
    """x if x > 0 else alpha * (exp(x) - 1)."""
    x = lift(x)
    at = array_of(x)
    y = np.where(np.greater(at, 0), at, alpha * np.expm1(np.minimum(at, 0)))
    return record(y, (x, lambda dy: dy * np.where(np.greater(at, 0), 1, y + alpha)))


def selu(x: object) -> Value:
    """SELU_SCALE * elu(x, SELU_ALPHA)."""
    return e.multiply(SELU_SCALE, elu(x, SELU_ALPHA))


def celu(x: object, alpha: float = 1.0) -> Value:
    """x if x > 0 else alpha * (exp(x / alpha) - 1)."""
    return e.multiply(alpha, elu(e.divide(x, alpha)))


def gelu(x: object, approximate: bool = True) -> Value:
    """x times the normal distribution's share below x; approximate: by a tanh."""
    if approximate:
        inner = e.multiply(math.sqrt(2 / math.pi), e.add(x, e.multiply(0.044715, e.multiply(x, e.square(x)))))
        return e.multiply(e.multiply(0.5, x), e.add(1, tanh(inner)))
    return e.multiply(e.multiply(0.5, x), e.add(1, e.erf(e.multiply(x, math.sqrt(0.5)))))


def silu(x: object) -> Value:
    """x * sigmoid(x)."""
    return e.multiply(x, sigmoid(x))


swish = silu


def mish(x: object) -> Value:
    """x * tanh(softplus(x))."""
    return e.multiply(x, tanh(softplus(x)))


def softsign(x: object) -> Value:
    """x / (1 + |x|)."""
    return e.divide(x, e.add(1, e.absolute(x)))


def log_sigmoid(x: object) -> Value:
    """log(sigmoid(x)), exact for very negative x."""
    return e.negative(softplus(e.negative(x)))


def hard_sigmoid(x: object) -> Value:
    """relu6(x + 3) / 6."""
    return e.divide(relu6(e.add(x, 3)), 6)


def hard_silu(x: object) -> Value:
    """x * hard_sigmoid(x)."""
    return e.multiply(x, hard_sigmoid(x))


hard_swish = hard_silu


def hard_tanh(x: object) -> Value:
    """x, but at least -1 and at most 1."""
    return e.clip(x, -1, 1)


def softmax(x: object, axis: int = -1) -> Value:
    """exp(x), divided by its sum along the axis."""
    x = lift(x)
    at = array_of(x)
    powers = np.exp(at - np.max(at, axis=axis, keepdims=True))
    y = powers / np.sum(powers, axis=axis, keepdims=True)
    return record(y, (x, lambda dy: y * (dy - np.sum(dy * y, axis=axis, keepdims=True))))


def log_softmax(x: object, axis: int = -1) -> Value:
    """log(softmax(x)), exact for small probabilities."""
    return e.subtract(x, r.logsumexp(x, axis, True))


def l2_normalize(x: object, axis: int = -1, epsilon: float = 1e-12) -> Value:
    """x divided by its length along an axis; squared lengths below epsilon count as epsilon."""
    return r.normalize(x, axis, epsilon=math.sqrt(epsilon))
