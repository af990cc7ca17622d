"""K: settings, values, functions of arrays under its own names, and parts of networks as functions."""

import math

import numpy as np
import pytest

from fastcnn import Model, Sequential, config, layers
from fastcnn import backend as K  # noqa: N812  (as scripts do)
from fastcnn.engine.variable import Variable
from fastcnn.ops.tape import differentiate

X = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
covers = pytest.mark.covers


@pytest.fixture(autouse=True)
def settings():
    """Every test leaves the settings as they were."""
    with config.using(epsilon=1e-7, floatx="float32", image_data_format="channels_last"):
        yield
        K.set_learning_phase(0)


@covers("backend.epsilon", "backend.set_epsilon", "backend.floatx", "backend.set_floatx")
def test_numbers_for_all_models():
    assert (K.epsilon(), K.floatx()) == (1e-7, "float32")
    K.set_epsilon(1e-3)
    K.set_floatx("float64")
    assert (config.epsilon, config.floatx, K.epsilon(), K.floatx()) == (1e-3, "float64", 1e-3, "float64")
    assert K.zeros((2,)).dtype == K.cast(X > 0, K.floatx()).dtype == np.float64
    with pytest.raises(ValueError, match=r"config.floatx must be one of 'float32', 'float64'. Received: 'float16'"):
        K.set_floatx("float16")


@covers(
    "backend.image_data_format",
    "backend.set_image_data_format",
    "backend.image_dim_ordering",
    "backend.set_image_dim_ordering",
)
def test_image_formats_of_both_eras():
    assert (K.image_data_format(), K.image_dim_ordering()) == ("channels_last", "tf")
    K.set_image_dim_ordering("th")
    assert (K.image_data_format(), K.image_dim_ordering()) == ("channels_first", "th")
    K.set_image_data_format("channels_last")
    assert config.image_data_format == "channels_last"
    with pytest.raises(ValueError, match=r"dim_ordering must be .tf. or .th.. Received: 'channels_last'"):
        K.set_image_dim_ordering("channels_last")


@covers("backend.backend", "backend.clear_session")
def test_names_start_again():
    assert K.backend() == "tensorflow"
    layers.Dense(2)
    K.clear_session()
    assert [layers.Dense(2).name, layers.Dense(2).name] == ["dense", "dense_1"]


@covers("backend.get_value", "backend.set_value")
def test_variables_have_values():
    v = K.variable([[1, 2], [3, 4]], name="mine")
    assert isinstance(v, Variable)
    assert (v.dtype, v.name, K.int_shape(v), K.ndim(v), K.count_params(v)) == (np.float32, "mine", (2, 2), 2, 4)
    K.set_value(v, [[0, 0], [0, 1]])
    np.testing.assert_array_equal(K.get_value(v), [[0, 0], [0, 1]])
    K.update_add(v, np.ones((2, 2)))
    K.update_sub(v, v)
    np.testing.assert_array_equal(K.eval(v), np.zeros((2, 2)))
    K.batch_set_value([(v, np.ones((2, 2)))])
    np.testing.assert_array_equal(K.batch_get_value([v])[0] + v, np.full((2, 2), 2))
    with pytest.raises(TypeError, match=r"set_value: expected a variable. Received: float"):
        K.set_value(0.1, 0.2)
    assert K.get_value(0.1) == 0.1


@covers("backend.learning_phase", "backend.set_learning_phase")
def test_the_learning_phase():
    assert K.learning_phase() == 0
    assert K.in_train_phase(lambda: "training", "prediction") == "prediction"
    with pytest.warns(UserWarning, match=r"predict and evaluate go on without dropout"):
        K.set_learning_phase(1)
    assert K.learning_phase() == 1
    assert (K.in_train_phase("training", "prediction"), K.in_test_phase("prediction", "training")) == ("training",) * 2
    assert K.in_train_phase("training", "prediction", training=False) == "prediction"
    with pytest.raises(ValueError, match=r"expected 0 or 1. Received: 2"):
        K.set_learning_phase(2)


@covers("backend.set_session")
def test_sessions_are_accepted_and_do_nothing():
    K.set_session(K.get_session())
    K.tensorflow_backend.set_session(K.get_session())
    K.manual_variable_initialization(True)
    with K.name_scope("here"):
        assert K.tensorflow_backend is K


