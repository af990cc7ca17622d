"""Models whose layers stand in a row."""

from collections.abc import Iterable, Sequence

from fastcnn import config
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import Graph, Shape, SymbolicTensor
from fastcnn.layers.input import InputLayer
from fastcnn.models.model import Model


class Sequential(Model):
    """A network of layers in a row.

    layers : layers or models, the first of which may be an Input.
    backend : name of the backend that computes; None follows set_backend / use_backend.
    dtype : "float32", or "float64" for checks; None is config.floatx.
    """

    def __init__(
        self,
        layers: Iterable[Layer] | None = None,
        trainable: bool = True,
        name: str | None = None,
        backend: str | None = None,
        dtype: str | None = None,
    ):
        dtype = dtype or config.floatx
        if dtype not in ("float32", "float64"):
            raise ValueError(f'Sequential: dtype must be "float32" or "float64". Received: {dtype!r}')
        self._layers: list[Layer] = []
        super().__init__(name=name, backend=backend, dtype=dtype)
        for layer in layers or ():
            self.add(layer)
        if not trainable:
            self.trainable = False

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order, without the Input."""
        return list(self._layers)

    def add(self, layer: Layer | SymbolicTensor) -> None:
        """Appends a layer or a model; builds it if the shape of its input is known.

        Raises:
            TypeError: for what is no layer.
            ValueError: when the layer's name is taken or the shapes do not fit.
        """
        if isinstance(layer, SymbolicTensor) and not layer.node.inputs:
            layer = layer.node.layer
        if not isinstance(layer, Layer):
            hint = f"; write {layer.__name__}()" if isinstance(layer, type) and issubclass(layer, Layer) else ""
            raise TypeError(f"Sequential: expected a layer{hint}. Received: {layer!r}")
        if any(known.name == layer.name for known in self._layers):
            raise ValueError(f"Sequential: layer names must be unique. Received twice: {layer.name!r}")
        if self.input_shape is None and not self._layers:
            self._begin(layer)
        if isinstance(layer, InputLayer):
            if self._layers:
                raise ValueError("Sequential: Input can only come first")
            return
        if self._graph is not None:
            self._extend([layer])
        self._layers.append(layer)

    def _begin(self, layer: Layer) -> None:
        """Takes the input's shape from the first layer, if it says one."""
        shape = layer.declared_input_shape
        if isinstance(layer, Model) and layer.built:
            shape = layer.input_shape
        if shape is not None:
            self._start(shape, layer.name if isinstance(layer, InputLayer) else None)

    def _start(self, shape: Shape, name: str | None = None) -> None:
        x = InputLayer(batch_shape=shape, name=name, dtype=self.dtype).tensor
        self._set_graph(Graph([x], [x]), self.dtype)

    def _extend(self, layers: Iterable[Layer]) -> None:
        x, y = self.input, self.output
        for layer in layers:
            y = layer(y)
        self._set_graph(Graph([x], [y]), self.dtype)

    def pop(self) -> Layer:
        """Removes the last layer and returns it."""
        if not self._layers:
            raise ValueError("Sequential: there is no layer to remove")
        removed = self._layers.pop()
        if self._graph is not None:
            self._set_graph(Graph(self.inputs, [self.output.node.inputs[0]]), self.dtype)
        return removed

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Makes the weights, for inputs of `input_shape` (batch axis included, None)."""
        if input_shape is not None and not self.built:
            self._start((None, *tuple(input_shape)[1:]))
            self._extend(self._layers)
        if not self.built:
            raise ValueError(
                "the model does not know the shape of its input: give the first layer input_shape=(rows, columns, "
                "channels), or call build or fit with data"
            )

    def ensure_built(self, sample_shape: Sequence[int] | None) -> None:
        """Builds the model for inputs of that shape (without batch), unless it is built."""
        if not self._layers:
            raise ValueError("the model has no layers: add some first")
        if not self.built:
            self.build(None if sample_shape is None else (None, *sample_shape))
