"""Normalisation, noise and image layers against Keras's own results, recorded in golden/layers_prep.npz."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, load_model
from tests.helpers import assert_close, from_json, golden, layer_gradients

FILE = golden("layers_prep")
CASES = from_json(FILE, "cases")
BACKEND = "numpy"  # these layers are NumPy, but for the affine maps, which tests/imaging tries on every backend
LIMIT = 1e-5


def cases(kind):
    """The cases of one kind, each marked with what it covers."""
    chosen = [(number, case) for number, case in enumerate(CASES) if case["kind"] == kind]
    return pytest.mark.parametrize(
        "number",
        [
            pytest.param(n, id=f"{n}-{c['class_name']}", marks=pytest.mark.covers(f"layers.{c['class_name']}"))
            for n, c in chosen
        ],
    )


def build(number):
    case = CASES[number]
    layer = getattr(layers, case["class_name"])(**case["kwargs"])
    Sequential([layers.Input(case["input_shape"]), layer], backend=BACKEND)
    return layer


@cases("layer")
def test_output_and_gradients_are_those_of_keras(number):
    case, layer, key = CASES[number], build(number), str(number)
    assert [weight.name.rsplit("/", 1)[-1] for weight in layer.weights] == case["weights"]
    layer.set_weights([FILE[f"{key}/w/{name}"] for name in case["weights"]])
    batch_normalization = case["class_name"] == "BatchNormalization"
    layer.trainable = not batch_normalization  # in inference our moving averages are constants
    dy = FILE[f"{key}/dy"] if f"{key}/dy" in FILE else np.zeros_like(FILE[f"{key}/y"])
    found = layer_gradients(layer, FILE[f"{key}/x"], dy, BACKEND)
    assert_close(found["y"], FILE[f"{key}/y"], LIMIT, "y")
    if f"{key}/dx" in FILE:
        assert_close(found["dx"], FILE[f"{key}/dx"], LIMIT, "dx")
    for name in case["trainable"] if layer.trainable else ():
        assert_close(found[name], FILE[f"{key}/dw/{name}"], LIMIT, name)
    if batch_normalization:
        assert_trains_alike(layer, number)


def assert_trains_alike(layer, number):
    key = f"{number}/training"
    layer.trainable = True
    found = layer_gradients(layer, FILE[f"{number}/x"], FILE[f"{key}/dy"], BACKEND)
    assert_close(found["y"], FILE[f"{key}/y"], LIMIT, "y")
    assert_close(found["dx"], FILE[f"{key}/dx"], LIMIT, "dx")
    for name in CASES[number]["trainable"]:
        assert_close(found[name], FILE[f"{key}/dw/{name}"], LIMIT, name)
    for name in ("moving_mean", "moving_variance"):
        assert_close(getattr(layer, name).numpy(), FILE[f"{key}/w/{name}"], LIMIT, name)


@cases("adapt")
def test_adapted_statistics_are_those_of_keras(number):
    data, key = FILE[f"{number}/data"], str(number)
    layer = layers.Normalization(**CASES[number]["kwargs"])
    layer.adapt(data)
    assert_close(layer.mean, FILE[f"{key}/mean"], LIMIT)
    assert_close(layer.variance, FILE[f"{key}/variance"], LIMIT)
    assert_close(np.asarray(layer(data[:2])), FILE[f"{key}/y"], LIMIT)
    in_batches = layers.Normalization(**CASES[number]["kwargs"])
    in_batches.adapt(iter([(data[:4], None), (data[4:], None)]))
    assert_close(in_batches.variance, FILE[f"{key}/variance"], LIMIT)


def parameters_of(number):
    prefix = f"{number}/p/"
    found = {name[len(prefix) :]: FILE[name] for name in FILE.files if name.startswith(prefix)}
    if "flips" in found:  # Keras throws one coin for both directions
        mode, flips = CASES[number]["kwargs"]["mode"], found["flips"]
        return {"horizontal": flips & (mode != "vertical"), "vertical": flips & (mode != "horizontal")}
    return found


@cases("transform")
def test_images_are_changed_as_keras_changes_them(number):
    case, key = CASES[number], str(number)
    layer, parameters = getattr(layers, case["class_name"])(**case["kwargs"]), parameters_of(number)
    images = FILE[f"{key}/x"]
    assert_close(layer.transform_images(images, parameters), FILE[f"{key}/y"], LIMIT, "y")
    assert_close(layer.transform_images(images[0], parameters_of_first(parameters)), FILE[f"{key}/y"][0], LIMIT, "one")
    assert layer.transform_images(images, parameters, training=False) is images
    if case["gradient"]:
        assert_close(layer.change_gradient(images, parameters, FILE[f"{key}/dy"]), FILE[f"{key}/dx"], LIMIT, "dx")


def parameters_of_first(parameters):
    return {name: value[:1] if value.ndim else value for name, value in parameters.items()}


class Given:
    """Random numbers that were drawn before."""

    def __init__(self, number):
        self.number = number

    def random(self, shape, dtype):
        return FILE[f"{self.number}/uniform"].reshape(shape)

    def standard_normal(self, shape, dtype):
        return FILE[f"{self.number}/normal"].reshape(shape)


@cases("noise")
def test_noise_acts_as_in_keras(number):
    layer, x = build(number), FILE[f"{number}/x"]
    factor, offset = layer.draw(Given(number), x.shape, x.dtype)
    assert_close(x * factor + offset, FILE[f"{number}/y"], LIMIT, "y")
    assert_close(FILE[f"{number}/dy"] * factor, FILE[f"{number}/dx"], LIMIT, "dx")


@cases("spectral")
def test_spectral_normalization_is_that_of_keras(number):
    case, key = CASES[number], str(number)
    wrapped = getattr(layers, case["layer"]["class_name"])(**case["layer"]["kwargs"])
    layer = layers.SpectralNormalization(wrapped, case["power_iterations"])
    Sequential([layers.Input(case["input_shape"]), layer], backend=BACKEND)
    names = {weight.name.rsplit("/", 1)[-1]: weight for weight in layer.weights}
    assert list(names) == case["weights"]
    for name, weight in names.items():
        weight.assign(FILE[f"{key}/w/{name}"])
    found = layer_gradients(layer, FILE[f"{key}/x"], FILE[f"{key}/dy"], BACKEND)
    for name in ("y", "dx"):
        assert_close(found[name], FILE[f"{key}/{name}"], LIMIT, name)
    for name in case["trainable"]:
        assert_close(found[name], FILE[f"{key}/dw/{name}"], LIMIT, name)
    for name, weight in names.items():
        assert_close(weight.numpy(), FILE[f"{key}/after/{name}"], LIMIT, name)


@cases("mixing")
def test_images_and_labels_are_mixed_as_in_keras(number):
    layer, parameters = getattr(layers, CASES[number]["class_name"])(), parameters_of(number)
    assert_close(layer.transform_images(FILE[f"{number}/images"], parameters), FILE[f"{number}/y"], LIMIT)
    labels = layer.transform_labels(FILE[f"{number}/labels"], parameters)
    assert_close(labels, FILE[f"{number}/mixed_labels"], LIMIT)


@pytest.mark.covers("saving.keras")
@pytest.mark.parametrize("number", [n for n, case in enumerate(CASES) if case["kind"] == "file"])
def test_files_of_keras_with_these_layers_are_read_and_written(number, tmp_path):
    stored, x, y = tmp_path / "model.keras", FILE[f"{number}/x"], FILE[f"{number}/y"]
    stored.write_bytes(FILE[f"{number}/file"].tobytes())
    model = load_model(stored)
    assert_close(model.predict(x, verbose=0), y, LIMIT)
    for name in ("copy.keras", "copy.fcnn"):
        model.save(tmp_path / name)
        copy = load_model(tmp_path / name)
        assert (copy.predict(x, verbose=0) == model.predict(x, verbose=0)).all()
        assert [type(layer) for layer in copy.layers] == [type(layer) for layer in model.layers]
        assert copy.get_config() == model.get_config()


def test_the_file_has_cases_of_every_kind():
    assert len(CASES) > 110
    assert {case["kind"] for case in CASES} == {"layer", "adapt", "transform", "noise", "spectral", "mixing", "file"}