@pytest.mark.parametrize("name", ["gradients", "placeholder", "conv2d", "rnn"])
def test_what_is_not_offered_says_why(name):
    with pytest.raises(ImportError, match=rf"K.{name} is not offered: "):
        getattr(K, name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = K.nothing


def case(name, found, expected):
    return pytest.param(found, expected, id=name, marks=covers(f"backend.{name}"))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        case("mean", lambda x: K.mean(x, axis=-1), X.mean(axis=-1)),
        case("mean", lambda x: K.mean(K.greater(x, 0)), (X > 0).mean()),
        case("sum", lambda x: K.sum(x, axis=[0, 1]), X.sum()),
        case("sum", lambda x: K.sum(K.equal(K.round(x), 0), axis=0), (np.round(X) == 0).sum(axis=0)),
        case("square", lambda x: K.square(x), X**2),
        case("sqrt", lambda x: K.sqrt(x), np.sqrt(np.maximum(X, 0))),
        case("abs", lambda x: K.abs(x), np.abs(X)),
        case("round", lambda x: K.round(x), np.round(X)),
        case("clip", lambda x: K.clip(x, 0, 1), X.clip(0, 1)),
        case("clip", lambda x: K.clip(x, min_value=-1, max_value=None), X.clip(-1)),
        case("maximum", lambda x: K.maximum(x, 0.5), np.maximum(X, 0.5)),
        case("log", lambda x: K.log(K.abs(x)), np.log(np.abs(X))),
        case("exp", lambda x: K.exp(x), np.exp(X)),
        case("argmax", lambda x: K.argmax(x), X.argmax(axis=-1)),
        case("argmin", lambda x: K.argmin(x, axis=0), X.argmin(axis=0)),
        case("cast", lambda x: K.cast(K.less(x, 0), "float32"), (X < 0) * 1.0),
        case("flatten", lambda x: K.flatten(x), X.ravel()),
        case("batch_flatten", lambda x: K.batch_flatten(K.reshape(x, (3, 2, 2))), X),
        case("relu", lambda x: K.relu(x), np.maximum(X, 0)),
        case("relu", lambda x: K.relu(x, alpha=0.1, max_value=1), np.minimum(np.where(X > 0, X, 0.1 * X), 1)),
        case("relu", lambda x: K.relu(x, threshold=0.5), np.where(X > 0.5, X, 0)),
        case("softmax", lambda x: K.softmax(x), np.exp(X) / np.exp(X).sum(axis=-1, keepdims=True)),
        case("sigmoid", lambda x: K.sigmoid(x), 1 / (1 + np.exp(-X))),
        case("hard_sigmoid", lambda x: K.hard_sigmoid(x), (0.2 * X + 0.5).clip(0, 1)),
        case("pow", lambda x: K.pow(x, 2), X**2),
        case("dot", lambda x: K.dot(x, K.transpose(x)), X @ X.T),
        case("batch_dot", lambda x: K.batch_dot(x, x, axes=1), (X * X).sum(axis=1, keepdims=True)),
        case("expand_dims", lambda x: K.expand_dims(x), X[..., None]),
        case("concatenate", lambda x: K.concatenate([x, x]), np.concatenate([X, X], axis=-1)),
        case("stack", lambda x: K.stack([x, x]), np.stack([X, X])),
        case("permute_dimensions", lambda x: K.permute_dimensions(x, (1, 0)), X.T),
        case("repeat", lambda x: K.repeat(x, 2), np.stack([X, X], axis=1)),
        case("repeat_elements", lambda x: K.repeat_elements(x, 2, 1), X.repeat(2, axis=1)),
        case("tile", lambda x: K.tile(x, [1, 2]), np.tile(X, [1, 2])),
        case("reverse", lambda x: K.reverse(x, 1), X[:, ::-1]),
        case("gather", lambda x: K.gather(x, [2, 0]), X[[2, 0]]),
        case("cumsum", lambda x: K.cumsum(x), X.cumsum(axis=0)),
        case("ones_like", lambda x: K.ones_like(x) + K.zeros_like(x), np.ones_like(X)),
        case("l2_normalize", lambda x: K.l2_normalize(x), X / np.sqrt((X**2).sum())),
        case("l2_normalize", lambda x: K.l2_normalize(x, 1), X / np.sqrt((X**2).sum(axis=1, keepdims=True))),
        case("switch", lambda x: K.switch(x > 0, lambda: x, K.zeros_like(x)), np.maximum(X, 0)),
        case("switch", lambda x: K.switch(x[:, 0] > 0, x, -x), np.where(X[:, :1] > 0, X, -X)),
        case("spatial_2d_padding", lambda x: K.spatial_2d_padding(x[None, :, :, None])[0, 1:-1, 1:-1, 0], X),
        case("temporal_padding", lambda x: K.temporal_padding(x[None])[0, 1:-1], X),
        case("eye", lambda x: K.eye(3) + 0 * K.ones((3, 3)), np.eye(3)),
        case("constant", lambda x: x * K.constant(2, shape=(4,)), 2 * X),
        case("arange", lambda x: K.arange(4) + 0 * x, np.arange(4) + 0 * X),
        case("print_tensor", lambda x: K.print_tensor(x, "x is"), X),
    ],
)
def test_functions_of_arrays(found, expected):
    """The same on arrays and where gradients are wanted; float32 stays float32."""
    np.testing.assert_allclose(found(X), expected, rtol=1e-6, atol=1e-7)
    value, pullback = differentiate(found, [X])
    np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-7)
    (gradient,) = pullback(np.ones(value.shape))
    assert gradient is None or gradient.shape == X.shape


