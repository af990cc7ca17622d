"""Curves at their ends, in their tails and at their corners, against the formulas in float64 and Python's math."""

import math

import numpy as np
import pytest

from fastcnn.kernels import backends
from tests.helpers import BACKENDS
from tests.kernels.cases import CURVES

everywhere = pytest.mark.parametrize("backend", BACKENDS)
by_name = pytest.mark.parametrize("params", CURVES, ids=lambda params: params["curve"])
NAMED = {params["curve"]: params for params in CURVES}
UNIT = 2.0**-24


def value(backend: str, params: dict, numbers, dtype: str = "float32") -> np.ndarray:
    x = np.array(numbers, dtype)
    y = np.full_like(x, np.nan)
    backends.load(backend).curve_forward(x, y, **params)
    return y


def slope(backend: str, params: dict, numbers, dtype: str = "float32") -> np.ndarray:
    x = np.array(numbers, dtype)
    dx = np.full_like(x, np.nan)
    backends.load(backend).curve_backward(x, np.ones_like(x), dx, **params)
    return dx


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


EXACT = {
    "exponential": math.exp,
    "softplus": lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "log_sigmoid": lambda x: min(x, 0.0) - math.log1p(math.exp(-abs(x))),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x: 0.5 * x * math.erfc(-x / math.sqrt(2)),
    "mish": lambda x: x * math.tanh(math.log1p(math.exp(x))),
    "selu": lambda x: 1.05 * (x if x >= 0 else 1.67 * math.expm1(x)),
}


@everywhere
@pytest.mark.parametrize("name", EXACT)
def test_smooth_curves_are_accurate_in_their_tails_too(name, backend):
    x = np.float32(np.concatenate([np.linspace(-6, 12, 1801), [-1e-6, 1e-6, -20.0, -40.0, 40.0]]))
    y = value(backend, NAMED[name], x).astype(np.float64)
    exact = np.array([EXACT[name](float(v)) for v in x])
    # exp(-x**2 / 2) of gelu rounds its argument, up to 18 at x = -6; where gelu is below float32's range it may be 0.
    limit = (48 if name == "gelu" else 12) * UNIT
    np.testing.assert_allclose(y, exact, rtol=limit, atol=1e-37)


@everywhere
@by_name
def test_curves_neither_overflow_nor_hide_a_nan(params, backend):
    far = [-1e4, -200.0, -89.5, 89.5, 200.0, 1e4]
    ends = [
        y for v, y in zip(far, value(backend, params, far), strict=True) if params["curve"] != "exponential" or v < 80
    ]
    assert np.isfinite(ends).all()
    assert np.isfinite(slope(backend, params, far[:3] if params["curve"] == "exponential" else far)).all()
    if params["curve"] not in ("hard_shrink", "soft_shrink", "threshold"):  # whose conditions are false for NaN
        assert np.isnan(value(backend, params, [np.nan] * 9)).all()
        assert (params["curve"] == "hard_tanh") or np.isfinite(value(backend, params, [1.0] * 9)).all()


@everywhere
def test_the_exponential_runs_to_infinity_and_to_nothing(backend):
    assert value(backend, NAMED["exponential"], [-1e4, 1e4]).tolist() == [0.0, np.inf]


@everywhere
@pytest.mark.parametrize(
    ("name", "x", "y", "dydx"),
    [
        ("selu", 0.0, 0.0, 1.05),
        ("celu", 0.0, 0.0, 1.0),
        ("hard_sigmoid", 2.5, 1.0, 0.0),
        ("hard_sigmoid", -2.5, 0.0, 0.0),
        ("hard_sigmoid", 0.0, 0.5, 0.2),
        ("hard_tanh", -1.0, -1.0, 1.0),
        ("hard_tanh", 1.5, 1.5, 1.0),
        ("hard_tanh", 1.625, 1.5, 0.0),
        ("hard_shrink", 0.5, 0.0, 0.0),
        ("hard_shrink", -0.75, -0.75, 1.0),
        ("soft_shrink", -0.25, 0.0, 0.0),
        ("soft_shrink", 1.0, 0.3, 1.0),
        ("sparse_plus", -1.0, 0.0, 0.0),
        ("sparse_plus", 1.0, 1.0, 1.0),
        ("sparse_plus", 0.0, 0.25, 0.5),
        ("threshold", 0.25, -0.2, 0.0),
        ("threshold", 0.5, 0.5, 1.0),
        ("softsign", -3.0, -0.75, 0.0625),
        ("squareplus", 0.0, 1.0, 0.5),
    ],
)
def test_corners(name, x, y, dydx, backend):
    numbers = [x] * 11  # a whole vector and a part of one
    np.testing.assert_allclose(value(backend, NAMED[name], numbers), np.float32(y), rtol=1e-6)
    np.testing.assert_allclose(slope(backend, NAMED[name], numbers), np.float32(dydx), rtol=1e-6)


@everywhere
def test_an_unknown_curve_is_refused_with_those_that_there_are(backend):
    with pytest.raises(ValueError, match=r"unknown curve. Received: 'bump'. Known: selu, .*threshold"):
        value(backend, {"curve": "bump", "alpha": 0.0, "beta": 0.0}, [1.0])
