"""Batch statistics keep their digits far from zero, where those made from squares lose them."""

import numpy as np
import pytest

from fastcnn.kernels import backends
from tests.helpers import BACKENDS

ROWS, COLUMNS = 6000, 5
# float32: a mean of 1000 is good to about 1e-5 of itself, 0.01 standard deviations; squares of 1000 would leave 0.06
LIMIT = 2e-3


def shifted() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((ROWS, COLUMNS)) + 1000


def first_rows_elsewhere() -> np.ndarray:
    x = shifted()
    x[:50] *= -1
    return x


def constant() -> np.ndarray:
    return np.full((ROWS, COLUMNS), 0.1)


@pytest.mark.parametrize("data", [shifted, first_rows_elsewhere, constant])
@pytest.mark.parametrize("backend", BACKENDS)
def test_statistics_far_from_zero(backend, data):
    x = data().astype(np.float32)
    mean, variance = np.empty(COLUMNS, np.float32), np.empty(COLUMNS, np.float32)
    backends.load(backend).batchnorm_statistics(x, mean, variance, None)
    np.testing.assert_allclose(mean, x.mean(axis=0, dtype=np.float64), rtol=2e-5)
    np.testing.assert_allclose(variance, x.var(axis=0, dtype=np.float64), rtol=LIMIT, atol=1e-9)
    assert (variance >= 0).all()
