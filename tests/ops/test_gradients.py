"""Every function's gradient, against the change of its value along a random direction, in float64."""

import numpy as np
import pytest

from fastcnn import ops
from fastcnn.ops.tape import Traced, differentiate

STEP = 1e-6
X, POSITIVE, SMALL = (2, 3, 4), "positive", "below 1"


def case(name, *shapes, draw=None, function=None, **kwargs):
    """A function of arrays of these shapes, called by its name unless another function is given."""
    made = function or (lambda *xs: getattr(ops, name)(*xs, **kwargs))
    return pytest.param(made, shapes, draw, id="-".join([name, *map(str, kwargs.values())]))


def drawn(rng, shape, draw):
    """Values that keep away from corners and ties: no two elements, and no element and 0, are close."""
    size = int(np.prod(shape))
    values = rng.permutation(np.arange(1, size + 1)) / size
    if draw == POSITIVE:
        return (values + 0.3).reshape(shape)
    if draw == SMALL:
        return (values * 1.8 - 0.9 - 0.5 / size).reshape(shape)
    return ((values + 0.1) * 3 * rng.choice([-1, 1], size)).reshape(shape)


ANY = """negative absolute square exp expm1 sin cos tanh sinh cosh arctan arcsinh
sigmoid softplus erf relu relu6 leaky_relu elu selu celu silu mish softsign log_sigmoid hard_sigmoid hard_silu hard_tanh
softmax log_softmax l2_normalize"""
UNARY = [
    *(case(name, X) for name in ANY.split()),
    *(case(name, X, draw=POSITIVE) for name in ["sqrt", "rsqrt", "reciprocal", "log", "log1p", "log2", "log10"]),
    *(case(name, X, draw=SMALL) for name in ["arcsin", "arccos", "tan"]),
    case("gelu", X),
    case("gelu", X, approximate=False),
    case("softmax", X, axis=1),
    case("leaky_relu", X, negative_slope=0.4),
    case("clip", X, x_min=-0.7, x_max=1.1),
    case("clip", X, x_min=None, x_max=0.5),
]
PAIRS = [
    "add",
    "subtract",
    "multiply",
    "divide",
    "maximum",
    "minimum",
    "arctan2",
    "logaddexp",
    "squared_difference",
    "divide_no_nan",
]
BINARY = [
    *(case(name, X, shape) for name in PAIRS for shape in (X, (3, 1), (4,))),
    *(case(name, (1, 4), X) for name in PAIRS),
    case("power", X, (3, 1), draw=POSITIVE),
    case("power by number", X, function=lambda x: ops.power(x, 3)),
    case("power of number", X, function=lambda x: 2.0**x),
    case("mod", (2, 3), (3,)),
    case("where", X, (4,), function=lambda a, b: ops.where(np.arange(4) % 2 == 0, a, b)),
    case("matmul", (3, 4), (4, 2)),
    case("matmul batched", (5, 3, 4), (4, 2), function=ops.matmul),
    case("matmul broadcast", (2, 1, 3, 4), (5, 4, 2), function=ops.matmul),
    case("matmul vector", (4,), (2, 4, 3), function=ops.matmul),
    case("matmul by vector", (2, 3, 4), (4,), function=ops.matmul),
    case("matmul vectors", (4,), (4,), function=ops.matmul),
    case("dot", (3, 4), (4, 2)),
    case("dot of ranks", (2, 3, 4), (5, 4, 2), function=ops.dot),
    case("dot with number", X, (), function=ops.dot),
    case("tensordot", (2, 3, 4), (3, 4, 5)),
    case("tensordot", (2, 3, 4), (4, 2, 5), axes=((0, 2), (1, 0))),
]
AXES = [{}, {"axis": 1}, {"axis": (0, 2)}, {"axis": -1, "keepdims": True}, {"keepdims": True}]
REDUCED = ["sum", "mean", "max", "min", "prod", "var", "std", "logsumexp", "norm"]
REDUCTIONS = [
    *(case(name, X, **axis) for name in REDUCED for axis in AXES),
    *(case("median", X, **axis) for axis in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True})),
    case("average", X, axis=1),
    case("average", X, X, function=lambda x, w: ops.average(x, 1, ops.exp(w))),
    case("average", X, (3,), function=lambda x, w: ops.average(x, 1, ops.exp(w))),
    case("nan_to_num", X),
    case("cumsum", X),
    case("cumsum", X, axis=1),
    case("norm", X, ord=1, axis=-1),
    case("norm", X, ord=3, axis=1),
    case("norm", X, ord=np.inf, axis=-1),
    case("normalize", X),
    case("normalize", X, axis=1, order=1),
    case("sort", X, axis=1),
    case("top_k", X, function=lambda x: ops.top_k(x, 2)[0]),
]
IMAGE = (2, 5, 6, 3)
SUMS = [
    case("einsum", (2, 3), (3, 4), function=lambda a, b: ops.einsum("ij,jk->ik", a, b)),
    case("einsum implicit", (2, 3), (4, 3), function=lambda a, b: ops.einsum("ij, kj", a, b)),
    case("einsum sums", (2, 3), (3, 4), function=lambda a, b: ops.einsum("ij,jk->k", a, b)),
    case("einsum of three", (2, 3), (3, 4), (2, 4), function=lambda a, b, c: ops.einsum("ij,jk,ik->j", a, b, c)),
    case("einsum of one", X, function=lambda x: ops.einsum("abc->ca", x)),
    case("outer", (3,), (4,)),
    *(
        case("conv", IMAGE, (3, 2, 3, 4), strides=strides, padding=padding)
        for strides in (1, (2, 1))
        for padding in ("valid", "same")
    ),
    case("conv", IMAGE, (2, 2, 3, 4), padding="same", dilation_rate=2),
    *(
        case(name, IMAGE, pool_size=size, strides=strides, padding=padding)
        for name in ("max_pool", "average_pool")
        for size, strides in ((2, None), ((3, 2), 1), (2, 3))
        for padding in ("valid", "same")
    ),
]
PICKED = np.array([[0, 2], [2, 2]])
SHAPES = [
    case("reshape", X, newshape=(4, -1)),
    case("ravel", X),
    case("transpose", X),
    case("transpose", X, axes=(1, 2, 0)),
    case("swapaxes", X, axis1=0, axis2=2),
    case("moveaxis", X, source=0, destination=-1),
    case("moveaxis", X, source=(0, 1), destination=(2, 0)),
    case("expand_dims", X, axis=1),
    case("squeeze", (2, 1, 3, 1)),
    case("squeeze", (2, 1, 3, 1), axis=1),
    case("broadcast_to", (3, 1), shape=X),
    case("concatenate", X, (2, 1, 4), function=lambda a, b: ops.concatenate([a, b], axis=1)),
    case("stack", X, X, function=lambda a, b: ops.stack([a, b, a], axis=1)),
    case("split", X, function=lambda x: ops.split(x, 2, axis=-1)[1]),
    case("split at", X, function=lambda x: ops.split(x, [1, 3], axis=2)[1] * ops.split(x, [2], axis=2)[0]),
    case("unstack", X, function=lambda x: ops.unstack(x, axis=1)[2]),
    case("flip", X),
    case("flip", X, axis=1),
    case("roll", X, shift=1),
    case("roll", X, shift=(1, 2), axis=(0, 2)),
    *(case("pad", (4, 3), pad_width=((1, 2), (0, 2)), mode=m) for m in ("constant", "reflect", "symmetric", "edge")),
    case("pad", X, pad_width=1, mode="constant", constant_values=3.0),
    case("take", X, indices=PICKED),
    case("take", X, indices=PICKED, axis=1),
    case("take_along_axis", X, indices=np.array([[[0, 1], [3, 3], [2, 0]]] * 2), axis=2),
    case("repeat", X, repeats=2),
    case("repeat", X, repeats=[1, 0, 3], axis=1),
    case("tile", (2, 3), repeats=(2, 1, 3)),
    case("tile", X, repeats=2),
    case("index", X, function=lambda x: x[:, 1] * x[0, ..., ::-1][None, 0]),
    case("index list", X, function=lambda x: x[[0, 1, 1]]),
    case("index mask", X, function=lambda x: x[x > 0]),
    case("index new axis", X, function=lambda x: x[:, None, -1]),
    case("iteration", (3, 2), function=lambda x: sum(row * i for i, row in enumerate(x))),
    case("cast", X, function=lambda x: ops.cast(x, "float64") * 2),
]


