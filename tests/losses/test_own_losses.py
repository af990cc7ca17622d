"""Losses that users write: functions and classes, with values of any shape and gradients of their own."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, losses, models, ops
from fastcnn.custom_objects import custom_object_scope
from fastcnn.losses.program import spread
from tests.losses.training import NUMBERS, ONE_HOT, RNG, X, assert_same, mine, trained


def test_own_functions_and_classes_come_back_by_name():
    assert losses.serialize(mine) == "mine"
    assert losses.deserialize("mine", {"mine": mine}) is mine
    config = losses.serialize(losses.make(mine))
    assert losses.deserialize(config, {"mine": mine}).fn is mine
    with custom_object_scope({"mine": mine}):
        assert losses.deserialize(config).fn is losses.get("mine") is mine
    with pytest.raises(ValueError, match=r"'mine' is a function of your own: give custom_objects=\{'mine': ...\}"):
        losses.deserialize(config)

    class Mine(losses.Huber):
        pass

    assert type(losses.deserialize(losses.serialize(Mine(3.0)), {"Mine": Mine})) is Mine


def test_a_function_does_what_the_kernel_does():
    assert_same(trained(mine), trained("mse"))
    assert_same(trained(mine, weights=np.arange(10)), trained("mse", weights=np.arange(10)))


@pytest.mark.parametrize(
    "function",
    [
        lambda y_true, y_pred: ops.square(y_true - y_pred),  # one value an element
        lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred)),  # one for the batch
        lambda y_true, y_pred: ops.mean(ops.square(y_true - y_pred), axis=-1, keepdims=True),
        lambda y_true, y_pred: np.mean((y_true - y_pred) ** 2, axis=-1),
        lambda y_true, y_pred: losses.MeanSquaredError()(y_true, y_pred),
        lambda y_true, y_pred: losses.mean_squared_error(y_true, y_pred),
        lambda y_true, y_pred: losses.MeanSquaredError(reduction="none")(y_true, y_pred) / 2 + mine(y_true, y_pred) / 2,
    ],
)
def test_values_of_any_shape_mean_the_same(function):
    assert_same(trained(function), trained("mse"))


def test_sums_stay_sums():
    whole = losses.LossFunctionWrapper(lambda y_true, y_pred: ops.sum(mine(y_true, y_pred)), reduction="sum")
    elements = losses.LossFunctionWrapper(lambda y_true, y_pred: ops.square(y_true - y_pred) / 3, reduction="sum")
    expected = trained(losses.MeanSquaredError(reduction="sum"))
    assert_same(trained(whole), expected)
    assert_same(trained(elements), expected)


@pytest.mark.parametrize(("summed", "reduce"), [(False, np.mean), (True, np.sum)])
@pytest.mark.parametrize("found", [(4,), (4, 2), (4, 2, 3), (4, 2, 3, 5), (4, 7), (), (1,), (1, 1)])
def test_values_are_spread_without_changing_their_mean_or_sum(found, summed, reduce):
    values = RNG.standard_normal(found)
    made = spread("mine", values, (4, 2, 3), summed)
    assert made.shape == (4, 2, 3)
    np.testing.assert_allclose(reduce(made), reduce(values))
    if found[:1] == (4,):  # a sample's value stays with the sample
        np.testing.assert_allclose(reduce(made[2]), reduce(values[2]))


def test_a_function_without_one_value_a_sample_is_refused():
    with pytest.raises(ValueError, match=r"one value a sample, shape \(10,\), or one for the batch. Received: \(3,\)"):
        trained(lambda y_true, y_pred: ops.sum(y_pred, axis=0))


@pytest.mark.parametrize("function", [lambda t, p: ops.sum(t), lambda t, p: ops.mean(ops.round(p) == t, axis=-1)])
def test_a_function_without_a_gradient_is_refused_and_nothing_changes(function):
    model = Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("sgd", function)
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"loss '<lambda>': its value has no gradient by y_pred"):
        model.train_on_batch(X, NUMBERS)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    assert np.isfinite(model.test_on_batch(X, NUMBERS))


def test_a_gradient_of_the_users_own():
    own = losses.from_functions(
        lambda y_true, y_pred: ((y_pred - y_true) ** 2).mean(axis=-1),
        lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.shape[-1],
        name="own",
    )
    assert own.name == "own"
    weights = np.linspace(0, 2, 10)
    assert_same(trained(own, weights=weights), trained("mse", weights=weights))
    whole = losses.from_functions(
        lambda y_true, y_pred: ((y_pred - y_true) ** 2).mean(),
        lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.size,
    )
    assert_same(trained(whole), trained("mse"))
    wrong = losses.from_functions(lambda y_true, y_pred: y_pred.sum(), lambda y_true, y_pred: np.ones(3))
    with pytest.raises(ValueError, match=r"expected a gradient of y_pred's shape \(10, 3\). Received: \(3,\)"):
        trained(wrong)


def test_a_subclass_writes_call():
    class Pinball(losses.Loss):
        def __init__(self, q=0.8, **kwargs):
            super().__init__(**kwargs)
            self.q = q

        def call(self, y_true, y_pred):
            error = y_true - y_pred
            return ops.mean(ops.maximum(self.q * error, (self.q - 1) * error), axis=-1)

    values = trained(Pinball())[0]
    assert values[-1] < values[0]
    assert Pinball().name == "pinball"
    np.testing.assert_allclose(trained(Pinball(0.5), steps=1)[0], trained("mae", steps=1)[0] / 2, rtol=1e-6)


@pytest.mark.parametrize("base", [losses.MeanSquaredError, losses.CategoricalCrossentropy])
def test_what_a_subclass_writes_replaces_the_kernel(base):
    class Doubled(base):
        def call(self, y_true, y_pred):
            return 2 * super().call(y_true, y_pred)

    class Renamed(base):
        pass

    twice, once = (trained(cls(), ONE_HOT, "softmax", steps=1)[0] for cls in (Doubled, Renamed))
    np.testing.assert_allclose(twice, 2 * once, rtol=1e-6)
    assert Renamed.kernel == base.kernel


def test_smoothed_labels_are_smoothed_once():
    class Same(losses.CategoricalCrossentropy):
        def call(self, y_true, y_pred):
            return super().call(y_true, y_pred)

    arguments = {"label_smoothing": 0.3, "from_logits": True}
    expected = trained(losses.CategoricalCrossentropy(**arguments), ONE_HOT)
    assert_same(trained(Same(**arguments), ONE_HOT), expected, rtol=1e-5)


def test_weights_of_a_batchs_one_value():
    whole = losses.LossFunctionWrapper(lambda y_true, y_pred: ops.mean(mine(y_true, y_pred)))
    value = whole(NUMBERS, 2 * NUMBERS)
    assert whole(NUMBERS, 2 * NUMBERS, np.arange(10)) == pytest.approx(4.5 * float(value), rel=1e-6)
    weighted = trained(whole, weights=np.arange(10), steps=1)[0]
    assert weighted == pytest.approx(4.5 * trained(whole, steps=1)[0], rel=1e-6)


def test_labels_of_any_shape_reach_a_users_function():
    packed = np.concatenate([NUMBERS, RNG.random((10, 1)).astype("f4")], axis=1)  # labels and a weight in one array

    def weighted(y_true, y_pred):
        return y_true[:, 3] * mine(y_true[:, :3], y_pred)

    assert_same(trained(weighted, packed), trained("mse", weights=packed[:, 3]))


def test_whole_numbers_as_labels_become_floats():
    seen = []

    def looked_at(y_true, y_pred):
        seen.append((y_true.dtype, y_true.shape))
        return ops.mean(1 - y_true * y_pred, axis=-1)

    trained(looked_at, np.ones(10, np.uint8), units=1, steps=1)
    trained(looked_at, np.ones(10, np.uint8), units=1, steps=1, dtype="float64")
    assert seen == [(np.float32, (10, 1)), (np.float64, (10, 1))]


def test_fit_evaluate_and_a_smaller_last_batch():
    model = Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("adam", mine, metrics=["mse"])
    history = model.fit(X, NUMBERS, batch_size=4, epochs=2, validation_split=0.2, verbose=0).history
    np.testing.assert_allclose(history["loss"], history["mse"], rtol=1e-5)
    np.testing.assert_allclose(*model.evaluate(X, NUMBERS, batch_size=4, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("activation", "kernel", "function"),
    [
        ("sigmoid", "binary_crossentropy", losses.binary_crossentropy),
        ("sigmoid", "binary_crossentropy", lambda t, p: ops.mean(ops.binary_crossentropy(t, p), axis=-1)),
        ("softmax", "categorical_crossentropy", losses.categorical_crossentropy),
        ("softmax", "categorical_crossentropy", lambda t, p: losses.CategoricalCrossentropy()(t, p)),
    ],
)
@pytest.mark.parametrize("shape", [(5,), (2, 2, 5)])
def test_the_gradient_of_a_saturated_output_does_not_vanish(activation, kernel, function, shape):
    x = np.broadcast_to(X.reshape(10, *(1,) * (len(shape) - 1), 5), (10, *shape)) * 1000
    y = np.broadcast_to(ONE_HOT.reshape(10, *(1,) * (len(shape) - 1), 3), (10, *shape[:-1], 3))
    own = losses.LossFunctionWrapper(lambda y_true, y_pred: function(y_true, y_pred))
    found, expected = (trained(loss, y, activation, shape, x, dtype="float64") for loss in (own, kernel))
    assert_same(found, expected, rtol=1e-5)
    assert found[0][0] > 17  # more than any clipped probability makes of it


def test_other_losses_of_activated_outputs_are_the_same():
    for activation in ("sigmoid", "softmax", "tanh"):
        assert_same(trained(mine, ONE_HOT, activation), trained("mse", ONE_HOT, activation), rtol=1e-5)


@pytest.mark.parametrize("loss", [mine, losses.LossFunctionWrapper(mine, "sum"), losses.Huber(0.5), "mae"])
@pytest.mark.parametrize("name", ["m.fcnn", "m.keras", "m.h5"])
def test_a_model_in_a_file_keeps_its_loss(name, loss, tmp_path):
    model = Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("sgd", loss)
    expected = model.evaluate(X, NUMBERS, verbose=0)
    model.save(tmp_path / name)
    again = models.load_model(tmp_path / name, custom_objects={"mine": mine})
    assert again.evaluate(X, NUMBERS, verbose=0) == pytest.approx(expected, rel=1e-6)
    if "mine" in losses.make(loss).name:
        with pytest.raises(ValueError, match=r"'mine': give custom_objects=\{'mine': ...\}, or compile=False"):
            models.load_model(tmp_path / name)