def test_batch_dot_sums_over_one_axis_of_each():
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((5, 3, 4)), rng.standard_normal((5, 4, 2))
    np.testing.assert_allclose(K.batch_dot(a, b), a @ b)
    np.testing.assert_allclose(K.batch_dot(a, b, axes=(2, 1)), a @ b)
    np.testing.assert_allclose(K.batch_dot(a, np.swapaxes(b, 1, 2), axes=2), a @ b)
    np.testing.assert_allclose(K.batch_dot(a[:, 0], b), np.einsum("ni,nij->nj", a[:, 0], b))
    c = rng.standard_normal((5, 6, 3, 7))
    np.testing.assert_allclose(K.batch_dot(a, c, axes=(1, 2)), np.einsum("nij,nkil->njkl", a, c))


def test_crossentropies_are_those_of_ks_signature():
    t, p = np.array([[0.0, 1.0]]), np.array([[0.2, 0.8]])
    assert K.categorical_crossentropy(t, p) == pytest.approx([-math.log(0.8)])
    assert K.sparse_categorical_crossentropy([1], p) == pytest.approx([-math.log(0.8)])
    np.testing.assert_allclose(K.binary_crossentropy(t, p), -np.log([[0.8, 0.8]]))
    np.testing.assert_allclose(K.binary_crossentropy(t, np.array([[0.0, 0.0]]), from_logits=True), math.log(2) + 0 * t)


def test_random_arrays():
    np.random.seed(3)
    drawn = K.random_normal((1000,), mean=2, stddev=0.1)
    np.random.seed(3)
    np.testing.assert_array_equal(drawn, K.random_normal((1000,), mean=2, stddev=0.1))
    assert (drawn.dtype, abs(drawn.mean() - 2) < 0.02) == (np.float32, True)
    assert 2 < K.random_uniform((100,), 2, 3).min() < K.random_uniform((100,), 2, 3, seed=1).max() < 3
    assert K.random_bernoulli((1000,), 0.3, seed=1).mean() == pytest.approx(0.3, abs=0.05)


def test_what_is_a_tensor():
    x = layers.Input((4,))
    assert (K.is_keras_tensor(x), K.is_keras_tensor(X), K.int_shape(x), K.dtype(x)) == (
        True,
        False,
        (None, 4),
        "float32",
    )
    assert K.is_tensor(x)
    assert K.is_tensor(X)
    assert not K.is_tensor(3)
    with pytest.raises(TypeError, match=r"eval: .* has no value until a model computes it"):
        K.eval(x)


def network():
    first, middle = layers.Conv2D(2, 3, activation="relu"), layers.Dropout(0.5)
    return Sequential([layers.Input((6, 6, 1)), first, middle, layers.Flatten(), layers.Dense(3)])


@covers("backend.function")
def test_a_part_of_a_network_as_a_function():
    model, x = network(), np.random.default_rng(2).standard_normal((4, 6, 6, 1)).astype("f4")
    (maps,) = K.function([model.layers[0].input], [model.layers[0].output])([x])
    np.testing.assert_allclose(maps, Model(model.input, model.layers[0].output).predict(x, verbose=0), rtol=1e-6)
    both = K.function(model.inputs, [model.layers[0].output, model.layers[-1].output])(x)
    np.testing.assert_allclose(both[0], maps)
    np.testing.assert_allclose(both[1], model.predict(x, verbose=0), rtol=1e-6)
    single = K.function([model.input], model.output)([x])
    np.testing.assert_array_equal(single, both[1])
    head = K.function([model.layers[2].input], [model.output])
    np.testing.assert_allclose(head([maps])[0], both[1], rtol=1e-6)


def test_a_function_in_training_and_prediction():
    model, x = network(), np.ones((4, 6, 6, 1), "f4")
    function = K.function([model.layers[0].input, K.learning_phase()], [model.layers[1].output])
    plain, dropped = function([x, 0])[0], function([x, 1])[0]
    np.testing.assert_array_equal(plain, K.function([model.input], [model.layers[0].output])([x])[0])
    assert not np.array_equal(plain, dropped)
    np.testing.assert_allclose(dropped[dropped != 0], 2 * plain[dropped != 0])


def test_wrong_functions_are_refused():
    model = network()
    with pytest.raises(NotImplementedError, match="updates are not offered"):
        K.function([model.input], [model.output], updates=[1])
    with pytest.raises(TypeError, match="outputs must be what Input"):
        K.function([model.input], [X])
    with pytest.raises(ValueError, match=r"expected 1 inputs. Received: 2"):
        K.function([model.input], [model.output])([X, X])


def test_functions_make_layers_of_symbolic_tensors():
    inputs = layers.Input((4,))
    outputs = K.concatenate([K.relu(inputs, alpha=0.1), K.batch_flatten(K.expand_dims(K.square(inputs)))])
    made = Model(inputs, outputs).predict(X, verbose=0)
    np.testing.assert_allclose(made, np.concatenate([np.where(X > 0, X, 0.1 * X), X**2], axis=1), rtol=1e-6)
