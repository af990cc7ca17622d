"""What may happen inside a function that is being differentiated."""

import numpy as np
import pytest

from fastcnn import ops
from fastcnn.engine.variable import Variable
from fastcnn.ops.tape import Traced, differentiate

X = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], np.float32)


def gradient_of(function, x=X, dy=None):
    value, pullback = differentiate(function, [x])
    return pullback(np.ones(value.shape) if dy is None else dy)[0]


def test_a_value_used_twice_gets_both_gradients():
    np.testing.assert_array_equal(gradient_of(lambda x: x * x + 3 * x), 2 * X + 3)


def test_a_result_that_depends_on_nothing_has_no_gradient():
    value, pullback = differentiate(lambda x, y: y + 1, [X, X])
    assert pullback(value)[0] is None
    _, pullback = differentiate(lambda x: np.ones(3), [X])
    assert pullback(np.ones(3)) == [None]


def test_the_input_itself_may_be_the_result():
    np.testing.assert_array_equal(gradient_of(lambda x: x, dy=X), X)


def test_a_pullback_may_be_called_again():
    value, pullback = differentiate(lambda x: ops.exp(x) * x, [X])
    np.testing.assert_array_equal(pullback(np.ones_like(value))[0] * 2, pullback(np.full_like(value, 2))[0])


def test_whole_numbers_are_handed_over_as_they_are():
    def picked(labels, x):
        assert type(labels) is np.ndarray
        return x[np.arange(2), labels]

    value, pullback = differentiate(picked, [np.array([2, 0]), X])
    np.testing.assert_array_equal(value, [3, 0.5])
    nothing, dx = pullback(np.array([1.0, 10.0]))
    assert nothing is None
    np.testing.assert_array_equal(dx, [[0, 0, 1], [10, 0, 0]])


def test_variables_are_leaves():
    w, b = Variable(np.ones((3, 2), np.float32)), Variable(np.zeros(2, np.float32))
    value, pullback = differentiate(lambda x: x @ w + b, [X], [w, b])
    dx, dw, db = pullback(np.ones((2, 2)))
    np.testing.assert_array_equal(value, X @ w.value)
    np.testing.assert_array_equal(dx, np.full((2, 3), 2))
    np.testing.assert_array_equal(dw, np.repeat(X.sum(axis=0)[:, None], 2, axis=1))
    np.testing.assert_array_equal(db, [2, 2])


def test_variables_not_asked_for_are_constants():
    w = Variable(np.full(3, 2, np.float32))
    value, pullback = differentiate(lambda x: w * x - w, [X])
    np.testing.assert_array_equal(value, 2 * X - 2)
    np.testing.assert_array_equal(pullback(np.ones_like(X))[0], np.full_like(X, 2))


@pytest.mark.parametrize(
    "function",
    [
        lambda w: 2 * w - w / 4 + w**2 - (-w) + abs(w),
        lambda w: np.exp(w) + np.sum(w * w) + X[0] * w,
        lambda w: ops.stack([w, w])[1] + np.concatenate([w, w])[:3],
        lambda w: ops.sum([w, 2 * w, w[0] * w], axis=0),
    ],
)
def test_variables_calculate_like_arrays_everywhere(function):
    w = Variable(np.array([0.5, 2.0, 1.0]))
    plain = function(w.value)
    np.testing.assert_allclose(np.asarray(function(w)), plain)
    value, pullback = differentiate(lambda: function(w), [], [w])
    np.testing.assert_allclose(value, plain)
    d = np.array([0.3, -1.0, 2.0])
    change = function(w.value + 1e-6 * d) - function(w.value - 1e-6 * d)
    assert (pullback(np.ones(3))[0] * d).sum() == pytest.approx(change.sum() / 2e-6, rel=1e-6)


def test_variables_stay_keys_and_cannot_be_written_into():
    w = Variable(np.ones(3))
    assert {w: 1}[w] == 1
    assert w == w
    with pytest.raises(TypeError, match=r"variable\.assign"):
        np.add(np.ones(3), 1, out=w)
    with pytest.raises(ValueError, match="read-only"):
        ops.reshape(w, (3, 1))[0] = 2


