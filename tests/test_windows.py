"""Layers with windows and layers that move values: what the golden files cannot say."""

from itertools import pairwise

import numpy as np
import pytest

from fastcnn import Sequential, layers, ops, optimizers
from fastcnn.engine.program import Builder
from fastcnn.imaging.taps import axis_taps
from fastcnn.layers import Layer
from tests.helpers import BACKENDS, layer_gradients

RNG = np.random.default_rng(0)


def built(layer: Layer, *shape: int) -> Layer:
    Sequential([layers.Input(shape), layer])
    layer.set_weights([RNG.standard_normal(w.shape) for w in layer.weights])
    return layer


# --- locally connected: Keras 3 has none, so loops say what it is ---------------------------------------------------


def locally_connected(x, kernel, bias, size, strides):
    """The definition, in loops: x (N, H, W, C), kernel (OH OW, KH KW C, F), bias (OH, OW, F)."""
    y = np.empty((len(x), *bias.shape))
    for place, (i, j) in enumerate(np.ndindex(bias.shape[:2])):
        rows, cols = i * strides[0], j * strides[1]
        window = x[:, rows : rows + size[0], cols : cols + size[1]].reshape(len(x), -1)
        y[:, i, j] = window @ kernel[place] + bias[i, j]
    return y


@pytest.mark.covers("layers.LocallyConnected2D")
@pytest.mark.parametrize(("size", "strides"), [((3, 3), (1, 1)), ((2, 3), (2, 1)), ((1, 2), (1, 3)), ((5, 6), (1, 1))])
def test_locally_connected_is_a_product_at_each_place(size, strides):
    layer = built(layers.LocallyConnected2D(4, size, strides, activation="relu", dtype="float64"), 5, 6, 2)
    x = RNG.standard_normal((3, 5, 6, 2))
    expected = locally_connected(x, *layer.get_weights(), size, strides)
    np.testing.assert_allclose(layer(x), np.maximum(expected, 0), rtol=1e-12, atol=1e-12)


@pytest.mark.covers("layers.LocallyConnected1D")
def test_locally_connected_sequence_is_a_product_at_each_step():
    layer = built(layers.LocallyConnected1D(4, 3, strides=2, dtype="float64"), 8, 2)
    kernel, bias = layer.get_weights()
    assert (kernel.shape, bias.shape) == ((3, 6, 4), (3, 4))
    x = RNG.standard_normal((3, 8, 2))
    expected = locally_connected(x[:, None], kernel, bias[None], (1, 3), (1, 2))[:, 0]
    np.testing.assert_allclose(layer(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.covers("layers.LocallyConnected1D", "layers.LocallyConnected2D")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("use_bias", [True, False])
def test_gradients_of_locally_connected_are_differences(backend, use_bias):
    layer = built(layers.LocallyConnected2D(3, 2, (1, 2), use_bias=use_bias, dtype="float64"), 4, 5, 2)
    x, dy = RNG.standard_normal((2, 4, 5, 2)), RNG.standard_normal((2, 3, 2, 3))
    found = layer_gradients(layer, x, dy, backend)
    values = {"dx": x, "kernel": layer.kernel.numpy()} | ({"bias": layer.bias.numpy()} if use_bias else {})
    for name, value in values.items():
        way = RNG.standard_normal(value.shape)
        sides = []
        for step in (1e-4, -1e-4):
            moved = {**values, name: value + step * way}
            layer.set_weights([moved[w] for w in ("kernel", "bias") if w in moved])
            sides.append(float((np.asarray(layer(moved["dx"])) * dy).sum()))
        layer.set_weights([values[w] for w in ("kernel", "bias") if w in values])
        assert (found[name] * way).sum() == pytest.approx((sides[0] - sides[1]) / 2e-4, rel=1e-7), name


# --- sequences and transposed convolutions --------------------------------------------------------------------------


@pytest.mark.covers("layers.Conv1D")
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_causal_convolution_does_not_see_later_steps(dilation):
    layer = built(layers.Conv1D(3, 3, padding="causal", dilation_rate=dilation), 9, 2)
    x = RNG.standard_normal((1, 9, 2)).astype(np.float32)
    later = x.copy()
    later[:, 5:] += 1
    np.testing.assert_array_equal(layer(x)[:, :5], layer(later)[:, :5])
    assert (layer(x)[:, 5] != layer(later)[:, 5]).any()


def test_sequences_have_the_fused_kernels_of_images():
    model = Sequential([layers.Input((9, 2)), layers.Conv1D(3, 2, activation="relu"), layers.MaxPooling1D(2)])
    builder = Builder(2, "float32", training=True)
    model.lower(builder, builder.input("x", (9, 2)))
    chain = builder.program.ops
    assert [op.kernel for op in chain] == ["conv2d_forward", "bias_forward", "relu_forward", "maxpool2d_forward"]
    assert all(op.args["x"] is before.args["y"] for before, op in pairwise(chain))


@pytest.mark.covers("layers.Conv1D")
def test_activation_of_a_sequence_sees_a_sequence():
    linear, layer = layers.Conv1D(3, 2), layers.Conv1D(3, 2, activation=lambda x: ops.softmax(x, axis=1))
    x = RNG.standard_normal((2, 5, 2)).astype(np.float32)
    built(layer, 5, 2).set_weights(built(linear, 5, 2).get_weights())
    np.testing.assert_allclose(layer(x), ops.softmax(linear(x), axis=1), rtol=1e-5)


@pytest.mark.covers("layers.DepthwiseConv2D", "layers.SeparableConv2D")
@pytest.mark.parametrize("backend", BACKENDS)
def test_depthwise_strides_may_differ(backend):
    """TensorFlow refuses them; a grouped convolution says what they mean."""
    layer = built(layers.DepthwiseConv2D(3, strides=(2, 1), depth_multiplier=2, use_bias=False), 7, 8, 3)
    grouped = built(layers.Conv2D(6, 3, strides=(2, 1), groups=3, use_bias=False), 7, 8, 3)
    grouped.set_weights([layer.get_weights()[0].reshape(3, 3, 1, 6)])
    x, dy = RNG.standard_normal((2, 7, 8, 3)).astype("f"), RNG.standard_normal((2, 3, 6, 6)).astype("f")
    found, expected = (layer_gradients(one, x, dy, backend) for one in (layer, grouped))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name].reshape(value.shape), value, rtol=1e-4, atol=1e-4, err_msg=name)


