"""Layers that hold layers, and layers that mix labels along with images."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.models import clone_model
from fastcnn.saving.objects import serialize_object
from tests.helpers import BACKENDS

RNG = np.random.default_rng(3)
IMAGES = RNG.uniform(0, 1, (8, 6, 7, 3)).astype(np.float32)
LABELS = np.eye(4, dtype=np.float32)[RNG.integers(0, 4, 8)]
everywhere = pytest.mark.parametrize("backend", BACKENDS)


@pytest.mark.covers("layers.SpectralNormalization")
@everywhere
def test_kernels_are_kept_at_singular_value_1_in_training_alone(backend):
    np.random.seed(2)
    dense = layers.Dense(4, kernel_initializer="he_normal")
    some = [layers.SpectralNormalization(layers.Conv2D(5, 3), 2), layers.Flatten()]
    model = Sequential(
        [layers.Input(IMAGES.shape[1:]), *some, layers.SpectralNormalization(dense, 50)], backend=backend
    )
    model.compile("sgd", "mse")
    before = dense.kernel.numpy()
    first = model.predict(IMAGES, verbose=0)
    assert (dense.kernel.numpy() == before).all()
    model.optimizer.learning_rate = 0.0
    model.fit(IMAGES, LABELS, epochs=1, verbose=0)
    assert np.linalg.norm(dense.kernel.numpy(), 2) == pytest.approx(1, rel=1e-3)
    np.testing.assert_allclose(dense.kernel.numpy() * np.linalg.norm(before, 2), before, rtol=1e-3, atol=1e-6)
    assert (model.predict(IMAGES, verbose=0) != first).any()
    names = [weight.name.rsplit("/", 1)[-1] for weight in model.weights]
    assert names == ["kernel", "vector_u", "bias"] * 2


@pytest.mark.covers("layers.SpectralNormalization")
def test_backends_train_spectral_layers_alike():
    def trained(backend):
        np.random.seed(2)
        wrapped = [layers.Conv2D(5, 3, activation="relu"), layers.Dense(4)]
        first, last = (layers.SpectralNormalization(layer) for layer in wrapped)
        model = Sequential([layers.Input(IMAGES.shape[1:]), first, layers.Flatten(), last], backend=backend)
        model.compile("sgd", "mse")
        return model.fit(IMAGES, LABELS, epochs=3, batch_size=3, verbose=0, shuffle=False).history["loss"]

    for backend in BACKENDS:
        np.testing.assert_allclose(trained(backend), trained("numpy"), rtol=1e-4)


@pytest.mark.covers("layers.Pipeline")
def test_a_pipeline_runs_its_layers_in_order():
    pipeline = layers.Pipeline([layers.Rescaling(2.0), layers.RandomFlip("horizontal", seed=1), layers.Rescaling(1, 1)])
    assert (np.asarray(pipeline(IMAGES, training=False)) == IMAGES * 2 + 1).all()
    changed = np.asarray(pipeline(IMAGES))
    assert (changed != IMAGES * 2 + 1).any()
    np.testing.assert_array_equal(np.sort(changed.ravel()), np.sort((IMAGES * 2 + 1).ravel()))
    model = Sequential([layers.Input(IMAGES.shape[1:]), pipeline])
    for one in (model, clone_model(model)):
        assert (one.predict(IMAGES, verbose=0) == IMAGES * 2 + 1).all()


@pytest.mark.covers("layers.Pipeline", "layers.MixUp")
def test_a_pipeline_takes_images_with_labels():
    pipeline = layers.Pipeline([layers.RandomFlip(), layers.MixUp()])
    found = pipeline({"images": IMAGES, "labels": LABELS})
    assert found["images"].shape == IMAGES.shape
    np.testing.assert_allclose(found["labels"].sum(axis=1), 1, rtol=1e-6)


@pytest.mark.covers("layers.MixUp")
def test_mix_up_weighs_two_images_and_their_labels():
    layer = layers.MixUp(alpha=1.0, seed=3)
    found = layer.get_random_transformation(IMAGES, seed=1)
    weight, other = found["mix_weight"], found["permutation_order"]
    expected = weight[:, None] * LABELS + (1 - weight[:, None]) * LABELS[other]
    np.testing.assert_allclose(layer.transform_labels(LABELS, found), expected, rtol=1e-5)
    many = layer.draw(np.random.default_rng(0), (20000, 1, 1, 1))["mix_weight"]
    assert many.mean() == pytest.approx(0.5, abs=0.02)
    assert many.var() == pytest.approx(1 / 12, abs=0.01)


@pytest.mark.covers("layers.CutMix")
def test_cut_mix_counts_labels_by_area():
    layer = layers.CutMix(seed=3)
    found = layer.draw(np.random.default_rng(0), (200, 40, 30, 3))
    area = found["batch_masks"].mean(axis=(1, 2, 3))
    np.testing.assert_allclose(1 - area, found["mix_weight"], atol=0.1)
    mixed = layer({"images": IMAGES, "labels": LABELS})
    assert set(np.unique(mixed["images"])) <= set(np.unique(IMAGES))
    assert (layer({"images": IMAGES, "labels": LABELS})["images"] != mixed["images"]).any()
    again = layers.CutMix(seed=3)({"images": IMAGES, "labels": LABELS})
    assert (mixed["labels"] == again["labels"]).all()


@pytest.mark.parametrize("make", [layers.MixUp, layers.CutMix])
def test_labels_cannot_be_mixed_inside_a_model(make):
    model = Sequential([layers.Input(IMAGES.shape[1:]), make(), layers.Flatten(), layers.Dense(4)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="the labels must be mixed too"):
        model.fit(IMAGES, LABELS, verbose=0)
    assert model.predict(IMAGES, verbose=0).shape == (8, 4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.SpectralNormalization(3), TypeError, "expected a layer. Received: 3"),
        (lambda: layers.SpectralNormalization(layers.Dense(2), 0), ValueError, "power_iterations must be an integer"),
        (lambda: layers.SpectralNormalization(layers.Flatten())(IMAGES), ValueError, "has no kernel; wrap Dense"),
        (lambda: layers.Pipeline([layers.Flatten(), 3]), TypeError, "expected a list of layers. Received: 3"),
        (lambda: layers.MixUp(alpha=0), ValueError, "alpha must be positive"),
        (lambda: layers.CutMix(2), ValueError, "CutMix: factor must be a number or two"),
        (lambda: layers.MixUp()({"images": IMAGES, "labels": np.arange(8)}), ValueError, "labels must be one-hot"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("layer", "missing"),
    [
        (layers.Pipeline([layers.Rescaling(2.0)]), ("trainable", "dtype")),
        (layers.SpectralNormalization(layers.Dense(3)), ()),
        (layers.Equalization(), ("seed",)),
        (layers.AutoContrast(), ("seed",)),
    ],
)
def test_files_hold_no_arguments_that_these_layers_lack_in_keras(layer, missing):
    config = serialize_object(layer)["config"]
    assert not set(missing) & set(config)
    assert type(layer).from_config(config).name == layer.name
