"""ONNX files: checked by onnx, and run by ONNX Runtime against our own predictions."""

import builtins

import numpy as np
import onnxruntime
import pytest

from fastcnn import Model, Sequential, layers
from fastcnn.utils import set_random_seed

pytestmark = pytest.mark.covers("Model.export", "saving.onnx")
SHAPE = (12, 10, 3)
CURVES = ("selu", "exponential", "softplus", "softsign", "silu", "gelu", "mish", "hard_sigmoid", "hard_silu", "celu")


def chain(*body: layers.Layer, shape: tuple = SHAPE) -> Sequential:
    set_random_seed(4)
    return Sequential([layers.Input(shape), *body])


def residual() -> Model:
    x = layers.Input(SHAPE)
    y = layers.Conv2D(8, 3, padding="same", activation="relu")(x)
    z = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(layers.BatchNormalization()(y))
    z = layers.Conv2D(8, 1)(z)
    joined = layers.Concatenate()([layers.Add()([y, z]), layers.Multiply()([y, z]), x])
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(joined)
    gated = layers.Multiply()([joined, layers.Dense(19, activation="sigmoid")(pooled)])
    return Model(x, layers.Dense(4, activation="softmax")(layers.Flatten()(gated)))


MODELS = {
    "tutorial": lambda: chain(
        layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(1, "sigmoid")
    ),
    "same, strides, dilation, groups": lambda: chain(
        layers.Conv2D(6, 3, strides=2, padding="same"),
        layers.Conv2D(6, (3, 2), dilation_rate=2, padding="same", groups=3, activation="tanh"),
        layers.AveragePooling2D(2, padding="same"),
    ),
    "batch normalisation": lambda: chain(
        layers.Rescaling(1 / 127.5, -1), layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(6.0)
    ),
    "separable": lambda: chain(layers.SeparableConv2D(5, 3, padding="same"), layers.LeakyReLU(0.1)),
    "transposed": lambda: chain(
        layers.Conv2DTranspose(4, 3, strides=2, padding="same"), layers.Conv2DTranspose(2, 4, strides=(2, 3))
    ),
    "residual": residual,
    "moved": lambda: chain(
        layers.ZeroPadding2D(((1, 0), (2, 3))),
        layers.Cropping2D(1),
        layers.UpSampling2D(2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Permute((2, 3, 1)),
        layers.Reshape((-1, 6)),
    ),
    "channels first": lambda: chain(
        layers.Conv2D(4, 3, data_format="channels_first"),
        layers.MaxPooling2D(data_format="channels_first"),
        shape=(3, 12, 10),
    ),
    "sequence": lambda: chain(layers.Conv1D(4, 3, padding="causal"), layers.GlobalMaxPooling1D(), shape=(9, 2)),
    "elu, dropout": lambda: chain(layers.Dense(3, "elu"), layers.Dropout(0.5), layers.Softmax()),
    "relu of all kinds": lambda: chain(layers.ReLU(4.0, 0.2, 0.5), layers.Dense(2, "relu6")),
    "resized": lambda: chain(
        layers.Resizing(9, 14, interpolation="bicubic"),
        layers.Resizing(6, 6, pad_to_aspect_ratio=True, fill_value=2.0),
        layers.Resizing(5, 4, crop_to_aspect_ratio=True, antialias=True),
        layers.CenterCrop(3, 4),
        layers.RandomFlip(),
        layers.GaussianNoise(0.3),
    ),
    "standardised": lambda: chain(
        layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0]),
        layers.Conv2D(4, 3),
        layers.LayerNormalization(),
        layers.LayerNormalization(axis=(1, 2), scale=False),
        layers.Conv2D(4, 3),
        layers.GroupNormalization(2, center=False),
        layers.UnitNormalization(),
        layers.BatchNormalization(axis=1),
        layers.SpectralNormalization(layers.Conv2D(2, 1)),
    ),
    **{f"activation {name}": lambda name=name: chain(layers.Activation(name)) for name in CURVES},
}


@pytest.mark.parametrize("name", MODELS)
def test_onnx_runtime_predicts_what_the_model_predicts(name, tmp_path):
    model, rng = MODELS[name](), np.random.default_rng(1)
    model.set_weights([w + 0.1 * rng.random(w.shape) for w in model.get_weights()])
    model.export(tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    for size in (1, 5):
        x = rng.standard_normal((size, *model.input_shape[1:])).astype("float32")
        (found,) = session.run(None, {"input": x})
        np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def test_several_outputs_have_names(tmp_path):
    model = residual()
    Model(model.input, [model.layers[1].output, model.output]).export(tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["output_0", "output_1"]


class Squared(layers.Layer):
    def call(self, x):
        return x * x


@pytest.mark.parametrize(
    ("export", "message"),
    [
        (lambda folder: chain(Squared(name="own")).export(folder / "m.onnx"), r"layer 'own' \(Squared\) cannot"),
        (lambda folder: chain(layers.Activation("sparse_plus")).export(folder / "m.onnx"), "no operator in ONNX"),
        (lambda folder: chain(layers.Dense(2)).export(folder / "m.pb"), "a name that ends in '.onnx'"),
        (lambda folder: chain(layers.Dense(2)).export(folder / "m", format="tf_saved_model"), "only ONNX is written"),
        (lambda folder: chain(layers.Dense(2)).export(folder / "m.onnx", input_signature=[1]), "leave input_signature"),
        (lambda folder: Sequential([layers.Dense(2)]).export(folder / "m.onnx"), "no weights yet"),
    ],
)
def test_what_cannot_be_exported_is_said_and_nothing_written(export, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        export(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_missing_package_is_named(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "onnx":
            raise ImportError("No module named 'onnx'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"pip install 'fastcnn\[onnx\]'"):
        chain(layers.Dense(2)).export(tmp_path / "m.onnx")
