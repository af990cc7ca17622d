"""Arithmetic and functions of fastcnn.ops on symbolic tensors: they become layers."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, layers, ops
from fastcnn.layers.operation import Operation

X = np.random.default_rng(0).standard_normal((5, 6)).astype("float32")
ROW = np.arange(6, dtype="float32")
CASES = [
    (lambda x: x + x, lambda x: x + x),
    (lambda x: 1 - x / 2, lambda x: 1 - x / 2),
    (lambda x: (2 * x) ** 2 - 1, lambda x: (2 * x) ** 2 - 1),
    (lambda x: ROW * x, lambda x: ROW * x),
    (lambda x: -x[:, 1:4], lambda x: -x[:, 1:4]),
    (lambda x: x[..., ::-1], lambda x: x[..., ::-1]),
    (lambda x: ops.relu(x), lambda x: np.maximum(x, 0)),
    (lambda x: ops.concatenate([x, ops.square(x)], axis=-1), lambda x: np.concatenate([x, x * x], -1)),
    (lambda x: ops.mean(x, axis=1, keepdims=True), lambda x: x.mean(axis=1, keepdims=True)),
    (lambda x: ops.maximum(x, 0.5), lambda x: np.maximum(x, 0.5)),
    (lambda x: 1 / ops.exp(x), lambda x: 1 / np.exp(x)),
    (lambda x: x @ np.eye(6)[:, :2], lambda x: x[:, :2]),
]


@pytest.mark.parametrize(("symbolic", "plain"), CASES, ids=range(len(CASES)))
def test_function_of_a_symbolic_tensor_is_computed_when_there_are_values(symbolic, plain):
    x = layers.Input((6,))
    model = Model(x, symbolic(x))
    np.testing.assert_allclose(model.predict(X, verbose=0), plain(X), rtol=1e-5, atol=1e-6)


def test_gradients_pass_through():
    x = layers.Input((6,), dtype="float64")
    dense = layers.Dense(6, use_bias=False, kernel_initializer="ones")
    model = Model(x, ops.sum(ops.square(dense(x)) * ROW, axis=-1, keepdims=True))
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1.0
    data, target = X.astype("float64"), np.zeros((5, 1))
    w = np.ones((6, 6))
    hidden = data @ w
    y = (hidden**2 * ROW).sum(axis=1, keepdims=True)
    slope = data.T @ (2 * y / 5 * 2 * hidden * ROW)
    model.train_on_batch(data, target)
    np.testing.assert_allclose(w - dense.get_weights()[0], slope, rtol=1e-10)


def test_sum_of_two_branches_is_the_layer_that_files_know():
    x = layers.Input((6,))
    assert [type(layer).__name__ for layer in Model(x, x + layers.Dense(6)(x)).layers] == ["InputLayer", "Dense", "Add"]


def test_operation_may_only_be_one_of_ours():
    for name in ("__import__", "deferring", "eval", "os", 3):
        with pytest.raises(ValueError, match="name of a function of fastcnn"):
            Operation(name, [])
    assert isinstance(Sequential([layers.Input((6,)), Operation("tanh", [{"input": 0}])]).layers[0], Operation)
