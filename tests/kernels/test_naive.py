"""The NumPy backend, which checks all others, against loops that anybody can read."""

import numpy as np
import pytest

from fastcnn.kernels import backends, geometry
from tests.kernels import naive

NUMPY = backends.load("numpy")
LIMIT = 1e-13  # float64 sums of at most 200 products of numbers near 1: a few hundred roundings of 1.1e-16

# N, (H, W), C, F, window, strides, padding, dilation, groups
CONVOLUTIONS = [
    (1, (1, 1), 1, 1, (1, 1), (1, 1), "valid", (1, 1), 1),
    (2, (5, 4), 3, 2, (3, 3), (1, 1), "valid", (1, 1), 1),
    (2, (5, 4), 3, 2, (3, 3), (1, 1), "same", (1, 1), 1),
    (1, (4, 6), 2, 3, (2, 3), (1, 1), "same", (1, 1), 1),
    (2, (5, 6), 2, 2, (3, 2), (2, 1), "valid", (1, 1), 1),
    (2, (5, 6), 2, 2, (3, 3), (2, 2), "same", (1, 1), 1),
    (1, (6, 5), 1, 2, (2, 2), (3, 3), "valid", (1, 1), 1),
    (1, (7, 6), 2, 2, (3, 3), (1, 1), "valid", (2, 2), 1),
    (1, (6, 7), 2, 2, (3, 3), (1, 1), "same", (1, 2), 1),
    (2, (5, 5), 4, 6, (3, 3), (1, 1), "same", (1, 1), 2),
    (1, (5, 5), 3, 3, (3, 3), (2, 2), "same", (1, 1), 3),
    (1, (5, 6), 4, 8, (2, 2), (1, 1), "valid", (2, 1), 4),
    (1, (3, 2), 2, 2, (5, 5), (1, 1), "same", (1, 1), 1),
    (1, (4, 4), 2, 3, (1, 1), (2, 2), "same", (1, 1), 1),
    (1, (5, 4), 1, 2, (3, 3), (1, 1), ((2, 0), (0, 1)), (1, 1), 1),
]
# N, (H, W), C, window, strides, padding
POOLINGS = [
    (2, (4, 6), 3, (2, 2), (2, 2), "valid"),
    (1, (5, 7), 2, (2, 2), (2, 2), "valid"),
    (1, (5, 7), 2, (2, 2), (2, 2), "same"),
    (2, (6, 5), 2, (3, 3), (2, 2), "same"),
    (1, (6, 5), 2, (3, 2), (1, 1), "valid"),
    (1, (4, 5), 2, (3, 3), (1, 1), "same"),
    (1, (7, 8), 1, (2, 2), (3, 3), "valid"),
    (2, (3, 5), 2, (3, 5), (3, 5), "valid"),
    (1, (3, 3), 2, (1, 1), (1, 1), "valid"),
    (1, (4, 4), 1, (2, 3), (2, 2), ((1, 0), (0, 2))),
]


def convolution(rng, row):
    n, image, c, f, window, strides, mode, dilation, groups = row
    padding = mode if isinstance(mode, tuple) else geometry.resolve_padding(mode, image, window, strides, dilation)
    size = geometry.window_output(image, window, strides, padding, dilation)
    x, w = rng.standard_normal((n, *image, c)), rng.standard_normal((*window, c // groups, f))
    dy = rng.standard_normal((n, *size, f))
    return x, w, dy, {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}


def pooling(row):
    n, image, c, window, strides, mode = row
    padding = mode if isinstance(mode, tuple) else geometry.resolve_padding(mode, image, window, strides)
    y_shape = (n, *geometry.window_output(image, window, strides, padding), c)
    return (n, *image, c), y_shape, {"pool_size": window, "strides": strides, "padding": padding}


@pytest.mark.parametrize("row", CONVOLUTIONS, ids=str)
def test_conv2d_forward_matches_the_loop(rng, row):
    x, w, dy, window = convolution(rng, row)
    y = np.full(dy.shape, np.nan)
    NUMPY.conv2d_forward(x, w, y, None, **window)
    np.testing.assert_allclose(y, naive.conv2d_forward(x, w, y.shape, **window), rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("row", CONVOLUTIONS, ids=str)
def test_conv2d_backward_input_matches_the_loop(rng, row):
    x, w, dy, window = convolution(rng, row)
    dx = np.full(x.shape, np.nan)
    NUMPY.conv2d_backward_input(dy, w, dx, None, **window)
    np.testing.assert_allclose(dx, naive.conv2d_backward_input(dy, w, x.shape, **window), rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("row", CONVOLUTIONS, ids=str)
def test_conv2d_backward_weights_matches_the_loop(rng, row):
    x, w, dy, window = convolution(rng, row)
    dw = np.full(w.shape, np.nan)
    NUMPY.conv2d_backward_weights(x, dy, dw, None, **window)
    np.testing.assert_allclose(dw, naive.conv2d_backward_weights(x, dy, w.shape, **window), rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("row", POOLINGS, ids=str)
def test_maxpool2d_matches_the_loop_and_takes_the_first_of_equals(rng, row, ties):
    x_shape, y_shape, window = pooling(row)
    x = rng.integers(-2, 1, x_shape).astype(float) if ties else rng.standard_normal(x_shape) - 3
    y, argmax = np.full(y_shape, np.nan), np.full(y_shape, 77, geometry.argmax_dtype(window["pool_size"]))
    NUMPY.maxpool2d_forward(x, y, argmax, **window)
    expected, cells = naive.maxpool2d_forward(x, y_shape, **window)
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(argmax, cells)


@pytest.mark.parametrize("row", POOLINGS, ids=str)
def test_minpool2d_is_maxpool2d_of_the_negative(rng, row):
    x_shape, y_shape, window = pooling(row)
    x = rng.integers(-2, 3, x_shape).astype(float)
    y, argmax = np.full(y_shape, np.nan), np.full(y_shape, 77, geometry.argmax_dtype(window["pool_size"]))
    NUMPY.minpool2d_forward(x, y, argmax, **window)
    expected, cells = naive.maxpool2d_forward(-x, y_shape, **window)
    np.testing.assert_array_equal(y, -expected)
    np.testing.assert_array_equal(argmax, cells)


@pytest.mark.parametrize("row", POOLINGS, ids=str)
def test_avgpool2d_counts_only_pixels_of_the_image(rng, row):
    x_shape, y_shape, window = pooling(row)
    x, y = rng.standard_normal(x_shape), np.full(y_shape, np.nan)
    NUMPY.avgpool2d_forward(x, y, **window)
    np.testing.assert_allclose(y, naive.avgpool2d_forward(x, y_shape, **window), rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 4), (5, 1, 3), (3, 17, 2)], ids=str)
def test_dense_kernels_match_the_loop(rng, shape):
    n, i, u = shape
    x, w, dy = rng.standard_normal((n, i)), rng.standard_normal((i, u)), rng.standard_normal((n, u))
    y, dx, dw = (np.full(s, np.nan) for s in ((n, u), (n, i), (i, u)))
    NUMPY.dense_forward(x, w, y, None)
    NUMPY.dense_backward_input(dy, w, dx, None)
    NUMPY.dense_backward_weights(x, dy, dw, None)
    np.testing.assert_allclose(y, naive.dense_forward(x, w), rtol=LIMIT, atol=LIMIT)
    np.testing.assert_allclose(dx, naive.dense_forward(dy, w.T), rtol=LIMIT, atol=LIMIT)
    np.testing.assert_allclose(dw, naive.dense_forward(x.T, dy), rtol=LIMIT, atol=LIMIT)
