"""Functions that are more than NumPy's of the same name, and those whose defaults are Keras's."""

import math

import numpy as np
import pytest

from fastcnn import layers, ops

X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32) * 3
NUMPY = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "mod",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "arctan2",
    "logaddexp",
    "floor_divide",
]
ELEMENT = [
    "negative",
    "absolute",
    "square",
    "exp",
    "expm1",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "arctan",
    "sign",
    "floor",
    "ceil",
    "round",
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "sum",
    "mean",
    "max",
    "min",
    "prod",
    "var",
    "std",
    "any",
    "all",
    "argmax",
    "argmin",
    "argsort",
    "sort",
    "cumsum",
    "ravel",
    "transpose",
    "flip",
    "count_nonzero",
    "squeeze",
    "zeros_like",
    "ones_like",
]


@pytest.mark.parametrize("name", NUMPY)
def test_pairs_are_numpys(name):
    np.testing.assert_array_equal(getattr(ops, name)(X, X[1]), getattr(np, name)(X, X[1]))


@pytest.mark.parametrize("name", ELEMENT)
def test_functions_of_one_array_are_numpys(name):
    np.testing.assert_allclose(getattr(ops, name)(X), getattr(np, name)(X), rtol=1e-6)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (ops.sigmoid(np.array([-800.0, 0.0, 800.0])), [0, 0.5, 1]),
        (ops.softplus(np.array([-800.0, 0.0, 800.0])), [0, math.log(2), 800]),
        (ops.log_sigmoid(np.array([-800.0, 0.0])), [-800, -math.log(2)]),
        (ops.erf(np.array([-1.0, 0.0, 0.5])), [-0.8427007929497149, 0, 0.5204998778130465]),
        (ops.rsqrt(np.array([4.0, 0.25])), [0.5, 2]),
        (ops.logsumexp(np.array([1000.0, 1000.0])), 1000 + math.log(2)),
        (ops.logsumexp(np.array([[-np.inf, 1.0], [0.0, 0.0]]), axis=1), [1, math.log(2)]),
        (ops.softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]]),
        (ops.log_softmax(np.array([0.0, 1000.0])), [-1000, 0]),
        (ops.relu6(np.array([-1.0, 3.0, 9.0])), [0, 3, 6]),
        (ops.leaky_relu(np.array([-1.0, 3.0])), [-0.2, 3]),
        (ops.elu(np.array([-1.0, 3.0]), alpha=2), [2 * math.expm1(-1), 3]),
        (
            ops.selu(np.array([-1.0, 1.0])),
            [1.0507009873554805 * 1.6732632423543772 * math.expm1(-1), 1.0507009873554805],
        ),
        (ops.gelu(np.array([1.0]), approximate=False), [0.8413447460685429]),
        (ops.gelu(np.array([1.0])), [0.8411919906082768]),
        (ops.silu(np.array([1.0])), [1 / (1 + math.exp(-1))]),
        (ops.softsign(np.array([-3.0])), [-0.75]),
        (ops.hard_sigmoid(np.array([-4.0, 1.5, 4.0])), [0, 0.75, 1]),
        (ops.hard_silu(np.array([1.5])), [1.125]),
        (ops.norm(np.array([3.0, -4.0])), 5),
        (ops.median(X), np.median(X)),
        (ops.median(X, axis=0, keepdims=True), np.median(X, axis=0, keepdims=True)),
        (ops.average(X, -1, [1, 2, 3, 0.5]), np.average(X, -1, [1, 2, 3, 0.5])),
        (ops.average(X), np.average(X)),
        (ops.nan_to_num(np.array([np.nan, -np.inf, 2.0])), [0, np.finfo(float).min, 2]),
        (ops.norm(np.array([3.0, -4.0]), ord=1), 7),
        (ops.norm(np.array([3.0, 0.0]), ord=0), 1),
        (ops.norm(np.array([[3.0, -4.0], [1.0, 0.0]]), ord=np.inf, axis=1), [4, 1]),
        (ops.normalize(np.array([[3.0, -4.0], [0.0, 0.0]])), [[0.6, -0.8], [0, 0]]),
        (ops.divide_no_nan(np.array([1.0, 2.0]), np.array([0.0, 4.0])), [0, 0.5]),
        (ops.top_k(np.array([1.0, 3.0, 3.0, 2.0]), 3)[1], [1, 2, 3]),
        (ops.one_hot([1, 5, -1], 3), [[0, 1, 0], [0, 0, 0], [0, 0, 0]]),
        (ops.one_hot([[0, 1]], 2, axis=1), [[[1, 0], [0, 1]]]),
        (ops.where(np.array([0.0, 2.0, 0.0])), ([1],)),
        (ops.tile(np.array([[1, 2]]), (2, 2)), [[1, 2, 1, 2], [1, 2, 1, 2]]),
        (ops.repeat(np.array([1, 2]), 2), [1, 1, 2, 2]),
        (ops.split(np.arange(5), [1, 3])[1], [1, 2]),
        (ops.clip(np.array([1, 5, 9]), 2, 6), [2, 5, 6]),
        (ops.dot(X, X.T), X @ X.T),
        (ops.tensordot(X, X, 2), (X * X).sum()),
    ],
)
def test_value(found, expected):
    np.testing.assert_allclose(found, expected, rtol=2e-7)


