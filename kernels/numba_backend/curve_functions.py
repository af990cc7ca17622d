"""Values and slopes of the curves as plain arithmetic on one number x, with the curve's parameters a and b."""

import math

import numba
from numba import types
from numba.extending import overload

from fastcnn.kernels.numba_backend.functions import INLINED, logistic, type_of
from fastcnn.kernels.numba_backend.functions import exponential as exp
from fastcnn.kernels.numba_backend.functions import exponential_minus_one as expm1
from fastcnn.kernels.numba_backend.functions import hyperbolic_tangent as tanh

curve = numba.njit(**INLINED)


def _log_of_one_plus(e):
    """log(1 + e) for 0 <= e <= 1."""
    raise NotImplementedError("only inside compiled code")


@overload(_log_of_one_plus, jit_options=INLINED)
def _log_of_one_plus_overload(e):
    if e is not types.float32:
        return lambda e: math.log1p(e)

    def single(e):
        """The series of 2 atanh(s), s = e / (2 + e) <= 1/3, to s**13; the next is below 1.4e-8 of it."""
        s = e / (e + type_of(e, 2))
        q = s * s
        p = (type_of(e, 2 / 13) * q + type_of(e, 2 / 11)) * q + type_of(e, 2 / 9)
        p = ((p * q + type_of(e, 2 / 7)) * q + type_of(e, 2 / 5)) * q + type_of(e, 2 / 3)
        return (p * q + type_of(e, 2)) * s

    return single


def _tail(x):
    """The standard normal's distribution at -|x|."""
    raise NotImplementedError("only inside compiled code")


@overload(_tail, jit_options=INLINED)
def _tail_overload(x):
    if x is not types.float32:
        return lambda x: 0.5 * math.erfc(abs(x) * 0.7071067811865475244)

    def single(x):
        """exp(-z**2) / (z + 3) times a polynomial in t = (z - 3) / (z + 3) for z = |x| / sqrt(2).

        Source: Chebyshev interpolation of (z + 3) exp(z**2) erfc(z) in t; the terms left out add up to 2e-8.
        """
        r = type_of(x, 1) / (abs(x) * type_of(x, 0.70710678) + type_of(x, 3))
        t = type_of(x, 1) - type_of(x, 6) * r
        p = (type_of(x, 1.96559106e-5) * t + type_of(x, 6.78296356e-5)) * t - type_of(x, 0.000264983422)
        p = ((p * t - type_of(x, 0.000507850579)) * t + type_of(x, 0.00302742446)) * t - type_of(x, 0.00123237104)
        p = ((p * t - type_of(x, 0.0268253701)) * t + type_of(x, 0.119532301)) * t - type_of(x, 0.310467489)
        p = ((p * t + type_of(x, 0.590227976)) * t - type_of(x, 0.883394445)) * t + type_of(x, 1.07400691)
        return type_of(x, 0.5) * exp(type_of(x, -0.5) * x * x) * p * r

    return single


@curve
def _normal(x):
    """The standard normal's distribution."""
    tail = _tail(x)
    return tail if x < 0 else type_of(x, 1) - tail


@curve
def _clip(x, low, high):
    return min(max(x, low), high) if x == x else x


@curve
def _if(condition, x, value):
    return value if condition else type_of(x, 0)


@curve
def selu(x, a, b):
    return b * x if x >= 0 else b * a * expm1(x)


@curve
def selu_slope(x, a, b):
    return b if x >= 0 else b * a * exp(x)


@curve
def celu(x, a, b):
    return x if x >= 0 else a * expm1(x / a)


@curve
def celu_slope(x, a, b):
    return type_of(x, 1) if x >= 0 else exp(x / a)


@curve
def exponential(x, a, b):
    return exp(x)


@curve
def exponential_slope(x, a, b):
    return exp(x)


@curve
def softplus(x, a, b):
    return _if(x == x, x, max(x, type_of(x, 0))) + _log_of_one_plus(exp(-abs(x)))


@curve
def softplus_slope(x, a, b):
    return logistic(x)


@curve
def softsign(x, a, b):
    return x / (type_of(x, 1) + abs(x))


