"""Normalisation layers beyond their numbers: axes, refusals, adapting, and files."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, load_model
from fastcnn.utils.dataset import Sequence
from tests.helpers import layer_gradients

RNG = np.random.default_rng(6)
X = RNG.normal(3, 2, (12, 5, 4, 6)).astype(np.float32)


@pytest.mark.covers("layers.BatchNormalization")
@pytest.mark.parametrize("axis", [[3], [-1], (3,), 3])
def test_the_last_axis_has_many_spellings(axis):
    layer, plain = layers.BatchNormalization(axis=axis), layers.BatchNormalization()
    assert (np.asarray(layer(X, training=True)) == np.asarray(plain(X, training=True))).all()


@pytest.mark.covers("layers.BatchNormalization")
@pytest.mark.parametrize("axis", [1, [1], 2])
def test_another_axis_is_normalised_in_training(axis):
    layer = layers.BatchNormalization(axis=axis)
    model = Sequential([layers.Input(X.shape[1:]), layer])
    model.compile("sgd", "mse")
    model.fit(X, X, epochs=1, batch_size=12, verbose=0)
    (one,) = axis if isinstance(axis, list) else [axis]
    others = tuple(a for a in range(4) if a != one)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.01 * X.mean(axis=others), rtol=1e-5)
    normal = np.asarray(layers.BatchNormalization(axis=axis)(X, training=True))
    np.testing.assert_allclose(normal.mean(axis=others), 0, atol=1e-5)


@pytest.mark.covers("layers.BatchNormalization")
def test_the_moving_variance_follows_the_biased_one():
    layer = layers.BatchNormalization(momentum=0.0)
    layer(X[:, 0, 0], training=True)
    np.testing.assert_allclose(layer.moving_variance.numpy(), X[:, 0, 0].var(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BatchNormalization(renorm=True), "renorm and synchronized are not offered"),
        (lambda: layers.BatchNormalization(synchronized=True), "renorm and synchronized are not offered"),
        (lambda: layers.BatchNormalization(axis=[1, 2]), r"axis must be one axis. Received: \[1, 2\]"),
        (lambda: layers.BatchNormalization(axis=7)(X), "axis must name axes of an input of 4 axes. Received: 7"),
        (lambda: layers.LayerNormalization(axis=0)(X), r"axis must not be the batch \(0\)"),
        (lambda: layers.LayerNormalization(axis=[1, 9])(X), "LayerNormalization: axis must name axes"),
        (lambda: layers.LayerNormalization(rms_scaling=True), "rms_scaling is not offered"),
        (lambda: layers.GroupNormalization(4)(X), "6 channels cannot be divided into 4 groups"),
        (lambda: layers.GroupNormalization(0), "groups must be a positive integer or -1. Received: 0"),
        (lambda: layers.UnitNormalization(axis="last")(X), "UnitNormalization: axis must name axes"),
        (lambda: layers.Normalization(mean=1.0), "give both mean and variance, or neither"),
        (lambda: layers.Normalization(mean=[1, 2], variance=1), "mean and variance must have the same shape"),
        (lambda: layers.Normalization(mean=[1, 2], variance=[1, 2])(X), "mean must fit the kept axes, of shape"),
        (lambda: layers.Normalization().adapt(X.ravel()), "for data of one axis give axis=None"),
        (lambda: layers.Normalization().adapt([]), "the data hold no batch"),
    ],
)
def test_what_is_not_offered_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.covers("layers.BatchNormalization")
def test_settings_of_keras_files_that_say_nothing_are_taken():
    layer = layers.BatchNormalization(renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False)
    assert layer.get_config()["name"] == layer.name


@pytest.mark.covers("layers.GroupNormalization")
def test_images_of_another_size_may_follow():
    for layer in (layers.GroupNormalization(3), layers.LayerNormalization(), layers.BatchNormalization()):
        assert layer(X).shape == X.shape
        assert layer(X[:, :3]).shape == X[:, :3].shape


@pytest.mark.covers("layers.GroupNormalization", "layers.LayerNormalization", "layers.UnitNormalization")
def test_they_train_in_a_network():
    np.random.seed(0)
    model = Sequential(
        [
            layers.Input((5, 4, 6)),
            layers.LayerNormalization(gamma_regularizer="l2"),
            layers.Conv2D(4, 3),
            layers.GroupNormalization(2, beta_constraint="non_neg"),
            layers.UnitNormalization(),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    losses = model.fit(X, X[:, 0, 0, 0] / 10, batch_size=5, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]
    assert model.layers[2].beta.numpy().min() >= 0


class Batches(Sequence):
    """X in batches of 5, 5 and 2."""

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return X[5 * index : 5 * index + 5], np.zeros(1)


@pytest.mark.covers("layers.Normalization")
@pytest.mark.parametrize(
    "data", [X, [X[:7], X[7:]], Batches(), X.astype(np.float64)], ids=["array", "list", "sequence", "f8"]
)
def test_adapt_takes_arrays_and_batches(data):
    layer = layers.Normalization()
    assert layer.mean is None
    layer.adapt(data)
    np.testing.assert_allclose(layer.mean.numpy(), X.mean(axis=(0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(layer.variance, X.var(axis=(0, 1, 2)), rtol=1e-5)


@pytest.mark.covers("layers.Normalization")
def test_adapting_again_changes_a_model_that_has_run(tmp_path):
    layer = layers.Normalization(input_shape=(5, 4, 6))
    model = Sequential([layer, layers.Flatten(), layers.Dense(2)])
    assert [w.shape for w in layer.weights] == [(6,), (6,), ()]
    assert layer.trainable_weights == []
    before = model.predict(X, verbose=0)
    layer.adapt(X)
    after = model.predict(X, verbose=0)
    assert (before != after).any()
    np.testing.assert_allclose(np.asarray(layer(X)).std(axis=(0, 1, 2)), 1, rtol=1e-5)
    model.save(tmp_path / "model.fcnn")
    copy = load_model(tmp_path / "model.fcnn")
    assert (copy.predict(X, verbose=0) == after).all()


@pytest.mark.covers("layers.Normalization")
def test_one_mean_for_all():
    layer = layers.Normalization(axis=None)
    layer.adapt(X.ravel())
    assert layer.mean.shape == ()
    np.testing.assert_allclose(
        np.asarray(layer(X[:, 0, 0])).mean(), (X[:, 0, 0].mean() - X.mean()) / X.std(), rtol=1e-4
    )


@pytest.mark.covers("layers.Rescaling")
@pytest.mark.parametrize("scale", [2.0, [2.0], [1.0, 2, 3, 4, 5, 6], np.arange(6.0)])
@pytest.mark.parametrize("offset", [-1, [0.0, 1, 2, 3, 4, 5]])
def test_rescaling_takes_numbers_and_channels(scale, offset):
    layer = layers.Rescaling(scale, offset)
    expected = X * np.asarray(scale) + np.asarray(offset)
    np.testing.assert_allclose(np.asarray(layer(X)), expected, rtol=1e-5, atol=1e-5)
    copy = layers.Rescaling.from_config(layer.get_config())
    assert (np.asarray(copy(X)) == np.asarray(layer(X))).all()
    dy = RNG.standard_normal(X.shape).astype(np.float32)
    found = layer_gradients(copy, X, dy, "numpy")
    np.testing.assert_allclose(found["dx"], dy * np.asarray(scale), rtol=1e-5)


@pytest.mark.covers("layers.Rescaling")
def test_rescaling_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="one for each of 6 channels"):
        layers.Rescaling([1.0, 2.0])(X)
    with pytest.raises(ValueError, match="must be numbers, or one for each channel"):
        layers.Rescaling([[1.0]])
