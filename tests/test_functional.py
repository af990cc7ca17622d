"""Graphs of layers: branches, sharing, nesting, layers of layers, channels first, several outputs, calls on arrays."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, layers
from fastcnn.layers import Add, Layer
from fastcnn.utils import set_random_seed
from tests.helpers import BACKENDS

SHAPE = (8, 6, 3)


def batch(n: int = 5, shape: tuple = SHAPE, dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(3).standard_normal((n, *shape)).astype(dtype)


def residual(dtype: str = "float32", backend: str | None = None) -> Model:
    """Two branches that meet; one of them is read twice."""
    set_random_seed(1)
    x = layers.Input(SHAPE, dtype=dtype)
    left = layers.Conv2D(4, 3, padding="same", activation="tanh", name="left")(x)
    right = layers.Conv2D(4, 1, name="right")(left)
    y = Add(name="add")([left, right, layers.Conv2D(4, 3, padding="same", name="below")(x)])
    return Model(x, layers.Dense(2, name="head")(layers.GlobalAveragePooling2D()(y)), backend=backend)


@pytest.mark.covers("models.Model")
@pytest.mark.parametrize("backend", BACKENDS)
def test_branches_give_what_their_layers_give(backend):
    model, x = residual(backend=backend), batch()
    left, right, below, head = (model.get_layer(name) for name in ("left", "right", "below", "head"))
    a = left(x)
    total = a + right(a) + below(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), head(total.mean(axis=(1, 2))), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients_flow_through_branches(backend):
    model, x = residual("float64", backend), batch(dtype="float64")
    y = np.random.default_rng(0).standard_normal((5, 2))
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1.0
    before = model.get_weights()
    model.train_on_batch(x, y)
    gradients = [b - a for b, a in zip(before, model.get_weights(), strict=True)]
    rng, step = np.random.default_rng(2), 1e-6
    for number, gradient in enumerate(gradients):
        direction = rng.standard_normal(gradient.shape)
        sides = []
        for sign in (step, -step):
            model.set_weights([w + sign * direction if i == number else w for i, w in enumerate(before)])
            sides.append(model.test_on_batch(x, y))
        np.testing.assert_allclose((sides[0] - sides[1]) / (2 * step), (gradient * direction).sum(), rtol=1e-5)


def test_layers_and_weights_stand_in_the_order_of_keras():
    model = residual()
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer", "Conv2D", "Conv2D", "Conv2D", "Add", "GlobalAveragePooling2D", "Dense"
    ]  # fmt: skip
    assert [w.name for w in model.weights][::2] == ["left/kernel", "right/kernel", "below/kernel", "head/kernel"]


def test_shared_layer_has_one_set_of_weights_and_the_sum_of_gradients():
    set_random_seed(0)
    x = layers.Input((4,), dtype="float64")
    shared = layers.Dense(4, use_bias=False)
    twice = Model(x, shared(shared(x)))
    assert len(twice.weights) == 1
    data, target = batch(6, (4,), "float64"), batch(6, (4,), "float64") * 2
    twice.compile("sgd", "mse")
    twice.optimizer.learning_rate = 1.0
    w = shared.get_weights()[0]
    twice.train_on_batch(data, target)
    hidden = data @ w
    slope = 2 * (hidden @ w - target) / target.size
    expected = hidden.T @ slope + data.T @ (slope @ w.T)
    np.testing.assert_allclose(w - shared.get_weights()[0], expected, rtol=1e-10)


def test_convolution_may_be_shared_by_images_of_other_sizes_but_not_of_other_channels():
    conv = layers.Conv2D(2, 3)
    conv(layers.Input((8, 8, 3)))
    assert conv(layers.Input((5, 9, 3))).shape == (None, 3, 7, 2)
    with pytest.raises(ValueError, match=r"was built for inputs of shape \(None, 5, 9, 3\)"):
        conv(layers.Input((8, 8, 4)))


def test_models_nest_and_keep_their_weights():
    inner = Sequential([layers.Input(SHAPE), layers.Conv2D(4, 3, name="inner_conv"), layers.Flatten()])
    outer = Sequential([inner, layers.Dense(3, activation="softmax")])
    x = batch()
    np.testing.assert_allclose(outer.layers[1](inner.predict(x, verbose=0)), outer.predict(x, verbose=0), rtol=1e-5)
    before = inner.get_weights()[0]
    outer.compile("sgd", "sparse_categorical_crossentropy")
    outer.fit(x, np.arange(5) % 3, verbose=0)
    assert not np.array_equal(before, inner.get_weights()[0])
    inner.trainable = False
    assert len(outer.trainable_weights) == 2
    assert not inner.layers[0].trainable
    before = inner.get_weights()[0]
    outer.compile("sgd", "sparse_categorical_crossentropy")
    outer.fit(x, np.arange(5) % 3, verbose=0)
    np.testing.assert_array_equal(before, inner.get_weights()[0])


def test_unbuilt_model_is_built_by_the_one_that_holds_it():
    inner = Sequential([layers.Dense(4), layers.Dense(2)])
    model = Sequential([layers.Input((3,)), inner])
    assert model.output_shape == (None, 2)
    assert [w.shape for w in inner.weights] == [(3, 4), (4,), (4, 2), (2,)]


class Block(Layer):
    """A layer made of layers."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Conv2D(filters, 3, padding="same", activation="relu")
        self.others = [layers.Conv2D(filters, 3, padding="same") for _ in range(2)]

    def call(self, x):
        y = self.first(x)
        for layer in self.others:
            y = layer(y)
        return Add()([self.first(x), y])