@pytest.mark.parametrize(("function", "shapes", "draw"), UNARY + BINARY + REDUCTIONS + SUMS + SHAPES)
def test_gradient_is_the_change_along_any_direction(function, shapes, draw):
    rng = np.random.default_rng(0)
    xs, directions = [drawn(rng, s, draw) for s in shapes], [rng.standard_normal(s) for s in shapes]
    value, pullback = differentiate(function, xs)
    dy = rng.standard_normal(value.shape)
    gradients = pullback(dy)
    assert [g.shape for g in gradients] == [x.shape for x in xs]
    ahead, behind = (
        np.asarray(function(*(x + sign * STEP * d for x, d in zip(xs, directions, strict=True)))) for sign in (1, -1)
    )
    expected = ((ahead - behind) / (2 * STEP) * dy).sum()
    found = sum((g * d).sum() for g, d in zip(gradients, directions, strict=True))
    assert np.abs(expected) > 1e-3 or value.size == 0
    assert found == pytest.approx(expected, rel=2e-6, abs=1e-7)
    np.testing.assert_array_equal(value, function(*xs))  # the same value as on plain arrays


@pytest.mark.parametrize(("function", "shapes", "draw"), UNARY + BINARY + REDUCTIONS + SUMS + SHAPES)
def test_float32_stays_float32(function, shapes, draw):
    if function is SHAPES[-1].values[0]:
        return  # asks for float64 itself
    rng = np.random.default_rng(1)
    xs = [drawn(rng, s, draw).astype(np.float32) for s in shapes]
    value, pullback = differentiate(function, xs)
    assert value.dtype == np.float32
    assert {g.dtype for g in pullback(np.ones(value.shape))} == {np.dtype(np.float32)}