def test_a_variable_takes_the_value_of_a_traced_one():
    w = Variable(np.zeros(3, np.float32))
    differentiate(lambda x: w.assign(ops.mean(x, axis=0)) or x, [X])
    np.testing.assert_array_equal(w.value, X.mean(axis=0))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.mean(np.square(x - 1), axis=-1),
        lambda x: np.sum(np.maximum(0, X[::-1] - x) * 2, axis=1),
        lambda x: np.concatenate([np.log1p(np.exp(x)), x.reshape(2, 3)], axis=1),
        lambda x: np.where(x > 0, x, np.tanh(x)).T,
        lambda x: np.linalg.norm(x, axis=1) + np.median(x),
        lambda x: np.clip(x, -1.5, 1.5).sum(axis=0) + x.mean(axis=0, keepdims=True) + x.max(axis=0),
        lambda x: X / (1 + np.abs(x)) - np.float64(3) * x,
    ],
)
def test_numpys_own_functions_work_on_traced_values(function):
    value, pullback = differentiate(function, [X])
    np.testing.assert_allclose(value, function(X), rtol=1e-6)
    x, d = X.astype(np.float64), np.array([[0.5, -1, 2], [1, 0.3, -0.2]])
    change = (function(x + 1e-6 * d) - function(x - 1e-6 * d)).sum() / 2e-6
    assert (pullback(np.ones(value.shape))[0] * d).sum() == pytest.approx(change, rel=1e-4)


@pytest.mark.parametrize(
    ("function", "named"),
    [(np.trace, "numpy.trace"), (np.cbrt, "numpy.cbrt"), (lambda x: np.add.reduce(x), "numpy.add.reduce")],
)
def test_a_function_of_unknown_gradient_is_refused(function, named):
    with pytest.raises(TypeError, match=f"{named} of a value that is being differentiated.*fastcnn.ops"):
        differentiate(function, [X])


@pytest.mark.parametrize("function", [np.asarray, np.array, lambda x: X + np.asarray(x)])
def test_a_gradient_is_never_lost_in_silence(function):
    with pytest.raises(TypeError, match="gradient would be lost"):
        differentiate(function, [X])


def test_python_asks_a_traced_value_what_it_asks_an_array():
    def function(x):
        assert isinstance(x, Traced)
        assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float32, 2)
        assert float(x[0, 1]) == -2
        assert int(x[0, 2]) == 3
        assert bool(ops.any(x == 4)) is True
        assert not x[0, 0] != 1  # noqa: SIM202  (both operators)
        np.testing.assert_array_equal(x.numpy(), X)
        assert {x: 1}
        return x * 2 if x[0, 0] > 0 else x

    np.testing.assert_array_equal(gradient_of(function), np.full_like(X, 2))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * np.array([1.0, 2.0, 3.0]),
        lambda x: np.arange(3) + x,
        lambda x: ops.where(x > 0, x, np.float64(2)),
        lambda x: ops.maximum(np.float64(1e-7), x),
        lambda x: ops.clip(x, np.float64(1e-7), 1 - 1e-7),
        lambda x: x * ops.log(2.0),
        lambda x: ops.concatenate([x, np.zeros((2, 1))], axis=1),
        lambda x: ops.matmul(x, np.eye(3)),
        lambda x: x**2,
        lambda x: 2.0**x,
    ],
)
def test_constants_take_the_type_of_what_is_differentiated(function):
    for dtype in (np.float32, np.float64):
        value, pullback = differentiate(function, [X.astype(dtype)])
        assert (value.dtype, pullback(np.ones(value.shape))[0].dtype) == (dtype, dtype)


def test_whole_numbers_and_single_values_do_not_promote_plain_arrays():
    assert ops.add(X, np.arange(3)).dtype == np.float32
    assert ops.multiply(X, np.float64(2)).dtype == np.float32
    assert ops.multiply(X, ops.log(2.0)).dtype == np.float32
    assert ops.add(X, X.astype(np.float64)).dtype == np.float64


def test_infinite_values_raise_no_warning():
    value, pullback = differentiate(lambda x: ops.log(x) + ops.sqrt(x), [np.zeros(2, np.float32)])
    assert np.isneginf(value).all()
    assert np.isposinf(pullback(np.ones(2))[0]).all()


def test_one_differentiation_inside_another():
    w = Variable(np.array(3.0))

    def outer(x):
        value, pullback = differentiate(lambda y: y * w, [np.array(5.0)], [w])
        assert [float(g) for g in pullback(np.ones(()))] == [3, 5]
        return x * w * float(value)

    _, pullback = differentiate(outer, [np.array(2.0)], [w])
    assert [float(g) for g in pullback(np.ones(()))] == [45, 30]
