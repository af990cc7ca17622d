"""clone_model with functions, input tensors and models inside."""

import numpy as np
import pytest

from fastcnn import layers, models
from fastcnn.models import Model, Sequential, clone_model

pytestmark = pytest.mark.covers("models.clone_model")


def branched():
    x = layers.Input((6, 6, 2), name="photo")
    y = layers.Conv2D(2, 3, padding="same", name="conv")(x)
    y = layers.Add(name="add")([x, y])
    return Model(x, layers.Dense(3, name="head")(layers.Flatten(name="flat")(y * 2.0)))


def dropout_after_conv(layer, *args, **kwargs):
    y = layer(*args, **kwargs)
    return layers.Dropout(0.5)(y) if isinstance(layer, layers.Conv2D) else y


def test_call_function_puts_layers_between_the_same_ones():
    model, x = branched(), np.random.default_rng(0).random((3, 6, 6, 2), "f4")
    copy = clone_model(model, clone_function=lambda layer: layer, call_function=dropout_after_conv)
    assert [type(layer).__name__ for layer in copy.layers].count("Dropout") == 1
    assert copy.get_layer("conv") is model.get_layer("conv")
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


def test_clone_function_exchanges_layers_whose_weights_are_fresh():
    model = branched()

    def wider(layer):
        config = layer.get_config()
        return type(layer).from_config(config | {"units": 5} if layer.name == "head" else config)

    copy = clone_model(model, clone_function=wider)
    assert copy.output_shape == (None, 5)
    assert copy.input.name == "photo"
    assert copy.get_layer("conv") is not model.get_layer("conv")
    assert (copy.get_layer("conv").get_weights()[0] != model.get_layer("conv").get_weights()[0]).any()


def test_input_tensors_are_read_in_place_of_the_input():
    x = layers.Input((6, 6, 2), name="mine")
    assert clone_model(branched(), input_tensors=[x]).input is x
    with pytest.raises(ValueError, match="one input tensor"):
        clone_model(branched(), input_tensors=[x, x])


@pytest.mark.parametrize("recursive", [False, True])
def test_functions_meet_the_layers_of_models_inside_where_asked(recursive):
    inner = Sequential([layers.Dense(4, name="inner_dense")], name="inner")
    model, seen = Sequential([layers.Input((3,)), inner, layers.Dense(2, name="last")]), []

    def clone(layer):
        seen.append(layer.name)
        return type(layer).from_config(layer.get_config())

    copy = clone_model(model, clone_function=clone, recursive=recursive)
    assert seen == (["inner_dense", "last"] if recursive else ["inner", "last"])
    assert copy.count_params() == model.count_params()
    assert copy.get_layer("inner") is not inner


def test_layers_called_twice_stay_one():
    x, dense = layers.Input((3,)), layers.Dense(3)
    copy = clone_model(Model(x, dense(dense(x))), clone_function=lambda layer: type(layer)(3))
    assert len(copy.weights) == 2


def test_functions_need_a_graph_of_layers():
    class Mine(models.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(2)

        def call(self, x):
            return self.head(x)

    model = Mine()
    model.build((None, 3))
    with pytest.raises(ValueError, match="no graph of layers"):
        clone_model(model, clone_function=lambda layer: layer)
    with pytest.raises(ValueError, match="Received a Sequential"):
        clone_model(Sequential([layers.Input((2,)), layers.Dense(1)]), call_function=dropout_after_conv)