STEPS = """sign floor ceil round isnan isinf isfinite argmax argmin argsort logical_not stop_gradient zeros_like
ones_like"""


@pytest.mark.parametrize("name", [*STEPS.split(), "any", "all", "count_nonzero", "one_hot", "convert_to_numpy"])
def test_steps_have_no_gradient(name):
    function = getattr(ops, name)
    more = (3,) if name == "one_hot" else ()
    x = np.array([[0.4, 1.6, -2.2]])
    value, pullback = differentiate(lambda x: function(x, *more), [x])
    assert not isinstance(function(x, *more), Traced)
    np.testing.assert_array_equal(value, function(x, *more))
    assert pullback(np.ones(value.shape)) == [None]


@pytest.mark.parametrize(
    ("function", "x", "expected"),
    [
        (ops.relu, [0.0], [0]),
        (ops.absolute, [0.0], [0]),
        (ops.elu, [0.0], [1]),
        (ops.relu6, [0.0, 6.0], [0, 0]),
        (lambda x: ops.clip(x, 0, 6), [0.0, 6.0, 6.1], [1, 1, 0]),
        (lambda x: ops.maximum(x, 2.0), [2.0, 1.0], [1, 0]),
        (lambda x: ops.maximum(2.0, x), [2.0, 3.0], [0, 1]),
        (lambda x: ops.minimum(x, 2.0), [2.0, 1.0], [1, 1]),
        (lambda x: ops.minimum(2.0, x), [2.0, 3.0], [0, 0]),
        (ops.max, [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
        (ops.min, [1.0, 1.0, 3.0, 1.0], [1 / 3, 1 / 3, 0, 1 / 3]),
        (ops.prod, [2.0, 0.0, 3.0], [0, 6, 0]),
        (ops.prod, [2.0, 0.0, 0.0], [0, 0, 0]),
        (lambda x: ops.power(x, 2), [0.0, 3.0], [0, 6]),
        (lambda x: ops.power(x, 0), [0.0, 3.0], [0, 0]),
        (lambda x: ops.divide_no_nan(1.0, x), [0.0, 2.0], [0, -0.25]),
        (lambda x: ops.l2_normalize(x, axis=0), [0.0, 0.0], [1e6, 1e6]),
    ],
)
def test_corners_and_ties_as_in_keras(function, x, expected):
    value, pullback = differentiate(function, [np.array(x)])
    np.testing.assert_allclose(pullback(np.ones(value.shape))[0], expected, rtol=1e-12)
