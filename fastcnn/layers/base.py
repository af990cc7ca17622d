"""What every layer shares: name, weights, shapes, configuration."""

import inspect
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from fastcnn import penalties, regularizers
from fastcnn.compat.calls import fill_when_built, parameters_of, translate_layer
from fastcnn.compat.names import OldAttributes
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import layout, written
from fastcnn.layers.graph import Graph, Node, Origin, Shape, SymbolicTensor, is_symbolic
from fastcnn.layers.layout import Lowered
from fastcnn.layers.naming import unique_name
from fastcnn.layers.weights import Weights
from fastcnn.spelling import unexpected_argument


class LayerType(type):
    """Lets older spellings of constructor arguments through: they are translated before __init__ sees them."""

    def __call__(cls, *args: object, **kwargs: object) -> "Layer":
        args, kwargs, weights = translate_layer(cls, args, kwargs)
        try:
            layer = super().__call__(*args, **kwargs)
        except TypeError as error:
            raise unexpected_argument(cls.__name__, kwargs, parameters_of(cls)) or error from None
        layer._arguments = _bound(cls, args, kwargs)
        if weights is not None:
            fill_when_built(layer, weights)
        return layer


def _bound(cls: type, args: tuple, kwargs: dict) -> dict:
    """Positional arguments by name, so that a layer can be rebuilt from its configuration."""
    bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs).arguments
    return {name: value for name, value in bound.items() if name not in ("self", "kwargs")} | bound.get("kwargs", {})


