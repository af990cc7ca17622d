"""Layers that users write as functions: fastcnn.ops with automatic gradients, or plain arrays with their own."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, ops
from fastcnn.compat import randomness
from tests.helpers import BACKENDS

everywhere = pytest.mark.parametrize("backend", BACKENDS)


class Gated(layers.Layer):
    """x * sigmoid(x @ w + b), written in ops."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1], input_shape[-1]), "glorot_uniform", name="w")
        self.b = self.add_weight((input_shape[-1],), "ones", name="b")

    def call(self, x):
        return x * ops.sigmoid(ops.matmul(x, self.w) + self.b)


class Scaled(layers.Layer):
    """x * w, with a gradient of its own."""

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1],), initializer="ones")

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, x):
        self.x = x
        return x * np.asarray(self.w)

    def backward(self, dy):
        return dy * np.asarray(self.w), [(dy * self.x).sum(axis=0)]


class Halved(layers.Layer):
    """Every other column; only in training scaled by 2."""

    def call(self, x, training=False):
        return x[:, ::2] * (2.0 if training else 1.0)


def network(*added: layers.Layer, backend: str = "numpy", columns: int = 4) -> Sequential:
    body = [layers.Input((columns,)), layers.Dense(columns), *added, layers.Dense(2)]
    model = Sequential(body, dtype="float64", backend=backend)
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1.0
    return model


def slopes_agree(model: Sequential) -> None:
    """Every weight's gradient against a difference of losses."""
    rng, step = np.random.default_rng(0), 1e-6
    x, y = rng.standard_normal((5, *model.input_shape[1:])), rng.standard_normal((5, 2))
    before = model.get_weights()
    model.train_on_batch(x, y)
    after = model.get_weights()
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        direction, sides = rng.standard_normal(old.shape), []
        for sign in (step, -step):
            model.set_weights([w + sign * direction if i == number else w for i, w in enumerate(before)])
            sides.append(model.test_on_batch(x, y))
        np.testing.assert_allclose(((old - new) * direction).sum(), (sides[0] - sides[1]) / (2 * step), rtol=1e-5)


@everywhere
@pytest.mark.covers("layers.Layer")
@pytest.mark.parametrize("layer", [Gated, Scaled], ids=["ops", "own gradient"])
def test_gradients_of_weights_before_in_and_behind_the_layer(layer, backend):
    model = network(layer(), backend=backend)
    assert len(model.weights) in (5, 6)
    slopes_agree(model)


def test_shape_is_found_by_trying_and_training_is_passed_on():
    model = network(Halved(), columns=6)
    assert model.layers[1].output_shape == (None, 3)
    x = np.ones((2, 6))
    inner = model.layers[0](x)
    np.testing.assert_allclose(model.layers[1](inner), inner[:, ::2])
    np.testing.assert_allclose(model.layers[1](inner, training=True), inner[:, ::2] * 2)


def test_batches_of_all_sizes_run():
    model = network(Gated())
    x = np.random.default_rng(0).standard_normal((70, 4))
    whole = model.predict(x, batch_size=70, verbose=0)
    np.testing.assert_allclose(model.predict(x, batch_size=32, verbose=0), whole, rtol=1e-12)
    model.fit(x, whole, batch_size=32, verbose=0)


class Wrong(Scaled):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)


class LosesBatch(layers.Layer):
    def call(self, x):
        return ops.sum(x)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: Wrong(name="wrong"), "layer 'wrong': call gave an array of shape"),
        (lambda: LosesBatch(), "must keep the batch axis first"),
    ],
)
def test_call_that_breaks_its_word_is_named(layer, message):
    with pytest.raises(ValueError, match=message):
        network(layer()).predict(np.ones((2, 4)), verbose=0)


def test_layer_without_call_or_lower_says_so():
    class Nothing(layers.Layer):
        pass

    with pytest.raises(NotImplementedError, match="Nothing has neither call"):
        network(Nothing()).predict(np.ones((2, 4)), verbose=0)


