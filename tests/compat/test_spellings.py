"""What earlier versions wrote, as whole calls: layers, models and modules do what the present spelling does."""

import warnings

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, layers, models
from fastcnn.preprocessing.image import ImageDataGenerator

covers = pytest.mark.covers
X, Y = np.random.default_rng(0).random((10, 4, 4, 1), "f4"), np.arange(10) % 2
pytestmark = pytest.mark.filterwarnings("ignore::fastcnn.LegacySpellingWarning")


def network() -> Sequential:
    model = Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


@covers("layers.Input", "layers.InputLayer")
def test_input_comes_first_and_is_no_layer_of_a_sequential():
    for first in (layers.Input((4, 4, 1)), layers.Input(batch_shape=(None, 4, 4, 1)), layers.InputLayer((4, 4, 1))):
        model = Sequential([first, layers.Flatten(name="flat"), layers.Dense(2)])
        assert (model.built, model.input_shape) == (True, (None, 4, 4, 1))
        assert model.layers[0].name == model.get_layer(index=0).name == "flat"
    x = layers.Input(shape=(3,), batch_size=8, dtype="float32", name="photo")
    assert (x.shape, x.name, models.Model(x, layers.Dense(1)(x)).layers[0].name) == ((None, 3), "photo", "photo")
    assert len(network().predict(X[:3], verbose=0)) == 3


@covers("layers.Input")
@pytest.mark.parametrize("options", [{"sparse": True}, {"ragged": True}, {}])
def test_inputs_of_other_kinds_are_refused(options):
    with pytest.raises(ValueError, match=r"^Input: "):
        layers.Input(**({"shape": (3,)} | options if options else {}))


@covers("legacy.arguments.batch_input_shape")
def test_batch_input_shape_is_the_shape_of_the_input():
    model = Sequential([layers.Dense(2, batch_input_shape=(None, 3))])
    assert (model.input_shape, model.count_params()) == ((None, 3), 8)


@covers("legacy.arguments.mode")
def test_batch_normalization_has_one_mode():
    assert layers.BatchNormalization(mode=0, axis=-1).axis == -1
    with pytest.raises(TypeError, match="only mode=0, per channel"):
        layers.BatchNormalization(mode=1)


@covers("legacy.arguments.output_shape", "legacy.names.Deconvolution2D")
def test_deconvolution_finds_its_output_shape_itself():
    old = layers.Deconvolution2D(3, 2, 2, output_shape=(None, 8, 8, 3), subsample=(2, 2), input_shape=(4, 4, 1))
    assert Sequential([old]).output_shape == (None, 8, 8, 3)


@covers("legacy.arguments.padding_dict")
def test_padding_by_the_sides_names():
    old = layers.ZeroPadding2D(padding={"top_pad": 1, "bottom_pad": 0, "left_pad": 2, "right_pad": 3})
    y = Sequential([layers.Input((4, 4, 1)), old]).predict(X, verbose=0)
    np.testing.assert_array_equal(y, np.pad(X, ((0, 0), (1, 0), (2, 3), (0, 0))))


@covers("legacy.arguments.nb_worker", "legacy.arguments.max_q_size", "legacy.arguments.pickle_safe")
def test_words_for_workers_are_taken_by_the_generator_methods():
    model = network()
    flow = ImageDataGenerator().flow(X, Y, batch_size=5, shuffle=False)
    words = {"nb_worker": 1, "max_q_size": 10, "pickle_safe": False}
    history = model.fit_generator(flow, samples_per_epoch=10, nb_epoch=2, verbose=0, **words)
    assert len(history.history["loss"]) == 2
    assert model.evaluate_generator(flow, val_samples=10, **words) == pytest.approx(model.evaluate(X, Y, verbose=0))
    assert model.predict_generator(flow, val_samples=10, **words).shape == (10, 1)


@covers("legacy.names.nonneg", "legacy.names.unitnorm")
def test_constraints_of_keras_1():
    kernel = np.array([[3.0, -1.0], [4.0, 2.0]], "f4")
    np.testing.assert_array_equal(fastcnn.constraints.nonneg()(kernel), np.maximum(kernel, 0))
    np.testing.assert_allclose(np.linalg.norm(fastcnn.constraints.unitnorm()(kernel), axis=0), 1, rtol=1e-6)


@covers("trap.9")
def test_hidden_folders_are_no_classes_to_either_reader(tmp_path):
    for name in ("cats", "dogs", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir()
        fastcnn.utils.save_img(tmp_path / name / "1.png", np.zeros((4, 4, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flow = ImageDataGenerator().flow_from_directory(tmp_path, target_size=(4, 4))
        dataset = fastcnn.utils.image_dataset_from_directory(tmp_path, image_size=(4, 4))
    assert flow.class_indices == {"cats": 0, "dogs": 1}
    assert dataset.class_names == ["cats", "dogs"]
