"""A network with branches, of nearly every layer with windows; Keras and fastcnn build it by the same lines."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np


def build(layers: ModuleType, model: type, **kwargs: Any) -> Any:
    """The model of 16 x 16 images, built of the layers of a module."""

    def block(x: Any, filters: int) -> Any:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        return layers.Activation("relu")(layers.BatchNormalization()(x))

    image = layers.Input((16, 16, 3))
    first = block(image, 8)
    second = block(layers.MaxPooling2D()(first), 16)
    third = block(layers.MaxPooling2D()(second), 32)
    x = layers.Conv2DTranspose(16, 2, strides=2, padding="same")(third)
    x = block(layers.concatenate([x, second]), 16)
    x = layers.Concatenate()([layers.UpSampling2D(interpolation="bilinear")(x), first])
    x = layers.Conv2D(8, 3, activation="relu")(layers.ZeroPadding2D(1)(x))
    x = layers.add([x, layers.SeparableConv2D(8, 3, padding="same")(x)])
    gate = layers.Conv2D(8, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.multiply([x, gate])
    row = layers.Conv1D(8, 5, padding="causal", activation="relu")(layers.Reshape((-1, 8))(x))
    x = layers.maximum([x, layers.Reshape((16, 16, 8))(row)])
    return model(image, layers.Conv2D(1, 1, activation="sigmoid")(x), **kwargs)


def weights(like: Sequence[np.ndarray]) -> list[np.ndarray]:
    """First values of the shapes of `like`."""
    rng = np.random.default_rng(0)
    drawn = (rng.standard_normal(w.shape) for w in like)
    return [(w * 0.2 if w.ndim > 1 else np.abs(w) * 0.1 + 0.5).astype(np.float32) for w in drawn]


def photos() -> tuple[np.ndarray, np.ndarray]:
    """Images (24, 16, 16, 3), and which of their pixels are bright (24, 16, 16, 1)."""
    x = np.random.default_rng(1).standard_normal((24, 16, 16, 3)).astype(np.float32)
    return x, (x.mean(axis=-1, keepdims=True) > 0).astype(np.float32)


FIT = {"epochs": 6, "batch_size": 8, "shuffle": False, "verbose": 0}
