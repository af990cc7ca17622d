"""What all models share, and models that are graphs of layers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fastcnn import config, switching
from fastcnn.arrays import Array
from fastcnn.compat.methods import LegacyMethods
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.kernels.backends import Backend
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import Graph, Origin, Shape, SymbolicTensor, is_symbolic
from fastcnn.layers.input import symbolic_input
from fastcnn.training.trainer import Trainer


class Model(LegacyMethods, Trainer, Layer):
    """A network: the graph of layers between symbolic tensors.

        x = Input((32, 32, 3))
        y = Conv2D(16, 3, padding="same")(x)
        model = Model(x, Dense(10)(Flatten()(Add()([y, Conv2D(16, 3, padding="same")(y)]))))

    A subclass without inputs and outputs implements `call(self, x)` with layers that are its attributes. A model is
    also a layer, of other models.

    inputs : one symbolic tensor. outputs : one, or for prediction several.
    backend : name of the backend that computes; None follows set_backend / use_backend.

    Raises:
        ValueError: for several inputs, and for outputs that do not depend on them alone.
    """

    def __init__(
        self,
        inputs: SymbolicTensor | list[SymbolicTensor] | None = None,
        outputs: SymbolicTensor | list[SymbolicTensor] | None = None,
        trainable: bool = True,
        name: str | None = None,
        backend: str | None = None,
        dtype: str | None = None,
    ):
        Trainer.__init__(self)
        Layer.__init__(self, name=name, dtype=dtype)
        self.backend = None if backend is None else switching.get_backend(backend).name
        if inputs is not None:
            tensors = _listed("inputs", inputs)
            self._set_graph(Graph(tensors, _listed("outputs", outputs)), tensors[0].origin.dtype)
        if not trainable:
            self.trainable = False

    def _set_graph(self, graph: Graph, dtype: str) -> None:
        if len(graph.inputs) != 1:
            raise ValueError(
                f"{type(self).__name__}: expected one input. Received {len(graph.inputs)}: "
                f"{[t.name for t in graph.inputs]}; join the data in one array and cut it with layers"
            )
        self._graph, self.dtype = graph, dtype
        shapes = [t.shape for t in graph.outputs]
        self.input_shape, self.output_shape = graph.inputs[0].shape, shapes[0] if len(shapes) == 1 else shapes
        self.built = True
        self.executor.clear()

    @property
    def graph(self) -> Graph | None:
        """The layers and what each reads; None before the input's shape is known."""
        return self._graph

    @property
    def layers(self) -> list[Layer]:
        """All layers, in the order of their weights."""
        return list(self.sublayers()) if self._graph is None else list(self._graph.layers)

    def build(self, input_shape: Shape | None = None) -> None:
        """Makes the weights, for inputs of `input_shape` (batch axis included, None)."""
        if not self.built:
            shape = (None, *tuple(input_shape)[1:])
            origin = Origin(self.dtype or config.floatx)
            x = symbolic_input(shape, origin)
            outputs = self.call(x)
            self._set_graph(Graph([x], _listed("outputs", outputs)), origin.dtype)

    def ensure_built(self, sample_shape: Sequence[int] | None) -> None:
        """Builds the model for inputs of that shape (without batch), unless it is built."""
        if not self.built:
            if not self.is_written:
                kind = type(self).__name__
                raise ValueError(f"{kind}: give inputs and outputs, or implement call(self, x) in a subclass")
            self.build((None, *sample_shape))

    def _connect(self, input_shape: Shape, origin: Origin) -> Shape | list[Shape]:
        if not self.built:
            self.build(input_shape)
        elif tuple(input_shape) != tuple(self.input_shape):
            raise ValueError(f"expected inputs of shape {self.input_shape}. Received: {input_shape}")
        return self.output_shape

    def lower(self, builder: Builder, x: Tensor) -> Tensor | list[Tensor]:
        made = self.lower_outputs(builder, x)
        return made[0] if len(made) == 1 else made

    def lower_outputs(self, builder: Builder, x: Tensor) -> list[Tensor]:
        """Emits all layers' ops; one tensor for each output."""
        return self._graph.lower(builder, [x])

    def __call__(self, inputs: object, training: bool | None = None, **kwargs: object) -> object:
        """Symbolic output for a symbolic tensor; for one batch, what predict_on_batch gives, or with training=True what
        layers make of it in training (dropout, batch statistics); so too without it where there are no weights, but
        layers that augment images.
        """
        if training is None and not self.weights:  # a row of augmenting layers, say
            training = any(layer.random_when_called for layer in self.layers)
        if training or is_symbolic(inputs):
            return super().__call__(inputs, training, **kwargs)
        found = self.predict_on_batch(inputs)
        return [one.view(Array) for one in found] if isinstance(found, list) else found.view(Array)

    @property
    def trainable(self) -> bool:
        """Whether the optimizer may change the weights; assigning says so of every layer."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self.layers if "executor" in vars(self) and hasattr(self, "_graph") else ():
            layer.trainable = bool(value)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The input's symbolic tensor, in a list."""
        return self._known_graph().inputs

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The outputs' symbolic tensors."""
        return self._known_graph().outputs

    @property
    def input(self) -> SymbolicTensor:
        """The input's symbolic tensor."""
        return self.inputs[0]

    @property
    def output(self) -> SymbolicTensor | list[SymbolicTensor]:
        """The output's symbolic tensor, or a list of them."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    def _known_graph(self) -> Graph:
        if self._graph is None:
            raise AttributeError(f"{self.name!r} does not know the shape of its input yet: give it one, or call build")
        return self._graph

    @property
    def weights(self) -> list[Variable]:
        """All weights, layer by layer."""
        return _once(weight for layer in self.layers for weight in layer.weights)

    @property
    def trainable_weights(self) -> list[Variable]:
        """Weights that training changes."""
        return _once(w for layer in self.layers for w in layer.trainable_weights) if self.trainable else []

    variables = weights
    trainable_variables = trainable_weights

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name or number.

        Raises:
            ValueError: when there is none; lists the names.
        """
        layers = self.layers
        if index is not None and -len(layers) <= index < len(layers):
            return layers[index]
        for layer in layers:
            if index is None and layer.name == name:
                return layer
        raise ValueError(f"no layer {name if index is None else index!r}. Layers: {[layer.name for layer in layers]}")

    def get_backend(self) -> Backend:
        """The backend that computes the next step."""
        return switching.get_backend(self.backend)

    def to(self, backend: str) -> "Model":
        """Computes on that backend from now on; weights and optimizer state stay. Returns the model."""
        self.backend = switching.get_backend(backend).name
        return self

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: object = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
        fused: bool = False,
        batch_size: int = 1,
    ) -> None:
        """Prints layers, output shapes and numbers of weights, as fastcnn.summary.print_summary says.

        fused : prints the kernels that steps of `batch_size` samples will run instead, and what they cost.
        """
        if fused:
            from fastcnn.program_report import program_lines

            (print_fn or print)("\n".join(program_lines(self, batch_size)))
            return
        from fastcnn.summary import print_summary

        print_summary(self, line_length, positions, print_fn, expand_nested, show_trainable, layer_range)

    def memory_report(self, batch_size: int = 32) -> object:
        """Bytes that training with this batch size needs, by kind; found without running anything."""
        from fastcnn.reports import memory_report

        return memory_report(self, batch_size)

    def get_config(self) -> dict:
        """What rebuilds this model, weights aside: as Keras 3 stores it."""
        from fastcnn.saving.configs import model_config

        return model_config(self)

    @classmethod
    def from_config(cls, config: dict, custom_objects: Mapping[str, object] | None = None) -> "Model":
        """The model that get_config described, with fresh weights; custom_objects names the classes of your own."""
        from fastcnn.saving.model import model_from_config

        return model_from_config(config, custom_objects, cls)

    def to_json(self, **options: object) -> str:
        """The configuration as JSON, for model_from_json here or in Keras; options are json.dumps's."""
        from fastcnn.saving.json_text import model_to_json

        return model_to_json(self, **options)

    def save(
        self, filepath: str | Path, overwrite: bool = True, include_optimizer: bool = True, **older: object
    ) -> None:
        """Writes the whole model (weights, optimizer state, how it was compiled) to a file, atomically.

        The name chooses the format: .fcnn (with a checksum), .keras, .h5, .hdf5; see fastcnn.saving.formats.
        """
        from fastcnn.saving.model import save_model

        save_model(self, filepath, overwrite, include_optimizer, **older)

    def export(
        self, filepath: str | Path, format: str = "onnx", verbose: object = None, input_signature: object = None
    ) -> None:
        """Writes what the model predicts as an `.onnx` file, atomically; batches of any size. Needs the extra `[onnx]`.

        Raises:
            ValueError: for another format, an input_signature (the model's input is the only one), and for layers that
                ONNX cannot express; names the layer.
        """
        from fastcnn.saving.onnx import export_onnx

        if input_signature is not None:
            raise ValueError(
                f"export: the input is the model's; leave input_signature out. Received: {input_signature!r}"
            )
        export_onnx(self, filepath, format)

    def save_weights(self, filepath: str | Path, overwrite: bool = True, **older: object) -> None:
        """Writes the weights alone, atomically: .weights.fcnn, .weights.h5, .h5 and so on."""
        from fastcnn.saving.model import save_weights

        save_weights(self, filepath, overwrite, **older)

    def load_weights(
        self, filepath: str | Path, skip_mismatch: bool = False, by_name: bool = False, **older: object
    ) -> None:
        """Reads weights that save_weights or save wrote, here or in any Keras; see fastcnn.saving.model."""
        from fastcnn.saving.model import load_weights

        load_weights(self, filepath, skip_mismatch, by_name, **older)


def _listed(name: str, tensors: object) -> list[SymbolicTensor]:
    listed = list(tensors) if isinstance(tensors, (list, tuple)) else [tensors]
    for tensor in listed:
        if not isinstance(tensor, SymbolicTensor):
            raise TypeError(
                f"Model: {name} must be what Input() or a layer called on one gave. Received: {type(tensor).__name__}"
            )
    return listed


def _once(weights: object) -> list[Variable]:
    """Without repetition: a layer may be shared by parts of a model."""
    return list({id(weight): weight for weight in weights}.values())
