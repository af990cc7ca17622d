"""How far Winograd's gradient of the weights is from the direct sums in float64, and which calls it takes."""

import numpy as np
import pytest

from fastcnn.kernels import backends

BACKENDS = [
    name
    for name, reason in backends.available().items()
    if reason is None and backends.load(name).offers("winograd_backward_weights")
]
# N, H x W, C, F, padding of each side: layers of common networks
LAYERS = [(8, 28, 32, 64, 1), (16, 15, 64, 64, 0), (2, 32, 64, 32, 1), (8, 8, 128, 256, 1)]
# Largest error by the largest element of dw, in units of float32's rounding (2**-24): measured over LAYERS and five
# seeds at most 10 (tile 2) and 43 (tile 4), where direct sums in float32 have up to 6.
LIMIT = {2: 20, 4: 80}


def gradient(backend: backends.Backend, tile: int | None, x, dy, pad: int) -> np.ndarray:
    """dw by tiles of that side, or by direct sums."""
    padding, dw = ((pad, pad), (pad, pad)), np.empty((3, 3, x.shape[3], dy.shape[3]), x.dtype)
    if tile is None:
        window = {"strides": (1, 1), "dilation": (1, 1), "groups": 1}
        backend.conv2d_backward_weights(x, dy, dw, None, padding=padding, **window)
    else:
        backend.winograd_backward_weights(x, dy, None, dw, None, padding=padding, tile=tile, pool_size=(1, 1))
    return dw


def error(got: np.ndarray, exact: np.ndarray) -> float:
    """The largest error in units of rounding of the largest element."""
    return np.abs(got - exact).max() / np.abs(exact).max() * 2**24


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("n", "size", "c", "f", "pad"), LAYERS)
@pytest.mark.parametrize("name", BACKENDS)
def test_error_stays_below_the_stated_bound(name, n, size, c, f, pad, tile):
    backend, rng = backends.load(name), np.random.default_rng(size)
    x = np.maximum(rng.standard_normal((n, size, size, c)), 0).astype("float32")  # as a relu leaves it
    dy = rng.standard_normal((n, size + 2 * pad - 2, size + 2 * pad - 2, f)).astype("float32")
    exact = gradient(backends.load("numpy"), None, x.astype("float64"), dy.astype("float64"), pad)
    assert error(gradient(backend, tile, x, dy, pad), exact) < LIMIT[tile]
