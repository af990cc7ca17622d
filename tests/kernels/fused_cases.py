"""Shape cases for the optional fused kernels, beside those of tests.kernels.cases."""

from collections.abc import Iterator

import numpy as np

from fastcnn.kernels import geometry
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import CONVOLUTIONS, LENGTHS, PRODUCTS, Case, _hyper, _padding, _positive

ACTIVATIONS = (("relu", 0.0, True), ("relu", 0.1, False), ("linear", 0.0, True))
POOL_SIZES = ((1, 1), (2, 2), (3, 2))


def _cells(pool_size):
    return lambda rng, shape, dtype: rng.integers(0, pool_size[0] * pool_size[1], shape).astype(dtype)


def _relu_output(rng, shape, dtype):
    return np.maximum(rng.standard_normal(shape), 0).astype(dtype)


def _convolution(kernels: tuple[str, str, str], shapes: tuple, params: dict, terms: tuple, slack: float):
    """The forward kernel and both gradients; shapes: x, w, full y, pooled y."""
    (forward, inputs, weights), (big, w, small) = kernels, shapes
    bias = (w[3],)
    for activation, slope, biased in ACTIVATIONS:
        fused = params | {"activation": activation, "negative_slope": slope}
        given = {"x": big, "w": w, "b": bias if biased else None, "y": small}
        pooling = params["pool_size"] != (1, 1)
        for argmax in (small, None) if pooling else (None,):
            yield Case(forward, given | {"argmax": argmax}, fused, terms=terms[0], slack=slack)
    argmax = small if params["pool_size"] != (1, 1) else None
    fill = {"argmax": _cells(params["pool_size"]), "x": _relu_output}
    for mask, slope in ((None, 0.0), (big, 0.0), (big, 0.2)):
        back = params | {"negative_slope": slope}
        given = {"dy": small, "argmax": argmax, "w": w, "x": mask, "dx": big}
        yield Case(inputs, given, back, fill, terms=terms[1], slack=slack)
    given = {"x": big, "dy": small, "argmax": argmax, "dw": w}
    for db in (None, bias) if "db" in KERNELS[weights].arrays else (None,):
        yield Case(weights, given | {"db": db}, params, {"argmax": fill["argmax"]}, terms=terms[2], slack=slack)


def convolutions() -> Iterator[Case]:
    """Direct fused convolutions: every row of the table, without pooling and with."""
    names = ("conv2d_fused_forward", "conv2d_fused_backward_input", "conv2d_fused_backward_weights")
    for n, image, c, f, window, strides, mode, dilation, groups in CONVOLUTIONS:
        padding = _padding(mode, image, window, strides, dilation)
        oh, ow = geometry.window_output(image, window, strides, padding, dilation)
        for pool in POOL_SIZES:
            if oh < pool[0] or ow < pool[1]:
                continue
            shapes = (n, *image, c), (*window, c // groups, f), (n, oh // pool[0], ow // pool[1], f)
            params = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
            terms = (shapes[1][0] * shapes[1][1] * c, shapes[1][0] * shapes[1][1] * f, n * oh * ow)
            yield from _convolution(names, shapes, params | {"pool_size": pool}, terms, 1)


def _integers(rng, shape, dtype):
    return rng.integers(-1, 2, shape).astype(dtype)


def _some_nans(rng, shape, dtype):
    return np.where(rng.random(shape) < 0.02, np.nan, rng.standard_normal(shape)).astype(dtype)


def pooled_convolutions() -> Iterator[Case]:
    """2x2 pooling where sums tie or are NaN, filters around the vectors' lengths, rows and columns that no pool has."""
    for f in (1, 4, 5, 8, 9, 15, 16, 17, 31, 33, 65):
        for values in (_integers, _some_nans):
            padding = _padding("same", (7, 9), (3, 3), (1, 1))
            shapes = {"x": (2, 7, 9, 3), "w": (3, 3, 3, f), "b": (f,), "y": (2, 3, 4, f), "argmax": (2, 3, 4, f)}
            params = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1, "pool_size": (2, 2)}
            fill = {"x": values, "w": _integers}
            end = {"activation": "relu", "negative_slope": 0.0}
            yield Case("conv2d_fused_forward", shapes, params | end, fill, terms=27)


# N, (H, W), C, F, padding: tile edges +-1, one image, channels around the vectors' lengths
WINOGRADS = [
    (1, (3, 3), 1, 1, "valid"),
    (2, (8, 10), 16, 32, "valid"),
    (2, (9, 7), 8, 16, "same"),
    (3, (13, 11), 17, 33, "same"),
    (1, (34, 34), 32, 64, "valid"),
    (5, (5, 6), 64, 40, "same"),
    (2, (7, 7), 130, 24, "valid"),
    (40, (4, 4), 12, 12, "same"),
]
# Rounding grows by the transforms' constants: for F(2x2) by about 4, for F(4x4) by about 30 (measured, and stated in
# test_winograd.py against float64).
WINOGRAD_SLACK = {2: 4, 4: 32}