def test_layer_of_layers_trains_all_of_them():
    model = Sequential([layers.Input(SHAPE), Block(4), layers.GlobalMaxPooling2D(), layers.Dense(2)])
    assert len(model.weights) == 8
    before = model.get_weights()
    model.compile("adam", "mse")
    model.fit(batch(), np.ones((5, 2)), verbose=0)
    assert all(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


class Classifier(Model):
    """A model as a subclass."""

    def __init__(self):
        super().__init__(name="classifier")
        self.conv = layers.Conv2D(4, 3, activation="relu")
        self.pool = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(2, activation="softmax")

    def call(self, x):
        return self.head(self.pool(self.conv(x)))


def test_subclass_of_model_is_built_by_its_first_data():
    model = Classifier()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(batch(), [0, 1, 0, 1, 0], epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert model.predict(batch(), verbose=0).shape == (5, 2)
    assert model.count_params() == 4 * 27 + 4 + 10


@pytest.mark.covers("trap.channels_first")
@pytest.mark.parametrize("backend", BACKENDS)
def test_channels_first_computes_what_channels_last_does(backend):
    def network(data_format, shape):
        how = {"data_format": data_format}
        body = [
            layers.Conv2D(4, 3, activation="relu", padding="same", **how),
            layers.MaxPooling2D(**how),
            layers.Dropout(0.0),
            layers.Conv2D(5, 3, strides=(2, 1), **how),
            layers.ReLU(),
        ]
        model = Sequential([layers.Input(shape), *body, layers.Flatten(**how), layers.Dense(2)], backend=backend)
        model.compile("sgd", "mse")
        return model

    first, last = network("channels_first", (3, 12, 10)), network("channels_last", (12, 10, 3))
    assert first.layers[0].output_shape == (None, 4, 12, 10)
    assert [w.shape for w in first.weights] == [w.shape for w in last.weights]
    first.set_weights(last.get_weights())
    x, y = batch(4, (12, 10, 3)), batch(4, (2,))
    for model, data in ((first, np.moveaxis(x, -1, 1)), (last, x)):
        model.fit(data, y, epochs=3, shuffle=False, verbose=0)
    np.testing.assert_allclose(first.predict(np.moveaxis(x, -1, 1), verbose=0), last.predict(x, verbose=0), rtol=1e-5)
    program = first.executor.program("predict", 4).runner.program
    assert [op.kernel for op in program.ops].count("move_axis") == 1  # once, however many layers


def test_channels_first_output_has_its_channels_first():
    model = Sequential([layers.Input((3, 7, 5)), layers.Conv2D(2, 3, data_format="channels_first")])
    last = Sequential([layers.Input((7, 5, 3)), layers.Conv2D(2, 3)])
    last.set_weights(model.get_weights())
    x = batch(2, (3, 7, 5))
    expected = np.moveaxis(last.predict(np.moveaxis(x, 1, -1), verbose=0), -1, 1)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)


def test_outputs_of_inner_layers_are_predicted_together():
    model, x = residual(), batch(70)
    maps = Model(inputs=model.input, outputs=[model.get_layer("left").output, model.output])
    left, y = maps.predict(x, verbose=0, batch_size=32)
    np.testing.assert_array_equal(y, model.predict(x, verbose=0, batch_size=32))
    np.testing.assert_allclose(left, model.get_layer("left")(x), rtol=1e-4, atol=1e-6)
    maps.compile("sgd", "mse")
    with pytest.raises(ValueError, match="need a model of one output"):
        maps.fit(x, x, verbose=0)


def test_part_of_a_model_may_begin_in_its_middle():
    model, x = residual(), batch()
    tail = Model(model.get_layer("add").output, model.output)
    head = Model(model.input, model.get_layer("add").output)
    np.testing.assert_allclose(tail.predict(head.predict(x, verbose=0), verbose=0), model.predict(x, verbose=0), 1e-4)


@pytest.mark.covers("Model.__call__")
def test_call_on_an_array_follows_the_training_flag():
    np.random.seed(3)
    dropout, x = layers.Dropout(0.5), np.ones((64, 10), "float32")
    np.testing.assert_array_equal(dropout(x), x)
    dropped = dropout(x, training=True)
    assert set(np.unique(dropped.numpy())) == {0.0, 2.0}
    assert not np.array_equal(dropped, dropout(x, training=True))
    model = Sequential([layers.Input((10,)), layers.Dropout(0.5)])
    np.testing.assert_array_equal(model(x).numpy(), x)
    assert 0.0 in model(x, training=True)


def test_training_said_in_the_call_holds_in_every_step():
    x = layers.Input((50,))
    model = Model(x, layers.Dropout(0.5)(x, training=False))
    model.compile("sgd", "mse")
    assert model.train_on_batch(np.ones((4, 50)), np.ones((4, 50))) == 0.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Model(np.ones((2, 3)), np.ones(3)), TypeError, "inputs must be what Input"),
        (lambda: Model([layers.Input((3,)), layers.Input((3,))], []), ValueError, "expected one input"),
        (lambda: Model(layers.Input((3,)), layers.Dense(2)(layers.Input((3,)))), ValueError, "not among the inputs"),
        (lambda: Model().fit(np.ones((2, 3))), RuntimeError, "call model.compile"),
        (lambda: layers.Dense(2).output, AttributeError, "not part of a model yet"),
        (lambda: np.asarray(layers.Input((3,))), TypeError, "has no values"),
        (lambda: layers.Dense(2)(layers.Input((3,)), scale=2), TypeError, "unexpected arguments in a call"),
    ],
)
def test_what_does_not_fit_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_names_are_unique_in_a_graph():
    x = layers.Input((3,))
    with pytest.raises(ValueError, match="Received twice: 'same'"):
        Model(x, layers.Dense(2, name="same")(layers.Dense(2, name="same")(x)))