@pytest.mark.parametrize(
    ("made", "dtype"),
    [
        (ops.convert_to_tensor(2.0), "float32"),
        (ops.convert_to_tensor(2), "int32"),
        (ops.convert_to_tensor([1.0, 2.0], dtype="float32"), "float32"),
        (ops.cast(X > 0, "float32"), "float32"),
        (ops.cast(X, "int64"), "int64"),
        (ops.zeros((2, 2)), "float32"),
        (ops.ones(3, dtype="int32"), "int32"),
        (ops.full((2,), 7), "float32"),
        (ops.zeros_like(X.astype(np.float64)), "float64"),
        (ops.full_like(X, 3), "float32"),
        (ops.arange(3), "int32"),
        (ops.arange(0, 1, 0.25), "float32"),
        (ops.linspace(0, 1, 3), "float32"),
        (ops.eye(2), "float32"),
        (ops.one_hot([1], 3), "float32"),
        (ops.erf(X), "float32"),
        (ops.leaky_relu(X), "float32"),
        (ops.mean(X > 0), "float32"),
        (ops.sqrt(np.arange(3)), "float32"),
        (ops.divide(np.arange(3), 2), "float32"),
        (ops.add(np.arange(3), 1.5), "float32"),
        (ops.add(np.arange(3), np.ones(3)), "float64"),
        (ops.sqrt(np.ones(3)), "float64"),
        (ops.average_pool(X[None, :, :, None], 2), "float32"),
        (ops.log(2.0), "float32"),
    ],
)
def test_types_are_kerass(made, dtype):
    assert made.dtype == dtype


def test_questions_about_arrays():
    assert ops.shape(X) == (3, 4)
    assert (ops.ndim(X), ops.size(X)) == (2, 12)
    assert ops.is_tensor(X)
    assert not ops.is_tensor([1])
    assert ops.convert_to_numpy(X) is not X


def test_a_norm_of_matrices_is_refused():
    with pytest.raises(NotImplementedError, match=r"ord must be a number, of vectors along one axis. Received: 'nuc'"):
        ops.norm(X, ord="nuc")


IMAGES = np.random.default_rng(1).standard_normal((2, 6, 7, 3)).astype(np.float32)
KERNEL = np.random.default_rng(2).standard_normal((3, 2, 3, 4)).astype(np.float32)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, (2, 1)])
def test_windows_are_those_of_the_layers(padding, strides):
    conv = layers.Conv2D(4, (3, 2), strides, padding, use_bias=False)
    conv(IMAGES)
    conv.set_weights([KERNEL])
    np.testing.assert_allclose(ops.conv(IMAGES, KERNEL, strides, padding), conv(IMAGES), rtol=1e-4, atol=1e-5)
    for function, layer in ((ops.max_pool, layers.MaxPooling2D), (ops.average_pool, layers.AveragePooling2D)):
        expected = layer((3, 2), strides, padding)(IMAGES)
        np.testing.assert_allclose(function(IMAGES, (3, 2), strides, padding), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ops.conv(IMAGES[0], KERNEL), NotImplementedError, r"conv: expected images \(N, H, W, C\).*3 axes"),
        (lambda: ops.max_pool(IMAGES, 2, data_format="channels_first"), NotImplementedError, "'channels_first'"),
        (lambda: ops.conv(IMAGES, KERNEL[:, :, :1]), NotImplementedError, r"expected a kernel \(height, width, 3, n\)"),
        (lambda: ops.einsum("...i->i", X), NotImplementedError, "einsum: expected a letter for each axis"),
        (lambda: ops.einsum("ii->i", X[:, :3]), NotImplementedError, "once in an operand. Received: 'ii->i'"),
        (lambda: ops.einsum("ij,jk", X), ValueError, "names 2 operands. Received: 1"),
    ],
)
def test_what_is_not_offered_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
