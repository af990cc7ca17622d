"""Layers with windows, poolings and reshaping layers against Keras's, recorded in golden/layers_windows.npz."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, layers, optimizers
from tests.golden import unet
from tests.helpers import BACKENDS, assert_close, from_json, golden, layer_gradients

FILE = golden("layers_windows")
CASES = from_json(FILE, "cases")
LIMIT = 1e-5

everywhere = pytest.mark.parametrize("backend", BACKENDS)
every_case = pytest.mark.parametrize(
    "number",
    [
        pytest.param(i, id=f"{i}-{c['class_name']}", marks=pytest.mark.covers(f"layers.{c['class_name']}"))
        for i, c in enumerate(CASES)
    ],
)


def build(number: int, backend: str) -> Sequential:
    case = CASES[number]
    layer = getattr(layers, case["class_name"])(**case["kwargs"])
    model = Sequential([layers.Input(case["input_shape"]), layer], backend=backend)
    assert [weight.name.rsplit("/", 1)[-1] for weight in layer.weights] == case["weights"]
    layer.set_weights([FILE[f"{number}/w/{name}"] for name in case["weights"]])
    return model


@everywhere
@every_case
def test_layer_predicts_what_keras_predicts(number, backend):
    found = build(number, backend).predict(FILE[f"{number}/x"], verbose=0)
    assert_close(found, FILE[f"{number}/y"], LIMIT)


@everywhere
@every_case
def test_gradients_of_a_layer_are_keras_gradients(number, backend):
    layer, dy = build(number, backend).layers[0], FILE[f"{number}/dy"]
    found = layer_gradients(layer, FILE[f"{number}/x"], dy, backend)
    assert_close(found["y"], FILE[f"{number}/y"], LIMIT, "y")
    assert_close(found["dx"], FILE[f"{number}/dx"], LIMIT, "dx")
    for name in CASES[number]["trainable"]:
        assert_close(found[name], FILE[f"{number}/dw/{name}"], LIMIT, name)


@everywhere
@pytest.mark.covers("Model.fit", "layers.Concatenate", "layers.Multiply", "layers.Maximum", "layers.Conv2DTranspose")
def test_network_with_branches_trains_as_keras_trains_it(backend):
    model = unet.build(layers, Model, backend=backend)
    model.set_weights(unet.weights(model.get_weights()))
    model.compile(optimizers.SGD(0.05, momentum=0.9), "binary_crossentropy")
    x, y = unet.photos()
    losses = model.fit(x, y, **unet.FIT).history["loss"]
    np.testing.assert_allclose(losses, FILE["unet/losses"], rtol=1e-5)
    assert_close(model.predict(x[:4], verbose=0), FILE["unet/predict"], 1e-4)


def test_every_case_is_there():
    assert len(CASES) > 120
