"""Every layer against Keras's own outputs and gradients, recorded in golden/layers.npz."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from tests.helpers import BACKENDS, assert_close, from_json, golden, layer_gradients

FILE = golden("layers")
CASES = from_json(FILE, "cases")
# Two float32 results of the same sum of at most 300 terms differ by a random walk of roundings: 2 units in the last
# place (1.2e-7 each) times the root of the terms. The NumPy reference is off by 4e-7 at most.
LIMIT = 2 * 1.2e-7 * 300**0.5
NAMES = [f"{i}-{case['class_name']}{'-kinks' if case['kinks'] else ''}" for i, case in enumerate(CASES)]


def build(number: int, backend: str) -> Sequential:
    case = CASES[number]
    layer = getattr(layers, case["class_name"])(**case["kwargs"])
    model = Sequential([layers.Input(case["input_shape"]), layer], backend=backend)
    assert [weight.name.rsplit("/", 1)[-1] for weight in layer.weights] == case["weights"]
    layer.set_weights([FILE[f"{number}/w/{name}"] for name in case["weights"]])
    return model


def runs(numbers):
    def case(number):
        return pytest.param(number, id=NAMES[number], marks=pytest.mark.covers(f"layers.{CASES[number]['class_name']}"))

    return pytest.mark.parametrize("number", [case(i) for i in numbers])


everywhere = pytest.mark.parametrize("backend", BACKENDS)
ALL = list(range(len(CASES)))
NORMALIZATIONS = [i for i in ALL if CASES[i]["class_name"] == "BatchNormalization"]


def expected_dx(number: int, dy: np.ndarray) -> np.ndarray:
    """Keras's gradient, but for three deliberate differences, all at points where there is no derivative."""
    case, dx = CASES[number], FILE[f"{number}/dx"]
    if not case["kinks"]:
        return dx
    x, top = FILE[f"{number}/x"], case["kwargs"].get("max_value")
    if case["class_name"] == "GlobalMaxPooling2D":  # Keras shares among equal maxima, the contract names the first
        flat, dx = x.reshape(len(x), -1, x.shape[-1]), np.zeros_like(x)
        np.put_along_axis(dx.reshape(flat.shape), flat.argmax(axis=1)[:, None], dy[:, None], axis=1)
    elif top not in (None, 6.0):  # at the bound TensorFlow's clip passes the gradient on, its relu6 does not
        dx = np.where(x == top, 0, dx)
    threshold, slope = case["kwargs"].get("threshold"), case["kwargs"].get("negative_slope")
    if threshold and slope:  # on the threshold TensorFlow gives 0, but the slope for leaky_relu; ours is the slope
        dx = np.where(x == threshold, np.float32(slope) * dy, dx)
    return dx


@everywhere
@runs(ALL)
def test_layer_predicts_what_keras_predicts(number, backend):
    model = build(number, backend)
    assert_close(model.predict(FILE[f"{number}/x"], verbose=0), FILE[f"{number}/y"], LIMIT)


@everywhere
@runs(ALL)
def test_gradients_of_a_layer_are_keras_gradients(number, backend):
    layer, case = build(number, backend).layers[0], CASES[number]
    if case["class_name"] == "BatchNormalization":
        layer.trainable = False  # with moving averages our weights are fixed, so only dx exists
    dy = FILE[f"{number}/dy"]
    training = case["class_name"] != "Dropout"  # the file holds gradients of prediction
    found = layer_gradients(layer, FILE[f"{number}/x"], dy, backend, training)
    assert_close(found["y"], FILE[f"{number}/y"], LIMIT, "y")
    assert_close(found["dx"], expected_dx(number, dy), LIMIT, "dx")
    for name in case["trainable"] if layer.trainable else ():
        assert_close(found[name], FILE[f"{number}/dw/{name}"], LIMIT, name)


@everywhere
@runs(NORMALIZATIONS)
def test_batch_normalization_trains_as_keras_does(number, backend):
    layer, key = build(number, backend).layers[0], f"{number}/training"
    found = layer_gradients(layer, FILE[f"{number}/x"], FILE[f"{key}/dy"], backend)
    assert_close(found["y"], FILE[f"{key}/y"], LIMIT, "y")
    assert_close(found["dx"], FILE[f"{key}/dx"], LIMIT, "dx")
    for name in CASES[number]["trainable"]:
        assert_close(found[name], FILE[f"{key}/dw/{name}"], LIMIT, name)
    for name in ("moving_mean", "moving_variance"):
        assert_close(getattr(layer, name).numpy(), FILE[f"{key}/w/{name}"], LIMIT, name)


def test_there_are_cases():
    assert len(ALL) > 100
