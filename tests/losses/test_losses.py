"""Losses by name and as objects, how they weigh samples, and what is said about labels that do not fit."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, losses
from tests.losses.training import NUMBERS, ONE_HOT, RNG, X, assert_same, mine, trained

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


@pytest.mark.parametrize("given", [["mae"], ("mae",), {"dense": "mae"}])
def test_a_list_or_dictionary_of_one_loss_is_that_loss(given):
    assert isinstance(losses.make(given), losses.MeanAbsoluteError)


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


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: losses.make("hingge"), ValueError, r"'hingge' \(did you mean 'hinge'\?\). Known: .*or a function"),
        (lambda: losses.make(["mse", "mae"]), ValueError, r"expected one loss, .* Received 2: \['mse', 'mae'\]"),
        (lambda: losses.make({}), ValueError, r"expected one loss, .* Received 0"),
        (lambda: losses.make(7), ValueError, "unknown loss. Received: 7"),
        (lambda: losses.make(None), ValueError, "unknown loss. Received: None"),
        pytest.param(
            lambda: losses.get("ctc"),
            ValueError,
            "loss 'ctc' is not offered: CTC is for sequences",
            marks=pytest.mark.covers("losses.CTC"),
        ),
        pytest.param(
            lambda: losses.Circle,
            AttributeError,
            "no attribute 'Circle': Circle is for embeddings",
            marks=pytest.mark.covers("losses.Circle"),
        ),
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


def test_the_class_behind_a_function_of_ours_is_taken():
    model = Sequential([layers.Input((5,)), layers.Dense(3)])
    model.compile("sgd", losses.mean_squared_error)
    assert isinstance(model.loss_function, losses.MeanSquaredError)


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


def test_weights_in_a_column_are_one_a_sample():
    weights = np.linspace(0, 2, 10)
    assert_same(trained("mse", weights=weights[:, None]), trained("mse", weights=weights))


@pytest.mark.parametrize("as_function", [False, True])
def test_an_ignored_class_may_be_one_of_the_classes(as_function):
    labels = np.array([0, 1, 2, 0, 1, 2, 0, 0, 1, 0])
    loss, kept = losses.SparseCategoricalCrossentropy(ignore_class=0), labels > 0
    values = losses.sparse_categorical_crossentropy(labels, ONE_HOT * 0.8 + 0.1, ignore_class=0)
    assert (np.not_equal(values, 0) == kept).all()
    given = (lambda y_true, y_pred: 2 * loss.call(y_true, y_pred)) if as_function else loss
    expected = trained("sparse_categorical_crossentropy", labels[kept], "softmax", x=X[kept])
    assert_same(trained(given, labels, "softmax"), expected, rtol=1e-5)


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
