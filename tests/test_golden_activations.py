"""Activations, and the layers made of them, against Keras's values and gradients in golden/layers_activation.npz."""

from functools import partial

import numpy as np
import pytest

from fastcnn import Sequential, activations, layers, switching
from fastcnn.ops.tape import differentiate
from tests.helpers import BACKENDS, assert_close, from_json, golden, layer_gradients

FILE = golden("layers_activation")
FUNCTIONS, LAYERS = from_json(FILE, "functions"), from_json(FILE, "layers")
LIMIT = 1e-5  # of the largest value; two roundings of exp and erf in float32 are 1e-6 apart at most

everywhere = pytest.mark.parametrize("backend", BACKENDS)


def cases(kind: str, listed: list[dict], name: str) -> pytest.MarkDecorator:
    """One parameter a case, which proves its row of the compatibility table."""
    made = [
        pytest.param(i, id=f"{i}-{case[name]}", marks=pytest.mark.covers(f"{kind}.{case[name]}"))
        for i, case in enumerate(listed)
    ]
    return pytest.mark.parametrize("number", made)


every_function = cases("activations", FUNCTIONS, "name")
both = pytest.mark.parametrize("kind", ["smooth", "corners"])


def function_of(number: int):
    case = FUNCTIONS[number]
    function = getattr(activations, case["name"])
    return partial(function, **case["kwargs"]) if case["kwargs"] else function


def recorded(number: int, kind: str) -> dict[str, np.ndarray]:
    """Keras's arrays. At a corner, where there is no derivative, three of ours differ on purpose."""
    found = {name: FILE[f"function/{number}/{kind}/{name}"] for name in ("x", "y", "dy", "dx")}
    case, x = FUNCTIONS[number], found["x"]
    if kind == "corners" and case["name"] == "celu":  # Keras adds up the slopes on both sides of 0
        found["dx"] = np.where(x == 0, found["dy"], found["dx"])
    if kind == "corners" and case["kwargs"].get("max_value"):  # at the bound Keras's clip passes the gradient on
        found["dx"] = np.where(x == case["kwargs"]["max_value"], 0, found["dx"])
    return found


@everywhere
@both
@every_function
def test_functions_of_arrays_and_their_gradients(number, kind, backend):
    keras = recorded(number, kind)
    with switching.use_backend(backend):
        assert_close(function_of(number)(keras["x"]), keras["y"], LIMIT, "y")
        value, pullback = differentiate(function_of(number), [keras["x"]])
        (dx,) = pullback(keras["dy"])
    assert_close(value, keras["y"], LIMIT, "y")
    assert_close(dx, keras["dx"], LIMIT, "dx")


@everywhere
@both
@every_function
def test_functions_as_layers(number, kind, backend):
    keras = recorded(number, kind)
    model = Sequential([layers.Input(keras["x"].shape[1:]), layers.Activation(function_of(number))], backend=backend)
    assert model.output_shape == (None, *keras["y"].shape[1:])
    found = layer_gradients(model.layers[0], keras["x"], keras["dy"], backend)
    assert_close(found["y"], keras["y"], LIMIT, "y")
    assert_close(found["dx"], keras["dx"], LIMIT, "dx")


@everywhere
@cases("layers", LAYERS, "class_name")
def test_layers(number, backend):
    case, of = LAYERS[number], {n.split("/")[-1]: FILE[n] for n in FILE.files if n.startswith(f"layer/{number}/")}
    layer = getattr(layers, case["class_name"])(**case["kwargs"])
    model = Sequential([layers.Input(case["input_shape"]), layer], backend=backend)
    assert [weight.name.rsplit("/", 1)[-1] for weight in layer.weights] == case["weights"]
    if layer.weights:
        layer.set_weights([of["w"]])
    assert_close(model.predict(of["x"], verbose=0), of["y"], LIMIT, "prediction")
    found = layer_gradients(layer, of["x"], of["dy"], backend)
    assert_close(found["y"], of["y"], LIMIT, "y")
    assert_close(found["dx"], of["dx"], LIMIT, "dx")
    if layer.weights:
        assert_close(found["alpha"], of["dw"], LIMIT, "alpha")
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_every_activation_of_keras_is_there():
    names = {case["name"] for case in FUNCTIONS} | {"sparsemax"}  # Keras's own does not add up to 1
    assert names == set(activations.__all__) - {
        *("deserialize", "emit", "emit_as_kernels", "get", "is_elementwise", "lower", "serialize", "shape_of"),
        *("swish", "hard_swish", "hard_sigmoid_keras2"),
    }
    assert 2 * len(FUNCTIONS) + len(LAYERS) > 100
