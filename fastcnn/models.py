"""Models: layers in a row, how they are built, shown, copied and stored."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from fastcnn import switching
from fastcnn.compat.methods import LegacyMethods
from fastcnn.engine.variable import Variable
from fastcnn.kernels.backends import Backend
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.core import InputLayer
from fastcnn.layers.naming import unique_name
from fastcnn.random import generator
from fastcnn.training.trainer import Trainer


class Sequential(LegacyMethods, Trainer):
    """A network of layers in a row.

    layers : layers, the first of which may be an Input.
    backend : name of the backend that computes; None follows set_backend / use_backend.
    dtype : "float32", or "float64" for checks.
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        backend: str | None = None,
        dtype: str = "float32",
    ):
        super().__init__()
        if dtype not in ("float32", "float64"):
            raise ValueError(f'Sequential: dtype must be "float32" or "float64". Received: {dtype!r}')
        self.name = name or unique_name("Sequential")
        self.dtype = dtype
        self.trainable = trainable
        self.backend = None if backend is None else switching.get_backend(backend).name
        self.layers: list[Layer] = []
        self.input_shape: Shape | None = None
        self.abstract = False  # weights with shapes but no memory, while a file is checked
        self._rng: np.random.Generator | None = None
        for layer in layers or ():
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Appends a layer; builds it if the shape of its input is known.

        Raises:
            TypeError: for what is no layer.
            ValueError: when the layer's name is taken or the shapes do not fit.
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"Sequential: expected a layer. Received: {layer!r}")
        if any(known.name == layer.name for known in self.layers):
            raise ValueError(f"Sequential: layer names must be unique. Received twice: {layer.name!r}")
        if self.input_shape is None and not self.layers:
            self.input_shape = layer.declared_input_shape
        if isinstance(layer, InputLayer):
            if self.layers:
                raise ValueError("Sequential: Input can only come first")
            return
        if self.input_shape is not None:
            layer.connect(self.output_shape, self.dtype, self._generator())
        self.layers.append(layer)
        self.executor.clear()

    def pop(self) -> Layer:
        """Removes the last layer and returns it."""
        if not self.layers:
            raise ValueError("Sequential: there is no layer to remove")
        self.executor.clear()
        return self.layers.pop()

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Makes the weights, for inputs of `input_shape` (batch axis included, None)."""
        if input_shape is not None and self.input_shape is None:
            self.input_shape = (None, *tuple(input_shape)[1:])
            shape = self.input_shape
            for layer in self.layers:
                shape = layer.connect(shape, self.dtype, self._generator())
        if self.input_shape is None:
            raise ValueError(
                "the model does not know the shape of its input: give the first layer input_shape=(rows, columns, "
                "channels), or call build or fit with data"
            )

    def ensure_built(self, sample_shape: Sequence[int] | None) -> None:
        """Builds the model for inputs of that shape (without batch), unless it is built."""
        if not self.layers:
            raise ValueError("the model has no layers: add some first")
        if self.input_shape is None:
            self.build(None if sample_shape is None else (None, *sample_shape))

    def _generator(self) -> np.random.Generator | None:
        """Random numbers for the weights: drawn when first needed, so that a seed set before building counts."""
        if self._rng is None and not self.abstract:
            self._rng = generator()
        return self._rng

    @property
    def built(self) -> bool:
        """Whether the weights exist."""
        return self.input_shape is not None

    @property
    def output_shape(self) -> Shape | None:
        """Shape of the output, batch axis first as None."""
        return self.layers[-1].output_shape if self.layers else self.input_shape

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer."""
        return [weight for layer in self.layers for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Weights that training changes."""
        return [w for layer in self.layers for w in layer.trainable_weights] if self.trainable else []

    trainable_variables = trainable_weights
    variables = weights

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """Weights that training leaves alone."""
        chosen = {id(w) for w in self.trainable_weights}
        return [w for w in self.weights if id(w) not in chosen]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of all weights, layer by layer."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Writes arrays, in the order of get_weights(), into the weights.

        Raises:
            ValueError: when number or shapes differ; nothing is changed then.
        """
        expected, received = [w.shape for w in self.weights], [np.shape(w) for w in weights]
        if expected != received:
            raise ValueError(f"set_weights: expected arrays of shapes {expected}. Received: {received}")
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Number of the weights' elements."""
        return sum(layer.count_params() for layer in self.layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or number.

        Raises:
            ValueError: when there is none; lists the names.
        """
        if index is not None and -len(self.layers) <= index < len(self.layers):
            return self.layers[index]
        for layer in self.layers:
            if index is None and layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise ValueError(f"no layer {name if index is None else index!r}. Layers: {names}")

    def get_backend(self) -> Backend:
        """The backend that computes the next step."""
        return switching.get_backend(self.backend)

    def to(self, backend: str) -> "Sequential":
        """Computes on that backend from now on; weights and optimizer state stay. Returns the model."""
        self.backend = switching.get_backend(backend).name
        return self

    def __call__(self, x: np.ndarray, training: bool = False) -> np.ndarray:
        """Outputs for one batch, as predict_on_batch."""
        if training:
            raise ValueError("model(x, training=True) is not supported; use train_on_batch or fit")
        return self.predict_on_batch(x)

    def summary(
        self, line_length: int | None = None, print_fn: object = None, fused: bool = False, batch_size: int = 1
    ) -> None:
        """Prints layers, output shapes and numbers of weights; with fused, the kernels that steps will run.

        batch_size : samples in the steps that fused shows.
        """
        from fastcnn.program_report import program_lines
        from fastcnn.reports import summary_lines

        lines = program_lines(self, batch_size) if fused else summary_lines(self, line_length)
        (print_fn or print)("\n".join(lines))

    def memory_report(self, batch_size: int = 32) -> object:
        """Bytes that training with this batch size needs, by kind; found without running anything."""
        from fastcnn.reports import memory_report

        return memory_report(self, batch_size)

    def get_config(self) -> dict:
        """What rebuilds this model, weights aside."""
        layers = [{"class_name": type(layer).__name__, "config": layer.get_config()} for layer in self.layers]
        shape = None if self.input_shape is None else list(self.input_shape)
        return {"name": self.name, "dtype": self.dtype, "input_shape": shape, "layers": layers}

    @classmethod
    def from_config(cls, config: dict) -> "Sequential":
        """The model that get_config described, with fresh weights."""
        from fastcnn.saving.model import model_from_config

        return model_from_config(config)

    def save(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Writes the whole model (weights, optimizer state, how it was compiled) to a `.fcnn` file, atomically."""
        from fastcnn.saving.model import save_model

        save_model(self, filepath, overwrite)

    def save_weights(self, filepath: str | Path, overwrite: bool = True) -> None:
        """Writes the weights alone, atomically; the name chooses the format (see fastcnn.saving.formats)."""
        from fastcnn.saving.model import save_weights

        save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: str | Path, skip_mismatch: bool = False, by_name: bool = False) -> None:
        """Reads weights that save_weights or save wrote, here or in any Keras; see fastcnn.saving.model."""
        from fastcnn.saving.model import load_weights

        load_weights(self, filepath, skip_mismatch, by_name)


def load_model(filepath: str | Path, compile: bool = True) -> Sequential:
    """Reads a model that save() wrote; with compile, ready to go on training where it stopped."""
    from fastcnn.saving.model import load_model as read

    return read(filepath, compile)


def clone_model(model: Sequential) -> Sequential:
    """A model of the same layers with fresh weights."""
    return Sequential.from_config(model.get_config())