def winograds() -> Iterator[Case]:
    """Winograd's convolutions by both tiles, without pooling and with."""
    names = ("winograd_forward", "winograd_backward_input", "winograd_backward_weights")
    for n, image, c, f, mode in WINOGRADS:
        padding = _padding(mode, image, (3, 3), (1, 1))
        oh, ow = geometry.window_output(image, (3, 3), (1, 1), padding)
        for tile, slack in WINOGRAD_SLACK.items():
            for pool in POOL_SIZES:
                if oh < pool[0] or ow < pool[1]:
                    continue
                shapes = (n, *image, c), (3, 3, c, f), (n, oh // pool[0], ow // pool[1], f)
                params = {"padding": padding, "tile": tile, "pool_size": pool}
                yield from _convolution(names, shapes, params, (9 * c, 9 * f, n * oh * ow), slack)


def products() -> Iterator[Case]:
    """Dense products with their ends."""
    for n, i, u in PRODUCTS:
        for activation, slope, biased in ACTIVATIONS:
            shapes = {"x": (n, i), "w": (i, u), "b": (u,) if biased else None, "y": (n, u)}
            fused = {"activation": activation, "negative_slope": slope}
            yield Case("dense_fused_forward", shapes, fused, terms=i)


def dense_updates() -> Iterator[Case]:
    """Dense gradients with the update: each optimizer, with and without dx, mask and optional slots."""
    square = {"square": lambda r, s, d: (r.random(s) + 2).astype(d), "mean": lambda r, s, d: r.random(s).astype(d)}
    for n, i, u in (*PRODUCTS, (32, 1000, 128), (1, 400, 512)):
        x, w = (n, i), (i, u)
        for dx, masked, slope in ((x, False, 0.0), (x, True, 0.0), (x, True, 0.1), (None, False, 0.0)):
            base, params = {"x": x, "dy": (n, u), "w": w, "dx": dx}, {"masked": masked, "negative_slope": slope}
            fill, terms = {"x": _relu_output}, u + n
            yield Case("dense_backward_sgd", base | {"hyper": (2,)}, params, fill | _hyper(0.1, 0.01), terms)
            for nesterov in (False, True):
                given = base | {"velocity": w, "hyper": (3,)}
                how = params | {"nesterov": nesterov}
                yield Case("dense_backward_momentum", given, how, fill | _hyper(0.1, 0.9, 0.01), terms)
            for mean, velocity in ((None, None), (w, None), (None, w), (w, w)):
                given = base | {"square": w, "mean": mean, "velocity": velocity, "hyper": (5,)}
                hyper = fill | square | _hyper(0.01, 0.9, 0.8, 1e-7, 0.001)
                yield Case("dense_backward_rmsprop", given, params, hyper, terms)
            for vmax in (None, w):
                given = base | {"m": w, "v": w, "vmax": vmax, "hyper": (5,)}
                hyper = fill | {"v": _positive, "vmax": _positive} | _hyper(0.01, 0.9, 0.999, 1e-3, 0.001)
                yield Case("dense_backward_adam", given, params, hyper, terms)


# N, (H, W), C, pool_size: channels around the vectors' lengths and strips, rows and columns that no window covers
NORMALIZATIONS = [
    (3, (1, 1), 5, (1, 1)),
    (2, (7, 9), 3, (1, 1)),
    (40, (8, 9), 33, (1, 1)),
    (2, (5, 4), 300, (1, 1)),
    (2, (7, 9), 3, (2, 2)),
    (2, (8, 8), 16, (2, 2)),
    (30, (17, 9), 21, (2, 2)),
    (2, (5, 7), 261, (2, 2)),
    (2, (8, 11), 17, (3, 2)),
]


def _batch_moments(rng, shape, dtype):
    return (rng.random(shape) + 0.5).astype(dtype)


def normalizations() -> Iterator[Case]:
    """Batch normalisation with pooling and relu, and its gradient; inputs that tie, and those that are a relu's."""
    for n, image, c, pool in NORMALIZATIONS:
        big, small = (n, *image, c), (n, image[0] // pool[0], image[1] // pool[1], c)
        vectors = dict.fromkeys(("mean", "variance", "gamma", "beta"), (c,))
        for activation, slope, input_slope in (("relu", 0.0, 1.0), ("relu", 0.1, 0.0), ("linear", 0.0, 0.3)):
            end = {"epsilon": 1e-3, "activation": activation, "negative_slope": slope, "pool_size": pool}
            for argmax in (small, None) if pool != (1, 1) else (None,):
                for values in ({}, {"x": _integers}, {"x": _some_nans}):
                    shapes = {"x": big, **vectors, "y": small, "argmax": argmax}
                    yield Case("batchnorm_fused_normalize", shapes, end, {"variance": _batch_moments} | values)
            argmax = None if pool == (1, 1) else small
            shapes = {"x": big, "dy": small, "argmax": argmax, **vectors, "dx": big, "dgamma": (c,), "dbeta": (c,)}
            fill = {"variance": _batch_moments, "argmax": _cells(pool)}
            back = end | {"input_slope": input_slope}
            yield Case("batchnorm_fused_backward", shapes, back, fill, terms=n * image[0] * image[1])


def _dropped(rng, shape, dtype):
    return np.where(rng.random(shape) < 0.6, 0, rng.standard_normal(shape)).astype(dtype)


def dropouts() -> Iterator[Case]:
    """Gradients of relu and dropout, by their output."""
    for length in LENGTHS:
        for rate in (0.25, 0.7):
            arrays = dict.fromkeys(("y", "dy", "dx"), (length,))
            yield Case("relu_dropout_backward", arrays, {"rate": rate}, {"y": _dropped})


def all_cases() -> list[Case]:
    """Every case of every fused kernel."""
    groups = (convolutions, pooled_convolutions, winograds, products, dense_updates, normalizations, dropouts)
    return [case for group in groups for case in group()]
