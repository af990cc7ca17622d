"""A user's own classes and functions in files: registered, in a scope, or asked for by name."""

import numpy as np
import pytest

from fastcnn import Sequential, custom_objects, layers, models, ops
from fastcnn.saving.header import ModelFileError

X = np.ones((4, 3), np.float32)


class Attention(layers.Layer):
    """Bears the name of a layer of Keras that is absent here."""

    def call(self, x):
        return ops.softmax(x) * x


def smooth(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@pytest.fixture(params=["m.keras", "m.fcnn", "m.h5"])
def path(request, tmp_path):
    """A file of a model with a layer and a loss of the user's own."""
    model = Sequential([layers.Input((3,)), layers.Dense(3), Attention()])
    model.compile("sgd", smooth)
    model.fit(X, X, verbose=0)
    model.save(tmp_path / request.param)
    return tmp_path / request.param


def test_what_is_not_registered_is_asked_for(path):
    with pytest.raises(ModelFileError, match=r"give custom_objects=\{'Attention': \.\.\.\}"):
        models.load_model(path)
    with pytest.raises(ModelFileError, match=r"give custom_objects=\{'smooth': \.\.\.\}, or compile=False"):
        models.load_model(path, custom_objects={"Attention": Attention})


@pytest.mark.covers("utils.custom_object_scope")
def test_a_scope_gives_them(path):
    with custom_objects.custom_object_scope({"Attention": Attention, "smooth": smooth}):
        again = models.load_model(path)
    assert type(again.layers[-1]) is Attention
    assert again.loss_function.fn is smooth


@pytest.mark.covers("utils.register_keras_serializable")
def test_what_is_registered_is_found(path):
    with custom_objects.custom_object_scope():  # so that it is forgotten again
        custom_objects.register_keras_serializable()(Attention)
        custom_objects.register_keras_serializable("Mine", "smooth")(smooth)
        again = models.load_model(path)
    assert type(again.layers[-1]) is Attention
    assert again.loss_function.fn is smooth
