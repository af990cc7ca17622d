"""Calls in older spellings build what the present spelling builds."""

from inspect import Parameter, Signature
from pathlib import Path

import numpy as np
import pytest

from fastcnn import Sequential, activations, constraints, layers, regularizers
from fastcnn.compat.calls import accepts_old_names, translate_call
from fastcnn.compat.documentation import lines
from fastcnn.utils import to_categorical


def named(name: str, *arguments: str) -> type:
    """A class of that name whose constructor has these arguments."""
    parameters = [Parameter(argument, Parameter.POSITIONAL_OR_KEYWORD) for argument in ("self", *arguments)]
    made = type(name, (), {"__init__": lambda self, *args, **kwargs: None})
    made.__init__.__signature__ = Signature(parameters)
    return made


CONV = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "activation", "use_bias")
CONV = (*CONV, "kernel_initializer", "kernel_regularizer", "weights")
WINDOWS = [
    ("Conv2D", (32, 3, 3), {}, (32, (3, 3)), {}),
    ("Conv2D", (32, 5, 2), {}, (32, 5, 2), {}),
    ("Conv2D", (32, 2, 2), {}, (32, (2, 2)), {}),
    ("Conv2D", (32, 1, 2), {}, (32, (1, 2)), {}),
    ("Conv2D", (32, 3, 1), {"border_mode": "same"}, (32, (3, 1)), {"padding": "same"}),
    ("Conv2D", (32, 7, 1), {"strides": 2}, (32, (7, 1)), {"strides": 2}),
    ("Conv2D", (32, 3, 3, "same"), {}, (32, 3, 3, "same"), {}),
    (
        "Conv2D",
        (32, 3, 3, "he_normal", "relu"),
        {},
        (32, (3, 3)),
        {"kernel_initializer": "he_normal", "activation": "relu"},
    ),
    ("Conv2D", (32,), {"nb_row": 3, "nb_col": 5}, (32, (3, 5)), {}),
    ("Conv2D", (32, 3), {"nb_col": 5}, (32, (3, 5)), {}),
    ("Conv2D", (), {"nb_filter": 8, "nb_row": 3, "nb_col": 5}, (), {"filters": 8, "kernel_size": (3, 5)}),
    ("SeparableConv2D", (32, 3, 3), {"subsample": (2, 2)}, (32, (3, 3)), {"strides": (2, 2)}),
    ("Conv2DTranspose", (64, 2, 2), {}, (64, 2, 2), {}),
    ("Conv2DTranspose", (3, 3, 3), {"output_shape": (None, 14, 14, 3)}, (3, (3, 3)), {}),
    ("Conv2DTranspose", (3, 3, 3, (None, 14, 14, 3)), {"border_mode": "same"}, (3, (3, 3)), {"padding": "same"}),
    ("Conv3D", (8, 3, 3, 3), {}, (8, (3, 3, 3)), {}),
    ("Conv2D", (32, 3), {"dim_ordering": "th"}, (32, 3), {"data_format": "channels_first"}),
    ("Conv2D", (32, 3), {"data_format": "tf"}, (32, 3), {"data_format": "channels_last"}),
]


@pytest.mark.covers("trap.1", "legacy.arguments.nb_row", "legacy.arguments.nb_col", "legacy.arguments.nb_filter")
@pytest.mark.covers("legacy.arguments.border_mode", "legacy.arguments.subsample", "legacy.arguments.dim_ordering")
@pytest.mark.parametrize(("name", "args", "kwargs", "present_args", "present"), WINDOWS, ids=range(len(WINDOWS)))
def test_windows_of_keras_1(name, args, kwargs, present_args, present):
    assert translate_call(named(name, *CONV), args, kwargs) == (present_args, present)


ARGUMENTS = {
    "subsample_length": ("strides", "Conv1D"),
    "filter_length": ("kernel_size", "Conv1D"),
    "stride": ("strides", "MaxPooling1D"),
    "pool_length": ("pool_size", "MaxPooling1D"),
    "length": ("size", "UpSampling1D"),
    "sigma": ("stddev", "GaussianNoise"),
    "p": ("rate", "GaussianDropout"),
    "alpha": ("negative_slope", "LeakyReLU"),
    "m": ("max_value", "MaxNorm"),
    "l": ("l2", "L2"),
    "lr": ("learning_rate", "Adam"),
    "epsilon": ("min_delta", "ReduceLROnPlateau"),
    "output_dim": ("units", "Dense"),
    "atrous_rate": ("dilation_rate", "Conv2D"),
    "W_regularizer": ("kernel_regularizer", "Conv2D"),
    "b_regularizer": ("bias_regularizer", "Conv2D"),
    "W_constraint": ("kernel_constraint", "Conv2D"),
    "b_constraint": ("bias_constraint", "Conv2D"),
    "bias": ("use_bias", "Dense"),
    "beta_init": ("beta_initializer", "BatchNormalization"),
    "gamma_init": ("gamma_initializer", "BatchNormalization"),
    "init": ("kernel_initializer", "Dense"),
    "input": ("inputs", "Model"),
    "output": ("outputs", "Model"),
}


@pytest.mark.parametrize(
    ("old", "present", "owner"),
    [
        pytest.param(old, new, owner, marks=pytest.mark.covers(f"legacy.arguments.{old}"), id=old)
        for old, (new, owner) in ARGUMENTS.items()
    ],
)
def test_older_arguments_become_the_present_ones(old, present, owner):
    assert translate_call(named(owner, present), (), {old: 7}) == ((), {present: 7})
    assert translate_call(named(owner, present, old), (), {old: 7}) == ((), {old: 7}), "it has that argument itself"


