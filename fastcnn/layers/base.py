"""What every layer shares: name, weights, shapes, configuration."""

import inspect
from collections.abc import Sequence

import numpy as np

from fastcnn import initializers
from fastcnn.compat.calls import translate_call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers.naming import unique_name

Shape = tuple[int | None, ...]


class LayerType(type):
    """Lets older spellings of constructor arguments through: they are translated before __init__ sees them."""

    def __call__(cls, *args: object, **kwargs: object) -> "Layer":
        args, kwargs = translate_call(cls, args, kwargs)
        layer = super().__call__(*args, **kwargs)
        layer._arguments = _bound(cls, args, kwargs)
        return layer


def _bound(cls: type, args: tuple, kwargs: dict) -> dict:
    """Positional arguments by name, so that a layer can be rebuilt from its configuration."""
    bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs).arguments
    return {name: value for name, value in bound.items() if name not in ("self", "kwargs")} | bound.get("kwargs", {})


class Layer(metaclass=LayerType):
    """One step of a network.

    A layer says its output's shape (`compute_output_shape`), makes its weights once the input's shape is known
    (`build`), and emits its ops (`lower`). Shapes have the batch axis first, as None.

    name : unique in a model; made from the class name when not given.
    trainable : whether the optimizer may change the weights.
    input_shape, batch_input_shape : shape of the model's input, for the first layer; without / with the batch axis.
    """

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
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
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.built = False
        self.declared_input_shape = _declared_shape(type(self).__name__, input_shape, batch_input_shape)
        self._variables: list[Variable] = []

    def build(self, input_shape: Shape) -> None:
        """Makes the weights; called once, when the input's shape is known."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Shape of the output for an input of `input_shape`."""
        return input_shape

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        """Emits the layer's ops and returns its output."""
        raise NotImplementedError(f"{type(self).__name__} has no lower(builder, x)")

    def connect(self, input_shape: Shape, dtype: str, rng: np.random.Generator | None) -> Shape:
        """Builds the layer for an input of `input_shape` if that has not been done; returns the output's shape.

        rng : for the first values of the weights; None makes weights that have a shape and no memory yet.

        Raises:
            ValueError: when the layer was built for another input, or the input does not fit; names the layer.
        """
        self.dtype = self.dtype or dtype
        if self.built and self.input_shape != input_shape:
            raise ValueError(
                f"layer {self.name!r} was built for inputs of shape {self.input_shape}. Received: {input_shape}"
            )
        try:
            output_shape = self.compute_output_shape(input_shape)
            if not self.built:
                self._rng = rng
                self.build(input_shape)
        except ValueError as error:
            raise ValueError(f"layer {self.name!r} with inputs of shape {input_shape}: {error}") from error
        self.input_shape, self.output_shape, self.built = input_shape, output_shape, True
        return output_shape

    def add_weight(self, name: str, shape: Sequence[int], initializer: object, trainable: bool = True) -> Variable:
        """A new weight, filled by the initializer."""
        dtype = self.dtype or "float32"
        if self._rng is None:  # only shapes are wanted: an array without memory of its own
            value = np.broadcast_to(np.zeros((), dtype), tuple(shape))
        else:
            value = np.ascontiguousarray(initializers.get(initializer)(tuple(shape), dtype=dtype, rng=self._rng))
        variable = Variable(value, f"{self.name}/{name}", trainable)
        self._variables.append(variable)
        return variable

    @property
    def weights(self) -> list[Variable]:
        """All weights, in the order of get_weights()."""
        return list(self._variables)

    @property
    def trainable_weights(self) -> list[Variable]:
        """Weights that the optimizer changes: none when the layer is frozen."""
        return [v for v in self._variables if v.trainable and self.trainable]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """Weights that the optimizer leaves alone."""
        return [v for v in self._variables if not (v.trainable and self.trainable)]

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Writes arrays of the same number and shapes into the weights.

        Raises:
            ValueError: when number or shapes differ; nothing is changed then.
        """
        expected, received = [v.shape for v in self.weights], [np.shape(w) for w in weights]
        if expected != received:
            raise ValueError(f"layer {self.name!r}: expected weights of shapes {expected}. Received: {received}")
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Number of weights' elements."""
        return sum(variable.value.size for variable in self.weights)

    def get_config(self) -> dict:
        """Arguments that rebuild this layer, as plain JSON values."""
        config = {"name": self.name, "trainable": self.trainable}
        for key, value in self._arguments.items():
            config[key] = _plain(value)
        return config | {"name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: dict) -> "Layer":
        """The layer that get_config described."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def _declared_shape(layer: str, input_shape: object, batch_input_shape: object) -> Shape | None:
    if input_shape is None and batch_input_shape is None:
        return None
    shape = tuple(input_shape) if batch_input_shape is None else tuple(batch_input_shape)[1:]
    if not all(isinstance(size, (int, np.integer)) and size > 0 for size in shape):
        raise ValueError(f"{layer}: input_shape must hold positive integers, without the batch. Received: {shape}")
    return (None, *(int(size) for size in shape))


def _plain(value: object) -> object:
    """A JSON value that the constructor takes back."""
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "get_config"):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if callable(value):
        return value.__name__
    return value
