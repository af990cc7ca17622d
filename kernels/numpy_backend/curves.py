"""Activations whose gradient comes from their input, each with its slope."""

import math

import numpy as np

from fastcnn.kernels.numpy_backend.activations import sigmoid_forward


def _sigmoid(x):
    y = np.empty_like(x)
    sigmoid_forward(x, y)
    return y


def _softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _normal(x):
    """Phi(x), one number at a time: NumPy has no error function."""
    return np.array([0.5 * math.erfc(-float(v) * math.sqrt(0.5)) for v in x], x.dtype)


def _density(x):
    return np.exp(-0.5 * x * x) * x.dtype.type(1 / math.sqrt(2 * math.pi))


def _tanh_of_gelu(x):
    return np.tanh(x.dtype.type(math.sqrt(2 / math.pi)) * (x + x.dtype.type(0.044715) * x * x * x))


def _gelu_tanh_slope(x, a, b):
    t, inner = _tanh_of_gelu(x), math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner


def _mish_slope(x, a, b):
    t = np.tanh(_softplus(x))
    return t + x * (1 - t * t) * _sigmoid(x)


def _silu_slope(x, a, b):
    s = _sigmoid(x)
    return s * (1 + x * (1 - s))


def _exponential(x, a, b):
    with np.errstate(over="ignore"):  # to infinity, as it should
        return np.exp(x)


def _inside(x, a, b):
    return (a * x + b > 0) & (a * x + b < 1)


def _clipped(x, a, b):
    return np.clip(a * x + b, 0, 1)


def _expm1(x):
    return np.expm1(np.minimum(x, 0))


def _exp(x):
    return np.exp(np.minimum(x, 0))


CURVES = {  # name: (value, slope)
    "selu": (
        lambda x, a, b: b * np.where(x >= 0, x, a * _expm1(x)),
        lambda x, a, b: b * np.where(x >= 0, 1, a * _exp(x)),
    ),
    "celu": (
        lambda x, a, b: np.where(x >= 0, x, a * _expm1(x / a)),
        lambda x, a, b: np.where(x >= 0, 1, _exp(x / a)),
    ),
    "exponential": (_exponential, _exponential),
    "softplus": (lambda x, a, b: _softplus(x), lambda x, a, b: _sigmoid(x)),
    "softsign": (lambda x, a, b: x / (1 + np.abs(x)), lambda x, a, b: 1 / (1 + np.abs(x)) ** 2),
    "silu": (lambda x, a, b: x * _sigmoid(x), _silu_slope),
    "gelu": (lambda x, a, b: x * _normal(x), lambda x, a, b: _normal(x) + x * _density(x)),
    "gelu_tanh": (lambda x, a, b: 0.5 * x * (1 + _tanh_of_gelu(x)), _gelu_tanh_slope),
    "mish": (lambda x, a, b: x * np.tanh(_softplus(x)), _mish_slope),
    "log_sigmoid": (lambda x, a, b: -_softplus(-x), lambda x, a, b: _sigmoid(-x)),
    "hard_sigmoid": (_clipped, lambda x, a, b: np.where(_inside(x, a, b), a, 0)),
    "hard_silu": (
        lambda x, a, b: x * _clipped(x, a, b),
        lambda x, a, b: _clipped(x, a, b) + np.where(_inside(x, a, b), a * x, 0),
    ),
    "hard_tanh": (lambda x, a, b: np.clip(x, a, b), lambda x, a, b: (x >= a) & (x <= b)),
    "hard_shrink": (lambda x, a, b: np.where(np.abs(x) > a, x, 0), lambda x, a, b: np.abs(x) > a),
    "soft_shrink": (
        lambda x, a, b: np.where(x > a, x - a, np.where(x < -a, x + a, 0)),
        lambda x, a, b: np.abs(x) > a,
    ),
    "tanh_shrink": (lambda x, a, b: x - np.tanh(x), lambda x, a, b: np.tanh(x) ** 2),
    "squareplus": (
        lambda x, a, b: 0.5 * (x + np.sqrt(x * x + a)),
        lambda x, a, b: 0.5 * (1 + x / np.sqrt(x * x + a)),
    ),
    "sparse_plus": (
        lambda x, a, b: np.where(x >= 1, x, 0.25 * np.maximum(x + 1, 0) ** 2),
        lambda x, a, b: np.clip(0.5 * (x + 1), 0, 1),
    ),
    "threshold": (lambda x, a, b: np.where(x > a, x, b), lambda x, a, b: x > a),
}


def curve_forward(x, y, *, curve, alpha, beta):
    real = x.dtype.type
    y[:] = CURVES[curve][0](x, real(alpha), real(beta))


def curve_backward(x, dy, dx, *, curve, alpha, beta):
    real = x.dtype.type
    dx[:] = dy * CURVES[curve][1](x, real(alpha), real(beta))
