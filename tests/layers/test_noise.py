"""Noise and dropout layers: what they draw, when they act, and that a step can be repeated."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.random import step_generator
from tests.helpers import layer_gradients

SHAPE = (200, 30, 40)
N = np.prod(SHAPE)
EVERY = [
    layers.GaussianNoise(0.5, seed=3),
    layers.GaussianDropout(0.3, seed=3),
    layers.AlphaDropout(0.3, seed=3),
    layers.AlphaDropout(0.3, (None, 1, 5), seed=3),
    layers.SpatialDropout1D(0.3, seed=3),
    layers.Dropout(0.3, noise_shape=(None, 1, 5), seed=3),
]


def drawn(layer, shape=SHAPE):
    return layer.draw(step_generator(np.array([7, 1])), shape, np.dtype("float32"))


def built(layer, shape=(4, 5)):
    Sequential([layers.Input(shape), layer], backend="numpy")
    return layer


def spread(share):
    """Six standard deviations of the mean of N numbers whose own is `share`."""
    return 6 * share / N**0.5


@pytest.mark.covers("layers.GaussianNoise")
def test_gaussian_noise_has_mean_0_and_the_given_deviation():
    _, noise = drawn(layers.GaussianNoise(0.5))
    assert abs(noise.mean()) < spread(0.5)
    assert abs(noise.std() - 0.5) < spread(0.5)


@pytest.mark.covers("layers.GaussianDropout")
def test_gaussian_dropout_multiplies_by_noise_around_1():
    factor, _ = drawn(layers.GaussianDropout(0.2))
    assert abs(factor.mean() - 1) < spread(0.5)
    assert abs(factor.std() - 0.5) < spread(0.5)


@pytest.mark.covers("layers.AlphaDropout")
def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32)
    factor, offset = drawn(layers.AlphaDropout(0.25))
    y = x * factor + offset
    assert abs(np.mean(factor != 0) - 0.75) < spread(0.5)
    assert abs(y.mean()) < spread(2)
    assert abs(y.var() - 1) < spread(4)


@pytest.mark.covers("layers.SpatialDropout1D")
def test_spatial_dropout_1d_drops_features_at_every_step():
    factor, _ = drawn(layers.SpatialDropout1D(0.25), (5000, 3, 8))
    assert factor.shape == (5000, 1, 8)
    assert set(np.unique(factor)) == {0, 1 / 0.75}
    assert abs(np.mean(factor != 0) - 0.75) < 6 * 0.5 / 40000**0.5


@pytest.mark.covers("layers.SpatialDropout2D")
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_spatial_dropout_2d_drops_whole_channels(data_format):
    layer = layers.SpatialDropout2D(0.5, data_format=data_format)
    x = np.ones((50, 6, 6, 6), np.float32)
    channels = (
        np.moveaxis(layer(x, training=True), 1, -1) if data_format == "channels_first" else layer(x, training=True)
    )
    sums = np.asarray(channels).sum(axis=(1, 2))
    assert set(np.unique(sums)) == {0, 72}
    assert 0.3 < np.mean(sums == 0) < 0.7


@pytest.mark.covers("layers.Dropout")
def test_noise_shape_drops_together():
    y = np.asarray(layers.Dropout(0.5, noise_shape=(None, 1, 4))(np.ones((64, 5, 4)), training=True))
    assert (y == y[:, :1]).all()
    assert set(np.unique(y)) == {0, 2}
    assert (layers.Dropout(1.0, noise_shape=(None, 1))(np.ones((3, 2)), training=True) == 0).all()


@pytest.mark.parametrize("noise_shape", [(None, 1), (None, 3, 4), (32, 1, 4)])
def test_a_noise_shape_that_does_not_fit_is_refused(noise_shape):
    with pytest.raises(ValueError, match="noise_shape must hold, for each axis of an input of shape"):
        built(layers.Dropout(0.5, noise_shape=noise_shape), (5, 4))


@pytest.mark.parametrize("layer", EVERY, ids=lambda layer: layer.name)
def test_the_gradient_is_what_the_input_was_multiplied_by(layer):
    rng = np.random.default_rng(5)
    x, dy = rng.standard_normal((2, 6, 4, 5)).astype(np.float32)
    found = layer_gradients(built(layer), x, dy, "numpy")
    factor, offset = layer.draw(step_generator(np.array([3, 0])), x.shape, x.dtype)
    np.testing.assert_allclose(found["y"], x * factor + offset, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found["dx"], dy * factor, rtol=1e-6)


@pytest.mark.parametrize("layer", EVERY, ids=lambda layer: layer.name)
def test_prediction_passes_the_input_on(layer):
    x = np.random.default_rng(5).standard_normal((3, 4, 5)).astype(np.float32)
    assert (Sequential([layers.Input((4, 5)), built(layer)]).predict(x, verbose=0) == x).all()


@pytest.mark.parametrize("layer", EVERY, ids=lambda layer: layer.name)
def test_the_same_seed_and_step_give_the_same_numbers(layer):
    x = np.random.default_rng(5).standard_normal((3, 4, 5)).astype(np.float32)
    copy = type(layer).from_config(layer.get_config())
    layer.calls_on_arrays = 0
    first, second = layer(x, training=True), layer(x, training=True)
    assert (first == copy(x, training=True)).all()
    assert (first != second).any()


def test_training_with_noise_can_be_repeated():
    def weights():
        np.random.seed(3)
        noisy = [layers.GaussianNoise(0.3), layers.Dense(3), layers.AlphaDropout(0.2), layers.Dense(1)]
        model = Sequential([layers.Input((4,)), *noisy], backend="numpy")
        model.compile("sgd", "mse")
        model.fit(np.ones((10, 4)), np.ones(10), batch_size=4, epochs=2, verbose=0)
        return model.get_weights()

    for one, other in zip(weights(), weights(), strict=True):
        assert (one == other).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.GaussianNoise(-1), "GaussianNoise: stddev must not be negative. Received: -1"),
        (lambda: layers.GaussianDropout(1), r"GaussianDropout: rate must be in \[0, 1\). Received: 1"),
        (lambda: layers.AlphaDropout(1.0), r"AlphaDropout: rate must be in \[0, 1\)"),
        (lambda: layers.SpatialDropout2D(1.5), r"SpatialDropout2D: rate must be in \[0, 1\]"),
        (lambda: layers.Dropout("0.5"), r"Dropout: rate must be in \[0, 1\]"),
        (lambda: built(layers.SpatialDropout1D(0.5), (4,)), "SpatialDropout1D expects inputs of 3 axes"),
        (lambda: built(layers.SpatialDropout2D(0.5), (4, 5)), "SpatialDropout2D expects inputs of 4 axes"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.covers("layers.ActivityRegularization")
def test_activity_regularization_adds_to_the_loss():
    x = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    model = Sequential([layers.Input((4,)), layers.ActivityRegularization(l1=0.5, l2=0.25)], backend="numpy")
    model.compile("sgd", "mse")
    expected = (0.5 * np.abs(x).sum() + 0.25 * np.square(x).sum()) / 6
    np.testing.assert_allclose(model.evaluate(x, x, batch_size=6, verbose=0), expected, rtol=1e-5)
    assert (model.predict(x, verbose=0) == x).all()
    copy = layers.ActivityRegularization.from_config(model.layers[0].get_config())
    assert (copy.l1, copy.l2) == (0.5, 0.25)
