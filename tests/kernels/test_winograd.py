"""Winograd's convolution and gradient of the input: errors beside direct sums', padding, pooling, packed weights."""

import numpy as np
import pytest

from fastcnn.kernels import backends, threads
from fastcnn.kernels.geometry import window_output

BACKENDS = [
    name
    for name, reason in backends.available().items()
    if reason is None and backends.load(name).offers("winograd_forward")
]
DIRECT = {"strides": (1, 1), "dilation": (1, 1), "groups": 1}
# N, H x W, C, F, padding of each side: layers of common networks
LAYERS = [(2, 26, 32, 64, 0), (2, 15, 64, 64, 1), (2, 16, 128, 128, 1), (2, 8, 256, 256, 1)]
# Largest error by the largest element of the result, in units of float32's rounding (2**-24): measured over LAYERS and
# five seeds at most 14 (tile 2) and 59 (tile 4), where direct sums in float32, added one by one, have up to 33.
LIMIT = {2: 28, 4: 120}


def error(got: np.ndarray, exact: np.ndarray) -> float:
    """The largest error in units of rounding of the largest element."""
    return np.abs(got - exact).max() / np.abs(exact).max() * 2**24


def images(seed: int, n: int, size: int, c: int, f: int, pad: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x as a relu leaves it, w, and a gradient of the output."""
    rng, out = np.random.default_rng(seed), size + 2 * pad - 2
    x = np.maximum(rng.standard_normal((n, size, size, c)), 0)
    made = x, rng.standard_normal((3, 3, c, f)), rng.standard_normal((n, out, out, f))
    return tuple(array.astype("float32") for array in made)


def convolution(x: np.ndarray, w: np.ndarray, padding) -> np.ndarray:
    """The direct sums in x's type."""
    size = window_output(x.shape[1:3], (3, 3), (1, 1), padding)
    y = np.empty((x.shape[0], *size, w.shape[3]), x.dtype)
    backends.load("numpy").conv2d_forward(x, w, y, None, padding=padding, **DIRECT)
    return y


def forward(name: str, x, w, tile: int, padding, pool: int = 1, packed=None, b=None, slope: float = 1.0):
    """y and argmax; slope 1 leaves y as it is."""
    size = window_output(x.shape[1:3], (3, 3), (1, 1), padding)
    y = np.full((x.shape[0], size[0] // pool, size[1] // pool, w.shape[3]), np.nan, x.dtype)
    argmax = np.full(y.shape, 77, "uint8") if pool > 1 else None
    how = {"padding": padding, "tile": tile, "activation": "relu", "negative_slope": slope, "pool_size": (pool, pool)}
    backends.load(name).winograd_forward(x, w, b, packed, y, argmax, None, **how)
    return y, argmax


def backward(name: str, dy, w, like: np.ndarray, tile: int, padding, pool: int = 1, argmax=None, mask=None):
    """dx, an array like `like`."""
    dx = np.full(like.shape, np.nan, like.dtype)
    how = {"padding": padding, "tile": tile, "pool_size": (pool, pool), "negative_slope": 0.0}
    backends.load(name).winograd_backward_input(dy, argmax, w, mask, dx, None, **how)
    return dx


def gradient(dy: np.ndarray, w: np.ndarray, like: np.ndarray, padding) -> np.ndarray:
    """The direct sums of dx in dy's type."""
    dx = np.empty(like.shape, dy.dtype)
    backends.load("numpy").conv2d_backward_input(dy, w, dx, None, padding=padding, **DIRECT)
    return dx


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize(("n", "size", "c", "f", "pad"), LAYERS)
@pytest.mark.parametrize("name", BACKENDS)
def test_errors_stay_below_the_stated_bound(name, n, size, c, f, pad, tile):
    x, w, dy = images(size, n, size, c, f, pad)
    padding = ((pad, pad), (pad, pad))
    exact = convolution(x.astype("float64"), w.astype("float64"), padding)
    assert error(forward(name, x, w, tile, padding)[0], exact) < LIMIT[tile]
    exact = gradient(dy.astype("float64"), w.astype("float64"), x, padding)
    assert error(backward(name, dy, w, x, tile, padding), exact) < LIMIT[tile]


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("padding", [((0, 2), (1, 0)), ((3, 0), (0, 5)), ((2, 2), (2, 2))])
@pytest.mark.parametrize("name", BACKENDS)
def test_any_padding(name, padding, tile):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((3, 9, 14, 11)), rng.standard_normal((3, 3, 11, 21))
    expected = convolution(x, w, padding)
    np.testing.assert_allclose(forward(name, x, w, tile, padding)[0], expected, atol=1e-12)
    dy = rng.standard_normal(expected.shape)
    np.testing.assert_allclose(backward(name, dy, w, x, tile, padding), gradient(dy, w, x, padding), atol=1e-12)


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", BACKENDS)
def test_pooling_takes_the_largest_value_and_names_its_cell(name, tile):
    x, w, _ = images(3, 4, 31, 24, 40, 1)
    padding = ((1, 1), (1, 1))
    full, _ = forward(name, x, w, tile, padding)
    pooled, argmax = forward(name, x, w, tile, padding, pool=2)
    windows = full[:, :30, :30].reshape(4, 15, 2, 15, 2, 40).transpose(0, 1, 3, 5, 2, 4).reshape(*pooled.shape, 4)
    np.testing.assert_array_equal(pooled, windows.max(-1))
    np.testing.assert_array_equal(argmax, windows.argmax(-1))


@pytest.mark.parametrize("name", BACKENDS)
def test_pooling_takes_the_first_of_equals_and_keeps_nan(name):
    x, w, padding = np.zeros((1, 8, 8, 8), "float32"), np.ones((3, 3, 8, 8), "float32"), ((1, 1), (1, 1))
    b = np.full(8, 2, "float32")
    pooled, argmax = forward(name, x, w, 4, padding, pool=2, b=b)
    assert (pooled == 2).all()
    assert (argmax == 0).all()
    x[0, 0, 0, 0] = np.nan  # reaches no further than its tile, (0, 0)
    pooled, argmax = forward(name, x, w, 4, padding, pool=2, b=b)
    assert np.isnan(pooled[0, 0, 0]).all()
    assert (pooled[0, 3, 3] == 2).all()


@pytest.mark.parametrize("tile", [2, 4])
@pytest.mark.parametrize("name", BACKENDS)
def test_packed_weights_change_no_bit(name, tile):
    x, w, _ = images(4, 2, 12, 70, 45, 0)
    backend, padding = backends.load(name), ((0, 0), (0, 0))
    size = backend.packed_size("winograd_pack_weights", w.shape, tile=tile)
    packed, beyond = np.split(np.full(size + 64, np.nan, "float32"), [size])
    backend.winograd_pack_weights(w, packed, tile=tile)
    assert np.isnan(beyond).all()
    expected = forward(name, x, w, tile, padding)[0]
    np.testing.assert_array_equal(forward(name, x, np.full_like(w, np.nan), tile, padding, packed=packed)[0], expected)


@pytest.mark.parametrize(("n", "size", "c", "f"), [(1, 32, 16, 96), (9, 17, 40, 72), (3, 8, 256, 130)])
@pytest.mark.parametrize("name", BACKENDS)
def test_neither_threads_nor_neighbours_change_a_bit(name, n, size, c, f):
    x, w, dy = images(5, n, size, c, f, 1)
    padding, before = ((1, 1), (1, 1)), threads.get_num_threads()
    try:
        threads.set_num_threads(1)
        y, dx = forward(name, x, w, 4, padding)[0], backward(name, dy, w, x, 4, padding, mask=x)
        np.testing.assert_array_equal(forward(name, x[-1:], w, 4, padding)[0], y[-1:])
        for number in (2, 3, 4):
            threads.set_num_threads(number)
            np.testing.assert_array_equal(forward(name, x, w, 4, padding)[0], y)
            np.testing.assert_array_equal(backward(name, dy, w, x, 4, padding, mask=x), dx)
    finally:
        threads.set_num_threads(before)