def autoencoder(backend: str) -> Sequential:
    """Every new kind of op next to those that fuse with others."""
    model = Sequential(
        [
            layers.Input((8, 10, 2)),
            layers.ZeroPadding2D(((1, 0), (0, 1))),
            layers.Conv2D(6, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2DTranspose(5, 3, strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(4, 3),
            layers.MaxPooling2D(),
            layers.UpSampling2D(interpolation="bilinear"),
            layers.UpSampling2D((1, 2)),
            layers.Cropping2D(1),
            layers.Reshape((-1, 4)),
            layers.Conv1D(6, 3, padding="causal", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1DTranspose(3, 4, strides=2),
            layers.Permute((2, 1)),
            layers.AdaptiveMaxPooling1D(3),
            layers.AveragePooling1D(2),
            layers.Flatten(),
            layers.RepeatVector(2),
            layers.GlobalAveragePooling1D(),
        ],
        backend=backend,
    )
    model.compile("sgd", "mse")
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()[:-1]] + [np.zeros(3)])
    return model


def test_a_network_of_all_of_them_trains_alike_on_every_backend():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((10, 8, 10, 2)), rng.standard_normal((10, *autoencoder("numpy").output_shape[1:]))
    losses, weights = {}, {}
    for backend in BACKENDS:
        model = autoencoder(backend)
        losses[backend] = model.fit(x, y, batch_size=4, epochs=4, shuffle=False, verbose=0).history["loss"]
        weights[backend] = model.get_weights()
    assert losses["numpy"][-1] < losses["numpy"][0]
    for backend in BACKENDS:
        np.testing.assert_allclose(losses[backend], losses["numpy"], rtol=1e-4)
        for found, expected in zip(weights[backend], weights["numpy"], strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.covers("layers.Conv2DTranspose")
def test_transposed_convolutions_train_by_winograds_algorithm_too():
    """Large enough for it to be chosen where it is offered, forward and backward."""
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((8, 12, 12, 8)), rng.standard_normal((8, 64))
    changes = {}
    for backend in BACKENDS:
        up = [layers.Conv2DTranspose(64, 3, padding="same", activation="relu"), layers.Conv2DTranspose(64, 3)]
        shape = [layers.Input((12, 12, 8)), layers.Conv2D(64, 1), *up, layers.GlobalAveragePooling2D()]
        model = Sequential(shape, backend=backend)
        model.compile(optimizers.SGD(0.5), "mse")
        before = [np.random.default_rng(4).standard_normal(w.shape) * 0.05 for w in model.get_weights()]
        model.set_weights(before)
        model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0)
        changes[backend] = [after - start for after, start in zip(model.get_weights(), before, strict=True)]
    for backend in BACKENDS:
        for found, expected in zip(changes[backend], changes["numpy"], strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@pytest.mark.covers("layers.UpSampling2D")
@pytest.mark.parametrize("interpolation", ["bilinear", "lanczos5"])
def test_large_images_are_enlarged_as_small_ones(interpolation):
    """Large ones are cut into blocks; the definition is a weight for each pair of pixels."""
    layer = layers.UpSampling2D((2, 3), interpolation=interpolation)
    x, dy = RNG.standard_normal((2, 45, 70, 3)), RNG.standard_normal((2, 90, 210, 3))
    found = layer_gradients(built(layer, 45, 70, 3), x, dy, "numpy")
    rows, cols = axis_taps(45, 90, interpolation).matrix(45), axis_taps(70, 210, interpolation).matrix(70)
    np.testing.assert_allclose(found["y"], np.einsum("ah,bw,nhwc->nabc", rows, cols, x), atol=1e-12)
    np.testing.assert_allclose(found["dx"], np.einsum("ah,bw,nabc->nhwc", rows, cols, dy), atol=1e-12)


# --- channels_first -------------------------------------------------------------------------------------------------

IMAGES = {
    "Conv2D": (3, 2),
    "DepthwiseConv2D": (2,),
    "SeparableConv2D": (3, 2),
    "Conv2DTranspose": (3, 2),
    "LocallyConnected2D": (3, 2),
    "MaxPooling2D": (),
    "AveragePooling2D": (),
    "GlobalMaxPooling2D": (),
    "GlobalAveragePooling2D": (),
    "AdaptiveAveragePooling2D": (3,),
    "AdaptiveMaxPooling2D": (3,),
    "ZeroPadding2D": (((1, 2), (3, 0)),),
    "Cropping2D": (((1, 0), (2, 1)),),
    "UpSampling2D": ((2, 3),),
    "Flatten": (),
}
SEQUENCES = {
    "Conv1D": (3, 2),
    "DepthwiseConv1D": (2,),
    "SeparableConv1D": (3, 2),
    "Conv1DTranspose": (3, 2),
    "LocallyConnected1D": (3, 2),
    "MaxPooling1D": (),
    "AveragePooling1D": (),
    "GlobalMaxPooling1D": (),
    "GlobalAveragePooling1D": (),
    "AdaptiveAveragePooling1D": (3,),
    "AdaptiveMaxPooling1D": (3,),
    "ZeroPadding1D": ((1, 2),),
}
BOTH = [
    *((name, arguments, (5, 6, 2)) for name, arguments in IMAGES.items()),
    *((name, arguments, (6, 2)) for name, arguments in SEQUENCES.items()),
]


@pytest.mark.parametrize(
    ("name", "arguments", "shape"),
    [pytest.param(*case, marks=pytest.mark.covers(f"layers.{case[0]}"), id=case[0]) for case in BOTH],
)
def test_channels_first_is_the_same_with_axes_moved(name, arguments, shape):
    last = built(getattr(layers, name)(*arguments, data_format="channels_last"), *shape)
    first = built(getattr(layers, name)(*arguments, data_format="channels_first"), shape[-1], *shape[:-1])
    first.set_weights(last.get_weights())
    x = RNG.standard_normal((2, *shape)).astype(np.float32)
    expected = last(x)
    expected = np.moveaxis(expected, -1, 1) if expected.ndim == x.ndim else expected
    np.testing.assert_allclose(first(np.moveaxis(x, -1, 1)), expected, rtol=1e-5, atol=1e-6)
    assert first.output_shape == (None, *expected.shape[1:])


@pytest.mark.parametrize(("name", "shape"), [("Conv2D", (2, 5, 6)), ("Conv1D", (2, 6)), ("Conv2DTranspose", (2, 3, 4))])
def test_activation_of_channels_first_sees_the_channels_first(name, shape):
    linear, layer = (
        built(getattr(layers, name)(3, 2, data_format="channels_first", activation=activation), *shape)
        for activation in (None, "softmax")
    )
    layer.set_weights(linear.get_weights())
    x = RNG.standard_normal((2, *shape)).astype(np.float32)
    np.testing.assert_allclose(layer(x), ops.softmax(linear(x), axis=-1), rtol=1e-5)


# --- names and refusals ---------------------------------------------------------------------------------------------

ALIASES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    **{f"{kind}Pool{axes}D": f"{kind}Pooling{axes}D" for kind in ("Max", "GlobalMax") for axes in (1, 2)},
    **{f"{kind}AvgPool{axes}D": f"{kind}AveragePooling{axes}D" for kind in ("", "Global") for axes in (1, 2)},
}
OLDER = {name: ALIASES[name] for name in ("Convolution1D", "Convolution2D", "SeparableConvolution2D")}
OLDER |= {"MaxPool2D": "MaxPooling2D", "AvgPool2D": "AveragePooling2D"}
OLDER |= dict.fromkeys(("Deconvolution2D", "Deconv2D"), "Conv2DTranspose")
VOLUMES = ("Conv3D", "Convolution3D", "Conv3DTranspose", "MaxPooling3D", "MaxPool3D", "AveragePooling3D", "AvgPool3D")
VOLUMES += ("GlobalMaxPooling3D", "GlobalAveragePooling3D", "ZeroPadding3D", "Cropping3D", "UpSampling3D")


@pytest.mark.filterwarnings("ignore::fastcnn.LegacySpellingWarning")
@pytest.mark.parametrize(
    ("alias", "name"),
    [
        *(pytest.param(*pair, marks=pytest.mark.covers(f"layers.{pair[0]}")) for pair in ALIASES.items()),
        *(pytest.param(*pair, marks=pytest.mark.covers(f"legacy.names.{pair[0]}")) for pair in OLDER.items()),
    ],
)
def test_second_names_are_the_same_classes(alias, name):
    assert getattr(layers, alias) is getattr(layers, name)


@pytest.mark.covers("layers.Conv3D")
@pytest.mark.parametrize("name", VOLUMES)
def test_layers_over_volumes_say_that_they_are_absent(name):
    with pytest.raises(NotImplementedError, match=r"not over volumes\. Use .*2D"):
        getattr(layers, name)(2)


REFUSED = [
    (lambda: layers.Conv1D(3, (2, 2)), "Conv1D: kernel_size must be one integer"),
    (lambda: layers.Conv2D(3, 2, padding="causal"), 'padding must be "valid" or "same"'),
    (lambda: layers.Conv1D(3, 2, padding="full"), 'padding must be "valid" or "same" or "causal"'),
    (lambda: layers.Conv1D(3, 2, strides=2, dilation_rate=2), "cannot both exceed 1"),
    (lambda: layers.Conv2DTranspose(3, 2, strides=2, dilation_rate=2), "cannot both exceed 1"),
    (lambda: layers.Conv2DTranspose(3, 2, strides=2, output_padding=2), "output_padding must be smaller than strides"),
    (lambda: layers.Conv2DTranspose(3, 2, output_padding=-1), "output_padding must be an integer from 0"),
    (lambda: layers.Conv1DTranspose(3, 0), "kernel_size must be an integer from 1"),
    (
        lambda: built(layers.Conv2DTranspose(3, 2, strides=2, output_padding=0, padding="same"), 4, 4, 1),
        "do not lead back from. Leave output_padding out for 8 pixels",
    ),
    (lambda: built(layers.Conv1D(4, 3, groups=2), 9, 3), "multiple of groups=2"),
    (lambda: built(layers.Conv1D(4, 3), 9, 3, 1), r"Conv1D expects inputs of 3 axes \(batch, steps, channels\)"),
    (lambda: built(layers.MaxPooling1D(5), 4, 3), "does not fit"),
    (lambda: layers.AdaptiveMaxPooling2D(0), "output_size must be an integer from 1"),
    (lambda: layers.LocallyConnected2D(3, 3, padding="same"), 'padding must be "valid"'),
    (lambda: layers.LocallyConnected2D(3, 3, implementation=2), "implementation must be 1"),
    (lambda: layers.Reshape(5), "target_shape must be a tuple of integers"),
    (lambda: layers.Permute(2), "dims must be a tuple of integers"),
    (lambda: layers.Permute((0, 1)), "dims must hold each of 1, 2"),
    (lambda: built(layers.Permute((2, 1)), 3, 4, 5), "expects inputs of 3 axes"),
    (lambda: layers.RepeatVector(0), "n must be an integer from 1"),
    (lambda: built(layers.RepeatVector(2), 3, 4), "expects inputs of 2 axes"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), r"padding must be one integer, \(rows, columns\) or"),
    (lambda: layers.ZeroPadding2D(-1), "padding must hold integers from 0 up"),
    (lambda: layers.ZeroPadding1D((1, 2, 3)), "padding must hold integers from 0 up"),
    (lambda: built(layers.Cropping2D(2), 4, 5, 1), "leaves nothing of"),
    (lambda: layers.UpSampling2D(interpolation="cubic"), "interpolation must be one of nearest, bilinear"),
    (lambda: layers.UpSampling2D(1.5), "size must be an integer"),
    (lambda: layers.Reshape((0, 2)), "target_shape may hold positive sizes and one -1"),
    (lambda: built(layers.Reshape((5, -1)), 4, 3), "cannot reshape"),
]


@pytest.mark.parametrize(("make", "message"), REFUSED)
def test_wrong_arguments_are_refused_with_what_is_right(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_only_layers_with_weights_of_places_keep_to_one_size():
    free, bound = layers.Conv2DTranspose(3, 3), layers.LocallyConnected2D(3, 3)
    for layer in (free, bound):
        layer(layers.Input((9, 9, 2)))
    assert free(layers.Input((7, 12, 2))).shape == (None, 9, 14, 3)
    with pytest.raises(ValueError, match="was built for inputs of shape"):
        bound(layers.Input((7, 12, 2)))