@curve
def softsign_slope(x, a, b):
    r = type_of(x, 1) / (type_of(x, 1) + abs(x))
    return r * r


@curve
def silu(x, a, b):
    return x * logistic(x)


@curve
def silu_slope(x, a, b):
    s = logistic(x)
    return s * (type_of(x, 1) + x * (type_of(x, 1) - s))


@curve
def gelu(x, a, b):
    return x * _normal(x)


@curve
def gelu_slope(x, a, b):
    return _normal(x) + x * type_of(x, 0.3989422804014326779) * exp(type_of(x, -0.5) * x * x)


@curve
def _tanh_of_gelu(x):
    return tanh(type_of(x, 0.79788456080286535588) * (x + type_of(x, 0.044715) * x * x * x))


@curve
def gelu_tanh(x, a, b):
    return type_of(x, 0.5) * x * (type_of(x, 1) + _tanh_of_gelu(x))


@curve
def gelu_tanh_slope(x, a, b):
    t, one = _tanh_of_gelu(x), type_of(x, 1)
    inner = type_of(x, 0.79788456080286535588) * (one + type_of(x, 3 * 0.044715) * x * x)
    return type_of(x, 0.5) * ((one + t) + x * (one - t * t) * inner)


@curve
def mish(x, a, b):
    """x * w / (w + 2), w = e**2 + 2e, e = exp(x): beyond x = 30 it is x to the last place."""
    two = type_of(x, 2)
    e = exp(min(x, type_of(x, 30)))
    w = e * (e + two)
    return x * (w / (w + two))


@curve
def mish_slope(x, a, b):
    one, two = type_of(x, 1), type_of(x, 2)
    e = exp(min(x, type_of(x, 30)))
    w = e * (e + two)
    r = one / (w + two)
    return w * r + x * type_of(x, 4) * (e * r) * ((e + one) * r)


@curve
def log_sigmoid(x, a, b):
    return -softplus(-x, a, b)


@curve
def log_sigmoid_slope(x, a, b):
    return logistic(-x)


@curve
def hard_sigmoid(x, a, b):
    return _clip(x * a + b, type_of(x, 0), type_of(x, 1))


@curve
def hard_sigmoid_slope(x, a, b):
    line = x * a + b
    return _if(line > 0 and line < 1, x, a)


@curve
def hard_silu(x, a, b):
    return x * hard_sigmoid(x, a, b)


@curve
def hard_silu_slope(x, a, b):
    line = x * a + b
    return hard_sigmoid(x, a, b) + _if(line > 0 and line < 1, x, a * x)


@curve
def hard_tanh(x, a, b):
    return _clip(x, a, b)


@curve
def hard_tanh_slope(x, a, b):
    return _if(x >= a and x <= b, x, type_of(x, 1))


@curve
def hard_shrink(x, a, b):
    return _if(abs(x) > a, x, x)


@curve
def hard_shrink_slope(x, a, b):
    return _if(abs(x) > a, x, type_of(x, 1))


@curve
def soft_shrink(x, a, b):
    return x - a if x > a else _if(x < -a, x, x + a)


@curve
def soft_shrink_slope(x, a, b):
    return _if(abs(x) > a, x, type_of(x, 1))


@curve
def tanh_shrink(x, a, b):
    return x - tanh(x)


@curve
def tanh_shrink_slope(x, a, b):
    t = tanh(x)
    return t * t


@curve
def squareplus(x, a, b):
    return type_of(x, 0.5) * (x + math.sqrt(x * x + a))


@curve
def squareplus_slope(x, a, b):
    return type_of(x, 0.5) * (type_of(x, 1) + x / math.sqrt(x * x + a))


@curve
def sparse_plus(x, a, b):
    up = max(x + type_of(x, 1), type_of(x, 0))
    return x if x >= 1 else type_of(x, 0.25) * up * up


@curve
def sparse_plus_slope(x, a, b):
    return _clip(type_of(x, 0.5) * (x + type_of(x, 1)), type_of(x, 0), type_of(x, 1))


@curve
def threshold(x, a, b):
    return x if x > a else b


@curve
def threshold_slope(x, a, b):
    return _if(x > a, x, type_of(x, 1))
