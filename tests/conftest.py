"""Shared fixtures, and a clear word when the kernels are not installed."""

import importlib.util

import pytest

try:
    found = importlib.util.find_spec("fastcnn.kernels") is not None
except ImportError:
    found = False
if not found:
    pytest.exit("fastcnn is not installed for this Python: run `pip install -e '.[test]'` in the project's root", 4)


def rtol(dtype: str, terms: int = 1) -> float:
    """Relative tolerance for a sum of `terms` products: a random walk of roundings, 8 units in the last place each."""
    unit = {"float32": 1.2e-7, "float64": 2.2e-16}[str(dtype)]
    return 8 * unit * max(terms, 1) ** 0.5 + 8 * unit


@pytest.fixture
def rng():
    """A seeded generator."""
    import numpy as np

    return np.random.default_rng(1)
