"""Losses by name and as objects, users' own ones, and what is said about labels and values that do not fit."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, losses, models, ops, optimizers
from fastcnn.custom_objects import custom_object_scope
from fastcnn.losses.program import spread

RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 5)).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 10)]
NUMBERS = RNG.standard_normal((10, 3)).astype(np.float32)


def trained(loss, y=NUMBERS, activation=None, shape=(5,), x=X, weights=None, units=3, steps=3, dtype="float32"):
    """Losses of a few steps, and the weights after them."""
    model = Sequential([layers.Input(shape), layers.Dense(units, activation=activation)], dtype=dtype)
    model.set_weights([np.linspace(-0.5, 0.5, shape[-1] * units).reshape(shape[-1], units), np.zeros(units)])
    model.compile(optimizers.SGD(0.1), loss)
    values = [model.train_on_batch(x, y, sample_weight=weights) for _ in range(steps)]
    return [np.array(values), *model.get_weights()]


def assert_same(found, expected, rtol=1e-6):
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=rtol, atol=1e-7)


ALIASES = {
    "mse": "MeanSquaredError",
    "MSE": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "MAPE": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "bce": "BinaryCrossentropy",
    "BCE": "BinaryCrossentropy",
    "kld": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "logcosh": "LogCosh",
    "cosine_proximity": "CosineSimilarity",
    "huber": "Huber",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "CategoricalHinge": "CategoricalHinge",
}


@pytest.mark.parametrize("name", ALIASES)
def test_names_of_every_era_mean_a_loss(name):
    assert type(losses.make(name)).__name__ == ALIASES[name]
    assert losses.make(getattr(losses, name, None) or name).get_config() == losses.make(name).get_config()


@pytest.mark.covers("losses.get")
def test_get_gives_functions_for_names_and_objects_for_the_rest():
    assert losses.get("mse") is losses.mean_squared_error is losses.MSE
    assert losses.get(None) is None
    huber = losses.Huber(2.0)
    assert losses.get(huber) is huber
    assert isinstance(losses.get(losses.Dice), losses.Dice)
    assert losses.get(np.hypot) is np.hypot


@pytest.mark.covers("losses.serialize", "losses.deserialize")
@pytest.mark.parametrize(
    "loss",
    [
        losses.Huber(2.0, reduction="sum"),
        losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.9], name="mine"),
        losses.SparseCategoricalCrossentropy(True, 255),
        losses.BinaryCrossentropy(label_smoothing=0.1, axis=1),
        losses.Tversky(0.3, 0.7, axis=(1, 2)),
        losses.make("crossentropy"),
        losses.MeanSquaredError(),
    ],
)
def test_a_described_loss_comes_back(loss):
    again = losses.deserialize(losses.serialize(loss))
    assert (type(again), again.get_config()) == (type(loss), loss.get_config())
    assert losses.get(losses.serialize(loss)).get_config() == loss.get_config()


def mine(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


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


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: losses.make("hingge"), ValueError, "unknown loss. Received: 'hingge'. Known: .*hinge.*or a function"),
        (lambda: losses.make(7), ValueError, "unknown loss. Received: 7"),
        (lambda: losses.make(None), ValueError, "unknown loss. Received: None"),
        (lambda: losses.get("ctc"), ValueError, "loss 'ctc' is not offered: CTC is for sequences"),
        (lambda: losses.Circle, AttributeError, "no attribute 'Circle': Circle is for embeddings"),
        (lambda: losses.get({"class_name": "Nothing"}), ValueError, "unknown loss. Received: 'Nothing'"),
        (lambda: losses.Huber(reduction="most"), ValueError, "Huber: reduction must be one of .*Received: 'most'"),
        (lambda: losses.Hinge(dtype="float16"), ValueError, "Hinge: dtype must be None.*Received: 'float16'"),
        (lambda: losses.CategoricalCrossentropy(axis=1.0), ValueError, "axis must be an integer. Received: 1.0"),
        (
            lambda: losses.SparseCategoricalCrossentropy(ignore_class=0, axis=1),
            ValueError,
            "ignore_class needs the classes in the last axis",
        ),
        (lambda: losses.Loss()(ONE_HOT, ONE_HOT), NotImplementedError, r"Loss must implement call\(self, y_true"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("mae", NUMBERS[:, :2], r"mean_absolute_error: expected labels of shape \(batch, 3\).*Received: \(batch, 2\)"),
        ("huber", NUMBERS * np.nan, "huber_loss: the labels hold NaN"),
        ("categorical_hinge", np.arange(10), "categorical_hinge: .*use loss='sparse_categorical_crossentropy'"),
        (losses.BinaryFocalCrossentropy(), ONE_HOT * 2, r"binary_focal_crossentropy: labels must be in \[0, 1\]"),
        (
            losses.CategoricalFocalCrossentropy(),
            ONE_HOT - 1,
            r"categorical_focal_crossentropy: labels must be in \[0, 1\]. Received: -1",
        ),
        (mine, NUMBERS.astype(str), "mine: labels must be numbers"),
        (losses.SparseCategoricalCrossentropy(ignore_class=255), np.full(10, 254), ".*from 0 to 2.*Received: 254"),
    ],
)
def test_labels_are_checked_before_the_first_step(loss, y, message):
    model = Sequential([layers.Input((5,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", loss)
    before = model.get_weights()
    with pytest.raises(ValueError, match=f"labels of x: {message}"):
        model.fit(X, y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_a_function_does_what_the_kernel_does():
    assert_same(trained(mine), trained("mse"))
    assert_same(trained(mine, weights=np.arange(10)), trained("mse", weights=np.arange(10)))


def test_the_class_behind_a_function_of_ours_is_taken():
    model = Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("sgd", losses.mean_squared_error)
    assert isinstance(model.loss_function, losses.MeanSquaredError)


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


@pytest.mark.parametrize("reduction", ["none", None])
def test_one_value_a_sample_is_not_for_training(reduction):
    for loss in (losses.MeanSquaredError(reduction=reduction), losses.BinaryCrossentropy(True, reduction=reduction)):
        assert loss(ONE_HOT, ONE_HOT).shape == (10,)
        with pytest.raises(ValueError, match=r"need one number for a batch.*Received: (None|'none')"):
            trained(loss, ONE_HOT)


def test_the_mean_over_the_weights():
    weights = np.array([0, 1, 2, 0, 0, 0, 1, 0, 0, 0.5])
    kept = weights > 0
    found = trained(losses.MeanSquaredError("mean_with_sample_weight"), weights=weights)
    assert_same(found, trained("mse", NUMBERS[kept], x=X[kept], weights=weights[kept] * 4 / 4.5))
    nothing = trained(losses.MeanSquaredError("mean_with_sample_weight"), weights=np.zeros(10))
    assert not nothing[0].any()


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_weights_for_each_value(loss):
    x, y = RNG.standard_normal((4, 2, 5)).astype("f4"), RNG.standard_normal((4, 2, 3)).astype("f4")
    weights = RNG.random((4, 2))
    found = trained(loss, y, shape=(2, 5), x=x, weights=weights)
    flat = trained(loss, y.reshape(8, 3), x=x.reshape(8, 5), weights=weights.ravel())
    assert_same(found, flat)
    with pytest.raises(ValueError, match=r"expected sample weights of shape \(4,\), one a sample, or \(4, 2\)"):
        trained(loss, y, shape=(2, 5), x=x, weights=np.ones((4, 3)))


@pytest.mark.parametrize(
    ("y", "units", "activation", "meant"),
    [
        (ONE_HOT, 3, "softmax", "categorical_crossentropy"),
        (ONE_HOT.argmax(axis=1), 3, "softmax", "sparse_categorical_crossentropy"),
        (ONE_HOT.argmax(axis=1)[:, None], 3, "softmax", "sparse_categorical_crossentropy"),
        (ONE_HOT[:, 0], 1, "sigmoid", "binary_crossentropy"),
    ],
)
def test_crossentropy_follows_the_shapes(y, units, activation, meant):
    for name in ("crossentropy", "ce"):
        assert_same(trained(name, y, activation, units=units), trained(meant, y, activation, units=units))


def test_epsilon_is_the_configured_one():
    right, wrong = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    loss = losses.CategoricalCrossentropy()
    assert loss(right, wrong) == pytest.approx(-np.log(1e-7), rel=1e-6)
    with config.using(epsilon=1e-3):
        assert loss(right, wrong) == pytest.approx(-np.log(1e-3), rel=1e-6)
        assert loss.params() == {"epsilon": 1e-3}


def test_a_loss_called_on_arrays_gives_what_numpy_and_keras_expect():
    loss = losses.MeanSquaredError()
    value = loss([[1.0, 2.0]], [[0.0, 2.0]])
    assert (value.dtype, value.numpy(), float(value), f"{value:.2f}") == (np.float32, 0.5, 0.5, "0.50")
    assert loss([1, 0], [[0.5], [0.5]], sample_weight=[1, 0]) == 0.125
    with pytest.raises(ValueError, match=r"expected labels of shape \(batch, 2\)"):
        loss([[1.0]], [[0.0, 2.0]])


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
