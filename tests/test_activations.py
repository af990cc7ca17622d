"""What may be given as an activation, what becomes of it in a model and in a file, and what is refused."""

from functools import partial

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, activations, layers, ops
from fastcnn.engine.program import Builder
from fastcnn.ops.tape import differentiate
from tests.helpers import assert_close, layer_gradients

X = np.linspace(-4, 4, 48, dtype=np.float32).reshape(2, 4, 6) + np.float32(0.01)


def model_of(*stack) -> Sequential:
    return Sequential([layers.Input((4, 6)), *stack], backend="numpy")


def applied(activation) -> np.ndarray:
    """What an Activation layer makes of X, and the same through the activation of a Dense that passes X on."""
    alone = model_of(layers.Activation(activation)).predict(X, verbose=0)
    dense = model_of(layers.Dense(6, activation=activation, kernel_initializer="identity", use_bias=False))
    assert_close(dense.predict(X, verbose=0), alone, 1e-6)
    return alone


def own_swish(x):
    return x * ops.sigmoid(x)


@pytest.mark.parametrize(
    ("given", "same"),
    [
        pytest.param("swish", activations.silu, marks=pytest.mark.covers("activations.swish")),
        pytest.param("hard_swish", activations.hard_silu, marks=pytest.mark.covers("activations.hard_swish")),
        (activations.gelu, activations.gelu),
        (partial(activations.relu, max_value=2.0), lambda x: np.clip(x, 0, 2)),
        (lambda x: activations.leaky_relu(x, 0.5), lambda x: np.where(x > 0, x, x / 2)),
        (lambda x: ops.maximum(x, 0) ** 2, lambda x: np.maximum(x, 0) ** 2),
        (own_swish, activations.silu),
        (layers.LeakyReLU(0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
        (layers.ReLU(), activations.relu),
        (layers.ReLU, activations.relu),
        (layers.Softmax(axis=1), lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)),
        ({"class_name": "LeakyReLU", "config": {"negative_slope": 0.2}}, activations.leaky_relu),
        ({"class_name": "function", "config": "tanh"}, np.tanh),
        ({"class_name": "elu", "config": {"alpha": 0.5}}, lambda x: activations.elu(x, 0.5)),
        (None, lambda x: x),
    ],
    ids=str,
)
@pytest.mark.covers("layers.Activation")
def test_names_functions_layers_and_configurations_are_activations(given, same):
    np.testing.assert_allclose(applied(given), same(X), rtol=1e-5, atol=1e-6)


@pytest.mark.covers("activations.get")
@pytest.mark.covers("activations.serialize")
@pytest.mark.covers("activations.deserialize")
def test_get_serialize_and_deserialize_go_round():
    assert activations.get("swish") is activations.swish is activations.silu
    assert activations.get(None) is activations.linear
    for name in (set(activations.__all__) & {"relu", "gelu", "threshold", "softmax", "hard_sigmoid"}) | {"linear"}:
        assert activations.serialize(activations.get(name)) == name
        assert activations.deserialize(name) is getattr(activations, name)
    config = activations.serialize(partial(activations.elu, alpha=0.5))
    assert config == {"class_name": "elu", "config": {"alpha": 0.5}}
    assert activations.deserialize(config).keywords == {"alpha": 0.5}
    assert activations.deserialize(activations.serialize(layers.LeakyReLU(0.1))).negative_slope == 0.1


def test_custom_objects_give_names_a_meaning():
    class Bent(layers.LeakyReLU):
        """A user's own."""

    custom = {"own_swish": own_swish, "Bent": Bent}
    assert activations.deserialize(activations.serialize(own_swish), custom) is own_swish
    assert (
        activations.deserialize({"class_name": "function", "config": "own_swish"}, custom_objects=custom) is own_swish
    )
    bent = activations.deserialize(activations.serialize(Bent(0.3)), custom)
    assert (type(bent), bent.negative_slope) == (Bent, 0.3)
    with pytest.raises(ValueError, match=r"unknown activation. Received: 'own_swish'"):
        activations.deserialize("own_swish")


@pytest.mark.parametrize(
    "given", [layers.LeakyReLU(0.1), partial(activations.elu, alpha=0.5), "swish", activations.mish]
)
def test_a_saved_model_has_the_same_activation(given, tmp_path):
    model = model_of(layers.Dense(3, activation=given), layers.Activation(given))
    model.save(tmp_path / "m.fcnn")
    again = fastcnn.load_model(tmp_path / "m.fcnn")
    again.to("numpy")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_user_function_trains_as_the_kernel_does():
    weights = []
    for activation in ("silu", own_swish):
        fastcnn.utils.set_random_seed(1)
        model = model_of(layers.Dense(5, activation=activation), layers.Flatten(), layers.Dense(1))
        model.compile("sgd", "mse")
        model.fit(X, np.ones((2, 1)), epochs=3, verbose=0)
        weights.append(model.get_weights())
    for ours, own in zip(*weights, strict=True):
        np.testing.assert_allclose(own, ours, rtol=1e-5, atol=1e-7)


def test_a_random_function_draws_once_a_step():
    slopes = []

    def randomized(x):
        slopes.append(np.random.default_rng(len(slopes)).uniform(0.1, 0.3))
        return ops.where(x > 0, x, x * slopes[-1])

    layer = model_of(layers.Activation(randomized)).layers[0]
    slopes.clear()
    found = layer_gradients(layer, X, np.ones_like(X), "numpy")
    np.testing.assert_allclose(found["y"], np.where(X > 0, X, X * slopes[-1]), rtol=1e-6)
    np.testing.assert_allclose(found["dx"], np.where(X > 0, 1, slopes[-1]), rtol=1e-6)


@pytest.mark.parametrize("function", [np.tanh, np.square])
def test_functions_of_numpy_are_activations(function):
    found = layer_gradients(model_of(layers.Activation(function)).layers[0], X, np.ones_like(X), "numpy")
    np.testing.assert_allclose(found["y"], function(X), rtol=1e-6)
    expected = 1 - np.tanh(X) ** 2 if function is np.tanh else 2 * X
    np.testing.assert_allclose(found["dx"], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_inside_a_loss_have_gradients(dtype):
    x = X.astype(dtype)

    def loss(x):
        return ops.sum(activations.softplus(2 * x) + activations.softmax(x, axis=1) * activations.mish(x))

    value, pullback = differentiate(loss, [x])
    (dx,) = pullback(np.ones_like(value))
    assert dx.dtype == dtype
    v = np.random.default_rng(0).standard_normal(x.shape)
    wide = x.astype(np.float64)
    numeric = (differentiate(loss, [wide + 1e-5 * v])[0] - differentiate(loss, [wide - 1e-5 * v])[0]) / 2e-5
    np.testing.assert_allclose((dx * v).sum(), numeric, rtol=1e-4 if dtype == "float32" else 1e-8)


def test_functions_take_lists_numbers_integers_and_nothing():
    assert activations.relu([-1, 2]).tolist() == [0, 2]
    assert activations.sigmoid(0.0) == 0.5
    assert activations.silu(np.zeros((0, 3))).shape == (0, 3)
    assert activations.gelu(np.arange(3)).dtype == np.float32
    assert activations.tanh(X[:, ::2, 1:]).shape == (2, 2, 5)
    assert activations.sigmoid(np.float32(20))[()] == 1.0


@pytest.mark.covers("trap.11")
def test_sigmoid_saturates_to_exactly_one():
    assert activations.sigmoid(np.array([18.0, 100.0], np.float32)).tolist() == [1.0, 1.0]


@pytest.mark.covers("activations.sparsemax")
@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis):
    x = np.random.default_rng(0).standard_normal((5, 7, 6)) * 2
    value, pullback = differentiate(lambda x: activations.sparsemax(x, axis=axis), [x])
    np.testing.assert_allclose(value.sum(axis=axis), 1)
    assert (value >= 0).all()
    assert (value == 0).mean() > 0.2
    # Nearest: all shares that are not 0 lie equally far below x, and what is cut off would lie below 0.
    gap = np.where(value > 0, x - value, np.nan)
    low, high = np.nanmin(gap, axis=axis), np.nanmax(gap, axis=axis)
    np.testing.assert_allclose(low, high)
    assert (np.where(value > 0, -np.inf, x).max(axis=axis) <= high).all()
    v, dy = np.random.default_rng(1).standard_normal((2, *x.shape))
    numeric = (activations.sparsemax(x + 1e-6 * v, axis=axis) - activations.sparsemax(x - 1e-6 * v, axis=axis)) / 2e-6
    np.testing.assert_allclose((pullback(dy)[0] * v).sum(), (numeric * dy).sum(), rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy"])
@pytest.mark.covers("layers.ThresholdedReLU")
def test_thresholded_relu(backend):
    layer = model_of(layers.ThresholdedReLU(theta=0.5)).layers[0]
    found = layer_gradients(layer, X, X, backend)
    np.testing.assert_array_equal(found["y"], np.where(X > 0.5, X, 0))
    np.testing.assert_array_equal(found["dx"], np.where(X > 0.5, X, 0))
    assert layers.ThresholdedReLU().theta == 1.0


@pytest.mark.covers("layers.PReLU")
@pytest.mark.parametrize(("shared", "shape"), [(None, (4, 6)), (1, (1, 6)), ([2], (4, 1)), ([1, 2], (1, 1))])
def test_prelu_learns_its_slopes(shared, shape):
    model = model_of(layers.PReLU(shared_axes=shared))
    (alpha,) = model.get_weights()
    assert alpha.shape == shape
    assert (alpha == 0).all()
    model.compile(fastcnn.optimizers.Adam(0.02), "mse")
    model.fit(X, np.where(X > 0, X, 0.25 * X), epochs=300, verbose=0)
    (alpha,) = model.get_weights()
    seen = np.broadcast_to((X < 0).any(axis=0), (4, 6))
    np.testing.assert_allclose(np.broadcast_to(alpha, (4, 6))[seen], 0.25, atol=5e-3)


def test_prelu_takes_a_regularizer_and_a_constraint():
    layer = layers.PReLU("ones", alpha_regularizer="l2", alpha_constraint="non_neg")
    model = model_of(layer)
    model.compile(fastcnn.optimizers.SGD(1.0), "mse")
    penalty = 0.01 * 24
    assert model.evaluate(X, X, verbose=0) == pytest.approx(penalty, rel=1e-5)
    model.fit(X, X + np.where(X < 0, 1e3, 0), epochs=1, verbose=0)  # pulls alpha far below 0
    assert layer.get_weights()[0].min() == 0


@pytest.mark.covers("activations.hard_sigmoid")
def test_hard_sigmoid_is_that_of_the_era():
    x = np.array([-2.8, 1.0], np.float32)
    with fastcnn.config.using(era="keras2"):
        old = activations.get("hard_sigmoid")
        layer = layers.Activation("hard_sigmoid")
        by_function = layers.Activation(activations.hard_sigmoid)
        np.testing.assert_allclose(activations.hard_sigmoid(x), [0, 0.7], rtol=1e-6)
    new = activations.get("hard_sigmoid")
    np.testing.assert_allclose(old(x), [0, 0.7], rtol=1e-6)
    np.testing.assert_allclose(new(x), [0.2 / 6, 4 / 6], rtol=1e-5)
    assert by_function.activation is old
    # A layer keeps what it was made with, also through its configuration.
    with fastcnn.config.using(era="keras2"):
        present = Sequential([layers.Input((2,)), layers.Activation(new)]).layers[0]
        assert present.activation is old
    present = layers.Activation("hard_sigmoid")
    with fastcnn.config.using(era="keras2"):
        found = Sequential([layers.Input((2,)), present]).predict(x[None], verbose=0)
    np.testing.assert_allclose(found, [[0.2 / 6, 4 / 6]], rtol=1e-5)
    again = layers.Activation.from_config(layer.get_config())
    for made in (layer, again):
        np.testing.assert_allclose(Sequential([layers.Input((2,)), made])(x[None])[0], [0, 0.7], rtol=1e-6)


def kernels_of(model) -> list[str]:
    """Kernels of a prediction."""
    return [op.kernel for op in model.executor.program("predict", 2).runner.program.ops]


@pytest.mark.parametrize(
    ("function", "kernel"),
    [
        (ops.relu, "relu_forward"),
        (partial(ops.leaky_relu, negative_slope=0.1), "relu_forward"),
        (ops.gelu, "curve_forward"),
        (ops.hard_sigmoid, "curve_forward"),
        (ops.swish, "curve_forward"),
        (ops.softmax, "softmax_forward"),
        (ops.negative, "scale_forward"),
        (ops.exp, "curve_forward"),
        (ops.sin, "sin"),
        (lambda x: ops.relu(x), "<lambda>"),  # a user's function may differ from step to step
    ],
    ids=str,
)
def test_functions_of_ops_run_as_kernels(function, kernel):
    model = model_of(layers.Activation(function))
    np.testing.assert_allclose(model.predict(X, verbose=0), function(X), rtol=1e-5, atol=1e-6)
    assert kernels_of(model) == [kernel]


def test_a_summary_of_kernels_names_the_curve(capsys):
    model_of(layers.Dense(3, activation="mish")).summary(fused=True)
    assert " curve_forward " in (line := next(x for x in capsys.readouterr().out.splitlines() if "curve" in x))
    assert " mish " in line


def test_what_kernels_cannot_do_to_the_end_leaves_nothing_behind():
    builder = Builder(2)
    x = builder.input("x", (4, 6))
    assert activations.emit_as_kernels(builder, lambda x: ops.sin(ops.relu(x)), x) is None
    assert builder.program.ops == []
    assert activations.emit_as_kernels(builder, lambda x: ops.tanh(ops.relu(x)), x).shape == (2, 4, 6)
    assert [op.kernel for op in builder.program.ops] == ["relu_forward", "tanh_forward"]


def test_arithmetic_between_layers_runs_as_kernels():
    x = layers.Input((4, 6))
    y = ops.silu(ops.relu(x) * 2 - 1) / 4 + x - 3 * x
    model = fastcnn.Model(x, y, backend="numpy")
    np.testing.assert_allclose(
        model.predict(X, verbose=0), activations.silu(np.maximum(X, 0) * 2 - 1) / 4 - 2 * X, rtol=1e-5, atol=1e-6
    )
    kinds = {kernel.partition("_")[0] for kernel in kernels_of(model)}
    assert kinds <= {"relu", "scale", "curve", "add", "subtract"}


def test_activations_of_symbolic_tensors_become_layers():
    x = layers.Input((4, 6))
    y = activations.leaky_relu(activations.gelu(x), negative_slope=0.5)
    model = fastcnn.Model(x, y)
    assert [type(layer).__name__ for layer in model.layers] == ["InputLayer", "Activation", "Activation"]
    np.testing.assert_allclose(model(X), activations.leaky_relu(activations.gelu(X), 0.5), rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: activations.get("swoosh"),
            ValueError,
            r"unknown activation. Received: 'swoosh' .did you mean 'swish'.*Known: celu, ",
        ),
        (lambda: activations.get(3), TypeError, "expected a name, a function or a layer. Received: 3"),
        (lambda: activations.get(layers.PReLU()), ValueError, "PReLU has weights, so it must be a layer of its own"),
        (lambda: activations.get({"class_name": "Sequential"}), ValueError, "name of an activation or a layer"),
        (lambda: activations.serialize(lambda x: x), ValueError, "without a name cannot be described"),
        (lambda: activations.relu(X, threshold=-1.0), ValueError, "relu: threshold must be at least 0.0. Received: -1"),
        (lambda: activations.relu(X, max_value=0.0), ValueError, "relu: max_value must exceed 0.0. Received: 0.0"),
        (lambda: activations.leaky_relu(X, -0.1), ValueError, "relu: negative_slope must be at least 0.0"),
        (lambda: activations.elu(X, -1.0), ValueError, "elu: alpha must be at least 0.0"),
        (lambda: activations.celu(X, 0.0), ValueError, "celu: alpha must exceed 0.0"),
        (lambda: activations.squareplus(X, 0), ValueError, "squareplus: b must exceed 0.0. Received: 0"),
        (lambda: activations.softmax(X, axis=3), ValueError, r"softmax: axis must name axes of \(2, 4, 6\)"),
        (lambda: activations.glu(X[..., :5]), ValueError, "glu: axis 2 must have an even size"),
        (lambda: model_of(layers.Softmax(axis=0)).predict(X), ValueError, "not the batch. Received: 0"),
        (lambda: model_of(layers.Dense(4, activation="glu")).predict(X), ValueError, "glu makes the shape"),
        (lambda: model_of(layers.Activation(lambda x: ops.sum(x))), ValueError, "must keep the batch axis first"),
        (lambda: model_of(layers.PReLU(shared_axes=[3])), ValueError, r"shared_axes must lie in 1..2. Received: \[3\]"),
        (lambda: layers.ThresholdedReLU(-1), ValueError, "theta must not be negative"),
    ],
)
def test_what_cannot_be_an_activation_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
