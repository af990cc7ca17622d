"""Layers of several inputs: against Keras's outputs and gradients, in models, and what they refuse."""

import numpy as np
import pytest

from fastcnn import Model, layers, switching
from fastcnn.engine import gradients
from fastcnn.engine.program import Builder
from fastcnn.engine.run import Runner
from fastcnn.kernels import backends
from tests.helpers import BACKENDS, assert_close, from_json, golden

FILE = golden("merging")
CASES = from_json(FILE, "cases")
LIMIT = 1e-5
FUNCTIONS = ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate")

every_case = pytest.mark.parametrize(
    "number",
    [
        pytest.param(i, id=f"{i}-{c['class_name']}", marks=pytest.mark.covers(f"layers.{c['class_name']}"))
        for i, c in enumerate(CASES)
    ],
)


def build(number: int) -> tuple[layers.Layer, list[np.ndarray]]:
    case = CASES[number]
    xs = [FILE[f"{number}/x/{i}"] for i in range(len(case["shapes"]))]
    return getattr(layers, case["class_name"])(**case["kwargs"]), xs


@pytest.mark.parametrize("backend", BACKENDS)
@every_case
def test_layer_predicts_what_keras_predicts(number, backend):
    layer, xs = build(number)
    with switching.use_backend(backend):
        assert_close(layer(xs), FILE[f"{number}/y"], LIMIT)
    assert layer.output_shape == (None, *FILE[f"{number}/y"].shape[1:])


@pytest.mark.parametrize("backend", BACKENDS)
@every_case
def test_gradients_of_a_layer_are_keras_gradients(number, backend):
    layer, xs = build(number)
    layer([layers.Input(x.shape[1:]) for x in xs])
    builder = Builder(2, "float32", True)
    program = builder.program
    tensors = [builder.input(f"x{i}", x.shape[1:], trainable=True) for i, x in enumerate(xs)]
    dy = builder.input("dy", FILE[f"{number}/dy"].shape[1:])
    y = layer.lower(builder, tensors)
    found = {}
    gradients.add_backward_from(builder, y, dy, lambda x, dx: found.update({x.name: dx}))
    program.outputs.update(found)
    runner = Runner(program, backends.load(backend))
    for tensor, value in zip([*tensors, dy], [*xs, FILE[f"{number}/dy"]], strict=True):
        runner.array(tensor, 2)[...] = value
    runner.forward(2)
    runner.backward(2)
    for i in range(len(xs)):
        dx = runner.array(found[f"x{i}"], 2).reshape(xs[i].shape)
        assert_close(dx, FILE[f"{number}/dx/{i}"], LIMIT, f"input {i}")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.covers(*(f"layers.{name}" for name in FUNCTIONS))
def test_function_is_the_layer(name):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4))
    layer = getattr(layers, name.capitalize())
    np.testing.assert_array_equal(getattr(layers, name)([a, b]), layer()([a, b]))
    assert getattr(layers, name)([layers.Input((3, 4)), layers.Input((3, 4))], name=f"my_{name}").shape[0] is None


@pytest.mark.covers("layers.dot")
def test_dot_is_the_layer():
    a = np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32)
    np.testing.assert_allclose(layers.dot([a, a], axes=1, normalize=True), np.ones((2, 1)), rtol=1e-6)


def test_channels_first_images_merge_along_the_channels():
    x = layers.Input((3, 6, 5))
    pools = [layers.MaxPooling2D(data_format="channels_first"), layers.AveragePooling2D(data_format="channels_first")]
    whole = layers.Concatenate(axis=1)([pool(x) for pool in pools])
    gate = layers.Multiply()([whole, layers.Conv2D(6, 1, data_format="channels_first")(whole)])
    images = np.random.default_rng(0).standard_normal((2, 3, 6, 5)).astype(np.float32)
    found = Model(x, whole).predict(images, verbose=0)
    blocks = images[:, :, :, :4].reshape(2, 3, 3, 2, 2, 2)
    expected = np.concatenate([blocks.max(axis=(3, 5)), blocks.mean(axis=(3, 5))], axis=1)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert Model(x, gate).predict(images, verbose=0).shape == (2, 6, 3, 2)


def test_vectors_scale_channels_first_images():
    x = layers.Input((2, 3, 4))
    image = layers.ZeroPadding2D(0, data_format="channels_first")(x)
    row = layers.GlobalMaxPooling2D(data_format="channels_last")(x)
    values = np.arange(48, dtype=np.float32).reshape(2, 2, 3, 4)
    found = Model(x, layers.Multiply()([image, row])).predict(values, verbose=0)
    np.testing.assert_array_equal(found, values * values.max(axis=(1, 2))[:, None, None])


def test_channels_first_sequences_scale_channels_first_images():
    x = layers.Input((2, 3, 4))
    image = layers.ZeroPadding2D(0, data_format="channels_first")(x)
    rows = layers.ZeroPadding1D(0, data_format="channels_first")(
        layers.Reshape((3, 4))(layers.Cropping2D(((1, 0), (0, 0)), data_format="channels_last")(x))
    )
    values = np.arange(48, dtype=np.float32).reshape(2, 2, 3, 4)
    found = Model(x, layers.Multiply()([image, rows])).predict(values, verbose=0)
    np.testing.assert_array_equal(found, values * values[:, 1:])


@pytest.mark.parametrize("inputs", [2, 3])
@pytest.mark.parametrize("name", ["Add", "Multiply", "Maximum", "Concatenate"])
def test_an_input_may_come_twice(name, inputs):
    x = layers.Input((3,))
    hidden = layers.Dense(4)(x)
    model = Model(x, layers.Dense(1)(getattr(layers, name)()([hidden] * inputs)))
    model.compile("adam", "mse")
    rng = np.random.default_rng(0)
    history = model.fit(rng.random((8, 3)), rng.random(8), epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0]


REFUSED = [
    (lambda a, b: layers.Add()([a, layers.Input((3, 5))]), "axes are equal or of size 1"),
    (lambda a, b: layers.Add()(a), "Add expects a list of at least 1 inputs"),
    (lambda a, b: layers.Subtract()([a, b, a]), "Subtract expects a list of exactly 2 inputs"),
    (lambda a, b: layers.Concatenate()([a, layers.Input((4, 4))]), "differ along axis -1 alone"),
    (lambda a, b: layers.Concatenate(axis=0), "axis must be an integer other than 0"),
    (lambda a, b: layers.Concatenate(axis=3)([a, b]), "axis=3 is not behind the batch"),
    (lambda a, b: layers.Dot(axes=(1, 2))([a, b]), "expects axes of one size"),
    (lambda a, b: layers.Dot(axes=0)([a, b]), "not behind the batch"),
    (lambda a, b: layers.Dot(axes="x"), "axes must be one integer or two"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_wrong_inputs_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make(layers.Input((3, 4)), layers.Input((3, 4)))
