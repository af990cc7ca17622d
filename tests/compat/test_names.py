"""Older names of classes and functions."""

import pytest

from fastcnn import initializers, layers, models, optimizers


@pytest.mark.covers("legacy.names.AtrousConvolution2D")
def test_older_classes_are_found():
    assert layers.AtrousConvolution2D is layers.Conv2D
    assert layers.AtrousConvolution2D(8, 3, 3, atrous_rate=(2, 2)).dilation_rate == (2, 2)
    assert models.Input is layers.Input
    from fastcnn.optimizers import adam, sgd

    assert (adam, sgd) == (optimizers.Adam, optimizers.SGD)
    assert initializers.he_normal is initializers.HeNormal
    assert initializers.zero is initializers.Zeros


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("LSTM", "layers.LSTM: fastcnn is for images: recurrent layers are absent"),
        ("Highway", "absent since Keras 2: write it with Dense"),
        ("Embedding", "layers for words"),
    ],
)
def test_what_is_refused_says_why(name, message):
    with pytest.raises(ImportError, match=message):
        getattr(layers, name)


def test_refused_names_say_why_in_an_import_too():
    with pytest.raises(ImportError, match="recurrent layers are absent"):
        from fastcnn.layers import LSTM  # noqa: F401


def test_unknown_names_are_unknown():
    assert not hasattr(layers, "Conv9D")
    with pytest.raises(AttributeError, match=r"module 'fastcnn\.layers' has no attribute 'Conv9D'"):
        _ = layers.Conv9D
