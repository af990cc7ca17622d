"""Networks to measure with, described in Keras's names, so that any framework can build the same one.

Only `build` needs fastcnn's own layers; the descriptions load nothing but NumPy.
"""

from dataclasses import dataclass

import numpy as np

Shape = tuple[int, ...]
Described = tuple[str, dict]  # a layer's class and its arguments


@dataclass(frozen=True)
class Network:
    """A network and the batch that it is trained with.

    batch : shape (N, H, W, C).
    classes : 1 means yes or no (sigmoid, binary cross-entropy), more are told apart by softmax.
    """

    layers: tuple[Described, ...]
    batch: Shape
    classes: int

    @property
    def loss(self) -> str:
        """The name of the cross-entropy."""
        return "binary_crossentropy" if self.classes == 1 else "sparse_categorical_crossentropy"

    def data(self, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Random photos (N, H, W, C) in 0..1 and labels (N, 1); N is the network's batch size unless given."""
        rng, count = np.random.default_rng(1), size or self.batch[0]
        x = rng.random((count, *self.batch[1:]), np.float32)
        return x, rng.integers(0, max(self.classes, 2), (count, 1)).astype("float32")

    def build(self, backend: str | None = None) -> object:
        """The compiled Sequential: Adam, cross-entropy, accuracy."""
        from fastcnn import Input, Sequential, layers

        made = [getattr(layers, name)(**arguments) for name, arguments in self.layers]
        model = Sequential([Input(self.batch[1:]), *made], backend=backend)
        model.compile(optimizer="adam", loss=self.loss, metrics=["accuracy"])
        return model


def conv(filters: int, size: int = 3, activation: str | None = "relu", **more: object) -> Described:
    """A convolution with square windows."""
    return "Conv2D", {"filters": filters, "kernel_size": size, "activation": activation} | more


def pool(size: int = 2, kind: str = "Max") -> Described:
    """Pooling by windows side by side."""
    return f"{kind}Pooling2D", {"pool_size": size}


def drop(rate: float) -> Described:
    """Dropout."""
    return "Dropout", {"rate": rate}


def head(classes: int, *units: int, activation: str = "relu") -> tuple[Described, ...]:
    """Flatten, dense layers of so many units, and the output."""
    last = "sigmoid" if classes == 1 else "softmax"
    sizes = [*((size, activation) for size in units), (classes, last)]
    return ("Flatten", {}), *(("Dense", {"units": size, "activation": name}) for size, name in sizes)


def normalized(layer: Described) -> tuple[Described, ...]:
    """A convolution, batch normalisation, relu."""
    name, arguments = layer
    plain = {key: value for key, value in arguments.items() if key != "activation"} | {"use_bias": False}
    return (name, plain), ("BatchNormalization", {}), ("ReLU", {})


def _with_dropout(layers: tuple[Described, ...], rate: float) -> tuple[Described, ...]:
    """Dropout before the output."""
    return (*layers[:-1], drop(rate), layers[-1])


def _vgg() -> tuple[Described, ...]:
    layers = []
    for filters in (64, 128, 256):
        layers += [*normalized(conv(filters, padding="same")), *normalized(conv(filters, padding="same")), pool()]
    return *layers, *head(10)


def _cifar() -> tuple[Described, ...]:
    layers = []
    for filters in (32, 64):
        layers += [conv(filters, padding="same"), conv(filters), pool(), drop(0.25)]
    return *layers, *_with_dropout(head(10, 512), 0.5)


_TUTORIAL = (conv(32), pool(), *head(1, 128))
_MNIST = (conv(32), conv(64), pool(), drop(0.25), *_with_dropout(head(10, 128), 0.5))

NETWORKS = {  # the tutorial's, its usual smaller form, Keras's mnist_cnn and cifar10_cnn, and a deeper one
    "tutorial 256x256": Network(_TUTORIAL, (32, 256, 256, 3), 1),
    "cats/dogs 64x64": Network((conv(32), pool(), *_TUTORIAL), (32, 64, 64, 3), 1),
    "mnist_cnn": Network(_MNIST, (128, 28, 28, 1), 10),
    "cifar10_cnn": Network(_cifar(), (64, 32, 32, 3), 10),
    "VGG-like, batch norm": Network(_vgg(), (64, 32, 32, 3), 10),
}
