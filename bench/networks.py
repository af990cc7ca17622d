"""The five networks that peers are compared on, as Keras's examples and the tutorial have them."""

from collections.abc import Callable

import numpy as np

from fastcnn import Input, Sequential
from fastcnn.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MaxPooling2D,
    ReLU,
)

Shape = tuple[int, ...]


def tutorial() -> list[Layer]:
    """One convolution on 256x256 photos and a dense layer of 66 million weights; two classes."""
    return [
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(128, activation="relu"),
        Dense(1, activation="sigmoid"),
    ]


def catsdogs() -> list[Layer]:
    """Two convolutions on 64x64 photos; two classes."""
    return [Conv2D(32, 3, activation="relu"), MaxPooling2D(2), *tutorial()]


def mnist() -> list[Layer]:
    """Keras's mnist_cnn; ten classes."""
    return [
        Conv2D(32, 3, activation="relu"),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Flatten(),
        Dense(128, activation="relu"),
        Dropout(0.5),
        Dense(10, activation="softmax"),
    ]


def cifar() -> list[Layer]:
    """Keras's cifar10_cnn; ten classes."""
    made = []
    for filters in (32, 64):
        made += [
            Conv2D(filters, 3, padding="same", activation="relu"),
            Conv2D(filters, 3, activation="relu"),
            MaxPooling2D(2),
            Dropout(0.25),
        ]
    return [*made, Flatten(), Dense(512, activation="relu"), Dropout(0.5), Dense(10, activation="softmax")]


def vgg() -> list[Layer]:
    """Six convolutions with batch normalisation; ten classes."""
    made = []
    for filters in (64, 128, 256):
        for _ in range(2):
            made += [Conv2D(filters, 3, padding="same", use_bias=False), BatchNormalization(), ReLU()]
        made.append(MaxPooling2D(2))
    return [*made, Flatten(), Dense(10, activation="softmax")]


NETWORKS: dict[str, tuple[Callable[[], list[Layer]], Shape, int]] = {  # layers, batch, classes (1: yes or no)
    "tutorial 256x256": (tutorial, (32, 256, 256, 3), 1),
    "cats/dogs 64x64": (catsdogs, (32, 64, 64, 3), 1),
    "mnist_cnn": (mnist, (128, 28, 28, 1), 10),
    "cifar10_cnn": (cifar, (64, 32, 32, 3), 10),
    "VGG-like, batch norm": (vgg, (64, 32, 32, 3), 10),
}


def build(name: str, backend: str) -> Sequential:
    """The compiled network of that name: Adam, cross-entropy, accuracy."""
    layers, shape, classes = NETWORKS[name]
    model = Sequential([Input(shape[1:]), *layers()], backend=backend)
    loss = "binary_crossentropy" if classes == 1 else "sparse_categorical_crossentropy"
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


def batch(name: str, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Random photos (N, H, W, C) in 0..1 and labels (N, 1); N is the network's batch size unless given."""
    _, shape, classes = NETWORKS[name]
    rng, count = np.random.default_rng(1), size or shape[0]
    x = rng.random((count, *shape[1:]), np.float32)
    return x, rng.integers(0, max(classes, 2), (count, 1)).astype("float32")