class Layer(Weights, OldAttributes, metaclass=LayerType):
    """One step of a network.

    A layer says its output's shape (`compute_output_shape`), makes its weights once the input's shape is known
    (`build`), and either emits its ops (`lower`) or is a function of arrays (`call`, see fastcnn.layers.written), or
    has `call` use layers that it keeps as attributes. Shapes have the batch axis first, as None; layers of several
    inputs get lists.

    name : unique in a model; made from the class name when not given.
    trainable : whether the optimizer may change the weights.
    activity_regularizer : a penalty on the layer's output (divided by the number of samples) that the loss grows by.
    input_shape, batch_input_shape : shape of the model's input, for the first layer; without / with the batch axis.

    Attributes:
        data_format: with "channels_first" everything below gets shapes and tensors with the channels last.
        elementwise: the order of the axes makes no difference.
        any_size: the weights depend on the input's last axis alone, so that images of other sizes may follow.
        nodes: the layer's calls, each with its symbolic inputs and outputs.
        calls_on_arrays: how often it was called on arrays: the step of its random numbers there.
        random_when_called: called on arrays, it acts as in training unless that is refused.
    """

    data_format: str | None = None
    elementwise = False
    any_size = False
    random_when_called = False
    _several = False  # whether the inputs come as a list

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        activity_regularizer: object = None,
        input_shape: Sequence[int] | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
        **unknown: object,
    ):
        if unknown:
            raise TypeError(f"{type(self).__name__}: unexpected arguments. Received: {', '.join(sorted(unknown))}")
        if dtype not in (None, "float32", "float64"):
            raise ValueError(f'{type(self).__name__}: dtype must be "float32" or "float64". Received: {dtype!r}')
        self.name = name or unique_name(type(self).__name__)
        self.trainable = trainable
        self.dtype = dtype
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self.input_shape: Shape | list[Shape] | None = None
        self.output_shape: Shape | list[Shape] | None = None
        self.built = False
        self.declared_input_shape = _declared_shape(type(self).__name__, input_shape, batch_input_shape)
        self.nodes: list[Node] = []
        self.calls_on_arrays = 0
        self._variables: list = []
        self._origin = Origin(dtype or "float32")  # for weights that __init__ makes
        self._graph: Graph | None = None

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; called once, when the input's shape is known."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output for an input of `input_shape`."""
        return written.shape_by_trying(self, input_shape) if self.is_written else input_shape

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        """Emits the layer's ops and returns its output."""
        if self._graph is not None:
            made = self._graph.lower(builder, x if isinstance(x, list) else [x])
            return made[0] if len(made) == 1 else made
        if not self.is_written:
            raise NotImplementedError(f"{type(self).__name__} has neither call(self, x) nor lower(self, builder, x)")
        return written.lower(self, builder, x)

    def call(self, x: object) -> object:
        """The output for a batch of values, in fastcnn.ops; may take `training` besides. See fastcnn.layers.written."""
        raise NotImplementedError(f"{type(self).__name__} has no call(self, x)")

    def lower_lowered(self, builder: Builder, given: list[Lowered]) -> list[Lowered]:
        """Emits the layer's ops for inputs in either order of axes."""
        first = self.data_format == layout.FIRST
        if first:
            tensors = [lowered.with_channels_last(builder) for lowered in given]
        elif self.elementwise and len({lowered.moved for lowered in given}) == 1:
            tensors, first = [lowered.tensor for lowered in given], given[0].moved
        else:
            tensors = [lowered.plain(builder) for lowered in given]
        made = self.lower(builder, tensors if self._several else tensors[0])
        made = made if isinstance(made, list) else [made]
        for y in made:
            penalties.add_activity(builder, self.activity_regularizer, y)
        return [Lowered(t, first and len(t.shape) == len(tensors[0].shape) > 2) for t in made]

    def __call__(self, inputs: object, training: bool | None = None, **kwargs: object) -> object:
        """The layer's output: symbolic for symbolic tensors, an array for an array (the batch axis first).

        training : for layers that differ in training; for symbolic tensors None follows the step.

        Raises:
            ValueError: when the inputs do not fit; names the layer.
        """
        kwargs.pop("mask", None)
        if kwargs:
            raise TypeError(f"layer {self.name!r}: unexpected arguments in a call. Received: {', '.join(kwargs)}")
        if not is_symbolic(inputs):
            from fastcnn.layers.eager import run_layer

            return run_layer(self, inputs, self.random_when_called if training is None else bool(training))
        several = isinstance(inputs, (list, tuple))
        tensors = list(inputs) if several else [inputs]
        origin = tensors[0].origin
        self.connect([t.shape for t in tensors] if several else inputs.shape, origin.dtype, origin)
        return Node(self, tensors, origin, training).result

    def connect(self, input_shape: Shape | list[Shape], dtype: str, origin: Origin) -> Shape | list[Shape]:
        """Builds the layer for an input of `input_shape` if that has not been done; returns the output's shape.

        origin : knows the random numbers of the weights' first values.

        Raises:
            ValueError: when the layer was built for another input, or the input does not fit; names the layer.
        """
        self.dtype = self.dtype or dtype
        for weight in () if self.built else self._variables:  # made before the type was known
            weight.value = weight.value.astype(self.dtype, copy=False)
        self._several = isinstance(input_shape, list)
        if self.built and not self._takes_too(input_shape):
            raise ValueError(
                f"layer {self.name!r} was built for inputs of shape {self.input_shape}. Received: {input_shape}"
            )
        try:
            output_shape = self._connect(input_shape, origin)
        except ValueError as error:
            raise ValueError(f"layer {self.name!r} with inputs of shape {input_shape}: {error}") from error
        self.input_shape, self.output_shape, self.built = input_shape, output_shape, True
        return output_shape

    def _connect(self, input_shape: Shape | list[Shape], origin: Origin) -> Shape | list[Shape]:
        first = self.data_format == layout.FIRST
        inner = _each(layout.channels_last, input_shape) if first else input_shape
        if not self.built and self._is_composite:
            self._graph = self._trace(inner, origin)
        if self._graph is not None:
            shapes = [t.shape for t in self._graph.outputs]
            return shapes[0] if len(shapes) == 1 else shapes
        output_shape = None if self.is_written else self.compute_output_shape(inner)
        if not self.built:
            self._origin = origin
            self.build(inner)
        output_shape = output_shape or self.compute_output_shape(inner)
        rank = len(inner[0] if isinstance(inner, list) else inner)
        return layout.channels_first(output_shape) if first and len(output_shape) == rank else output_shape

    def _trace(self, input_shape: Shape | list[Shape], origin: Origin) -> Graph:
        """The graph that `call` makes of the layers it uses."""
        from fastcnn.layers.input import symbolic_input

        several = isinstance(input_shape, list)
        inputs = [symbolic_input(shape, origin) for shape in (input_shape if several else [input_shape])]
        self.build(input_shape)
        outputs = written.run(self, inputs if several else inputs[:1], None)
        return Graph(inputs, outputs if isinstance(outputs, (list, tuple)) else [outputs])

    def _takes_too(self, input_shape: Shape | list[Shape]) -> bool:
        """Whether a built layer may read this shape as well."""
        if self.input_shape == input_shape:
            return True
        if self._graph is not None or isinstance(input_shape, list) or len(input_shape) != len(self.input_shape):
            return False
        channels = 1 if self.data_format == layout.FIRST else -1
        return not self.weights or (self.any_size and input_shape[channels] == self.input_shape[channels])

    @property
    def is_written(self) -> bool:
        """Whether the layer is a function of arrays."""
        return type(self).call is not Layer.call

    @property
    def _is_composite(self) -> bool:
        """Whether `call` uses layers that are attributes."""
        return self.is_written and any(True for _ in self.sublayers())

    def sublayers(self) -> Iterator["Layer"]:
        """Layers that are attributes, or in lists that are."""
        for name, value in vars(self).items():
            if not name.startswith("_"):
                yield from (v for v in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(v, Layer))

    @property
    def input(self) -> SymbolicTensor | list[SymbolicTensor]:
        """What the layer's first call reads."""
        inputs = self._first_node.inputs or self._first_node.outputs
        return inputs[0] if len(inputs) == 1 else inputs

    @property
    def output(self) -> SymbolicTensor | list[SymbolicTensor]:
        """What the layer's first call makes."""
        return self._first_node.result

    @property
    def _first_node(self) -> Node:
        if not self.nodes:
            raise AttributeError(f"layer {self.name!r} is not part of a model yet, so it has no input and no output")
        return self.nodes[0]

    def get_config(self) -> dict:
        """All arguments that rebuild this layer, as plain JSON values under Keras's names."""
        from fastcnn.saving.objects import arguments_of

        first = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        return first | arguments_of(self)

    @classmethod
    def from_config(cls, config: dict) -> "Layer":
        """The layer that get_config described."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _each(change: Callable[[Shape], Shape], shape: Shape | list[Shape]) -> Shape | list[Shape]:
    return [change(one) for one in shape] if isinstance(shape, list) else change(shape)


def _declared_shape(layer: str, input_shape: object, batch_input_shape: object) -> Shape | None:
    if input_shape is None and batch_input_shape is None:
        return None
    shape = tuple(input_shape) if batch_input_shape is None else tuple(batch_input_shape)[1:]
    if not all(isinstance(size, (int, np.integer)) and size > 0 for size in shape):
        raise ValueError(f"{layer}: input_shape must hold positive integers, without the batch. Received: {shape}")
    return (None, *(int(size) for size in shape))