class Adds(layers.Layer):
    """Makes weights in the manners of Keras 2 and 3."""

    def build(self, input_shape):
        self.first = self.add_weight((input_shape[-1],))
        self.second = self.add_weight(shape=(2,), initializer="ones", dtype="float32", trainable=False)
        self.number = self.add_weight()
        self.named = self.add_weight("named", shape=(3,), initializer="zeros", aggregation=None)

    def call(self, x):
        return x


@pytest.mark.covers("layers.Layer.add_weight")
def test_weights_are_added_as_in_keras_2_and_3():
    layer = Adds(name="adds")
    layer(np.ones((1, 4), "f4"))
    assert [w.name for w in layer.weights] == ["adds/variable", "adds/variable_1", "adds/variable_2", "adds/named"]
    assert [w.shape for w in layer.weights] == [(4,), (2,), (), (3,)]
    assert len(layer.trainable_weights) == 3
    assert np.ptp(np.asarray(layer.first)) > 0  # glorot_uniform


@pytest.mark.covers("layers.Layer.add_weight")
@pytest.mark.parametrize(
    ("options", "message"),
    [({"dtype": "int32"}, "must be the layer's"), ({"overwrite_with_gradient": True}, "leave it")],
)
def test_weights_of_other_kinds_are_refused(options, message):
    layer = Adds()
    layer.build = lambda shape: layer.add_weight((2,), **options)
    with pytest.raises(ValueError, match=message):
        layer(np.ones((1, 4), "f4"))


class Early(layers.Layer):
    """Makes its weights at once."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.w = self.add_weight(shape=(4, units), initializer="ones")

    def call(self, x):
        return ops.matmul(x, self.w)


def test_weights_can_be_made_before_the_shape_is_known():
    layer = Early(2)
    assert [w.shape for w in layer.weights] == [(4, 2)]
    np.testing.assert_array_equal(layer(np.ones((3, 4), "f4")), np.full((3, 2), 4.0))
    slopes_agree(network(Early(4)))


class Sums(layers.Layer):
    """Keeps the sum of all that it has seen."""

    def build(self, input_shape):
        self.total = self.add_weight(shape=input_shape[1:], initializer="zeros", trainable=False)

    def call(self, x):
        self.total.assign_add(ops.sum(x, axis=0))
        return x - self.total


def test_a_layer_may_write_into_its_weights():
    layer = Sums()
    for _ in range(2):
        layer(np.ones((3, 4), "f4"))
    np.testing.assert_array_equal(layer.total.numpy(), np.full(4, 6.0))
    layer.total.assign_sub(0.5)
    np.testing.assert_array_equal(layer.total.numpy(), np.full(4, 5.5))


class DropsOut(layers.Layer):
    """keras.random.dropout with a series of its own."""

    def __init__(self, rate):
        super().__init__()
        self.rate, self.seeds = rate, randomness.SeedGenerator(1)

    def call(self, x, training=None):
        return randomness.dropout(x, self.rate, seed=self.seeds) if training else x


def test_dropout_as_a_function_passes_gradients_where_it_passes_values():
    x = np.ones((200, 5), "f4")
    layer = DropsOut(0.25)
    y = layer(x, training=True)
    assert y.dtype == np.float32
    assert set(np.unique(y).tolist()) == {0, np.float32(1 / 0.75)}
    assert 0.15 < (y == 0).mean() < 0.35
    assert not np.array_equal(y, layer(x, training=True))
    np.testing.assert_array_equal(layer(x), x)
    model = Sequential([layers.Input((5,)), DropsOut(0.25), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    model.fit(x, x[:, :1], epochs=30, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0].sum(), 1, atol=0.2)
    rows = randomness.dropout(x, 0.5, noise_shape=(None, 1), seed=3)
    assert set(rows.sum(axis=1).tolist()) == {0, 10}
    with pytest.raises(ValueError, match="rate must be at least 0 and less than 1"):
        randomness.dropout(x, 1)