def test_init_of_a_separable_convolution_goes_to_both_parts():
    cls = named("SeparableConv2D", "depthwise_initializer", "pointwise_initializer")
    assert set(translate_call(cls, (), {"init": "he_normal"})[1]) == {"depthwise_initializer", "pointwise_initializer"}


@pytest.mark.covers("layers.ZeroPadding2D", "legacy.arguments.padding")
@pytest.mark.parametrize(
    ("layer", "given", "present"),
    [
        ("ZeroPadding2D", {"top_pad": 1, "left_pad": 2}, ((1, 0), (2, 0))),
        ("ZeroPadding2D", (1, 2, 3, 4), ((1, 2), (3, 4))),
        ("ZeroPadding2D", (1, 2), (1, 2)),
        ("ZeroPadding1D", {"right_pad": 3}, (0, 3)),
    ],
)
def test_margins_of_keras_1(layer, given, present):
    cls = named(layer, "padding")
    assert translate_call(cls, (given,), {}) == ((present,), {})
    assert translate_call(cls, (), {"padding": given}) == ((), {"padding": present})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.BatchNormalization(mode=2), "mode can no longer be chosen: only mode=0, per channel, is left"),
        (lambda: layers.Conv2D(8, nb_row=3), "expected nb_row and nb_col, one integer each. Received: .3,."),
        (lambda: layers.Conv2D(8, 3, 3, "relu", init="zero"), "given by position and by name: init"),
        (lambda: translate_call(named("ZeroPadding2D", "padding"), ({"top": 1},), {}), "may hold top_pad, .*: top"),
    ],
)
def test_what_cannot_be_translated_is_refused(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.covers("legacy.arguments.weights")
def test_layers_start_with_given_weights():
    kernel, bias = np.arange(6, dtype="f4").reshape(2, 3), np.ones(3, "f4")
    model = Sequential([layers.Dense(3, input_dim=2, weights=[kernel, bias])])
    np.testing.assert_array_equal(model.get_weights()[0], kernel)
    later = Sequential([layers.Dense(3, weights=[kernel, bias])])
    later.build((None, 2))
    np.testing.assert_array_equal(later.get_weights()[1], bias)
    with pytest.raises(ValueError, match=r"expected weights of shapes .*\(2, 3\)"):
        Sequential([layers.Dense(3, input_dim=2, weights=[kernel.T, bias])])


@pytest.mark.covers("legacy.arguments.input_dim", "legacy.arguments.input_length")
def test_input_dim_is_the_shape_of_the_input():
    assert layers.Dense(3, input_dim=4).declared_input_shape == (None, 4)
    assert translate_call(layers.Dense, (3,), {"input_length": 9, "input_dim": 4})[1] == {"input_shape": (9, 4)}


@pytest.mark.covers("legacy.arguments.nb_classes", "legacy.arguments.y")
def test_functions_know_their_older_arguments():
    expected = to_categorical([1, 0], 3)
    np.testing.assert_array_equal(to_categorical(y=[1, 0], nb_classes=3), expected)


@pytest.mark.covers("legacy.names.maxnorm", "legacy.names.l1l2", "legacy.names.WeightRegularizer")
def test_regularizers_constraints_and_curves_know_their_older_arguments():
    assert constraints.maxnorm(m=3).max_value == 3
    assert (regularizers.l2(l=0.5).l2, regularizers.l1(l=0.5).l1) == (0.5, 0.5)
    assert (regularizers.l1l2().l1, regularizers.WeightRegularizer(l2=0.1).l1) == (pytest.approx(0.01), 0)
    np.testing.assert_allclose(activations.relu(np.array([-2.0, 1.0]), alpha=0.5), [-1, 1])


def test_a_users_own_layer_keeps_its_own_words():
    class Mine(layers.Layer):
        def __init__(self, p, init="zeros", **kwargs):
            super().__init__(**kwargs)
            self.seen = p, init

    assert Mine(0.5, init="ones").seen == (0.5, "ones")
    assert Mine(p=0.5).seen == (0.5, "zeros")


def test_a_users_subclass_without_a_constructor_is_called_as_its_base():
    class Mine(layers.Conv2D):
        pass

    assert Mine(8, 3, 5, border_mode="same").kernel_size == (3, 5)


def test_decorated_functions_translate_values_by_position_too():
    @accepts_old_names
    def load(path, color_mode="rgb", data_format=None):
        return color_mode, data_format

    assert load("a", True, "th") == ("grayscale", "channels_first")
    assert load("a", grayscale=False, dim_ordering="tf") == ("rgb", "channels_last")


@pytest.mark.covers("legacy.attributes.nb_filter", "legacy.attributes.W")
def test_layers_have_their_older_attributes():
    model = Sequential([layers.Conv2D(8, 3, strides=2, padding="same", input_shape=(9, 9, 3)), layers.Dropout(0.25)])
    conv, dropout = model.layers
    assert (conv.nb_filter, conv.subsample, conv.border_mode, dropout.p) == (8, (2, 2), "same", 0.25)
    assert conv.W is conv.kernel
    assert conv.b is conv.bias
    with pytest.raises(AttributeError, match="'Conv2D' object has no attribute 'nb_filters'"):
        _ = conv.nb_filters


def test_the_document_is_the_table():
    written = (Path(__file__).parents[2] / "docs" / "older_spellings.md").read_text(encoding="utf-8")
    assert written == "\n".join(lines()) + "\n", "run: python -m fastcnn.compat.documentation > docs/older_spellings.md"
