"""Which layer reads what: symbolic tensors, the nodes that make them, and the graph between inputs and outputs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.layout import Lowered
from fastcnn.ops.deferring import Deferred
from fastcnn.random import generator

Shape = tuple[int | None, ...]

_abstract = ContextVar("abstract", default=False)


@contextmanager
def abstract_weights() -> Iterator[None]:
    """Inside, weights get shapes and no memory: a file is checked before anything is allocated."""
    token = _abstract.set(True)
    try:
        yield
    finally:
        _abstract.reset(token)


class Origin:
    """What all tensors have in common that come from one input: the type, and the random numbers of the weights."""

    def __init__(self, dtype: str):
        self.dtype = dtype
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator | None:
        """Drawn when first needed, so that a seed set before building counts; None makes weights without memory."""
        if self._rng is None and not _abstract.get():
            self._rng = generator()
        return self._rng


class SymbolicTensor(Deferred):
    """What a layer will give: a shape (batch first, as None) and the node that makes it.

    Python's arithmetic, indexing and the functions of fastcnn.ops make layers of their own.
    """

    def __init__(self, shape: Shape, origin: Origin, node: "Node", number: int = 0):
        self.shape, self.origin, self.node, self.number = shape, origin, node, number

    @property
    def dtype(self) -> str:
        """Type of the elements."""
        return self.origin.dtype

    @property
    def name(self) -> str:
        """Name of the layer that makes it."""
        return self.node.layer.name

    def __repr__(self) -> str:
        return f"<SymbolicTensor of {self.name!r}, shape={self.shape}>"

    def defer(self, function: str, args: tuple, kwargs: dict) -> "SymbolicTensor":
        from fastcnn.layers.operation import apply

        return apply(function, args, kwargs)

    def __add__(self, other: object) -> "SymbolicTensor":
        return self.defer("add", (self, other), {})

    def __radd__(self, other: object) -> "SymbolicTensor":
        return self.defer("add", (other, self), {})

    def __sub__(self, other: object) -> "SymbolicTensor":
        return self.defer("subtract", (self, other), {})

    def __rsub__(self, other: object) -> "SymbolicTensor":
        return self.defer("subtract", (other, self), {})

    def __mul__(self, other: object) -> "SymbolicTensor":
        return self.defer("multiply", (self, other), {})

    def __rmul__(self, other: object) -> "SymbolicTensor":
        return self.defer("multiply", (other, self), {})

    def __truediv__(self, other: object) -> "SymbolicTensor":
        return self.defer("divide", (self, other), {})

    def __rtruediv__(self, other: object) -> "SymbolicTensor":
        return self.defer("divide", (other, self), {})

    def __pow__(self, other: object) -> "SymbolicTensor":
        return self.defer("power", (self, other), {})

    def __matmul__(self, other: object) -> "SymbolicTensor":
        return self.defer("matmul", (self, other), {})

    def __neg__(self) -> "SymbolicTensor":
        return self.defer("negative", (self,), {})

    def __getitem__(self, index: object) -> "SymbolicTensor":
        return self.defer("get_item", (self, index), {})

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        raise TypeError(f"{self!r} has no values: it stands for what a layer will give. Use a Model to compute it")

    __array_ufunc__ = None  # an array on the left leaves the arithmetic to us


class Node:
    """One call of a layer. An input's node reads nothing.

    training : what the call said, for layers that differ in training; None follows the step.
    """

    def __init__(self, layer: object, inputs: Sequence[SymbolicTensor], origin: Origin, training: bool | None = None):
        self.layer, self.inputs, self.training = layer, list(inputs), training
        shape = layer.output_shape
        shapes = shape if isinstance(shape, list) else [shape]
        self.outputs = [SymbolicTensor(shape, origin, self, number) for number, shape in enumerate(shapes)]
        layer.nodes.append(self)

    @property
    def result(self) -> SymbolicTensor | list[SymbolicTensor]:
        """What the call returns."""
        return self.outputs[0] if len(self.outputs) == 1 else self.outputs

    def lower(self, builder: Builder, given: list[Lowered]) -> list[Lowered]:
        """Emits the layer's ops."""
        before = builder.training
        if self.training is not None:
            builder.training = self.training and before
        builder.layer = self.layer.name
        made = self.layer.lower_lowered(builder, given)
        builder.training = before
        return made


class Graph:
    """The nodes between inputs and outputs, in running order.

    Raises:
        ValueError: when an output depends on an input that is not among `inputs`, or two layers share a name.
    """

    def __init__(self, inputs: Sequence[SymbolicTensor], outputs: Sequence[SymbolicTensor]):
        self.inputs, self.outputs = list(inputs), list(outputs)
        self._known = {id(tensor) for tensor in inputs}
        self._first_seen: dict[object, int] = {}
        self.nodes: list[Node] = []
        self._visited: set[Node] = set()
        for output in self.outputs:
            self._visit(output)
        self.layers = self._ordered_layers()
        names = [layer.name for layer in self.layers]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"layer names must be unique. Received twice: {twice!r}")

    def _visit(self, tensor: SymbolicTensor) -> None:
        """Appends the tensor's node behind all that it reads; layers are numbered as they are met."""
        node = tensor.node
        given = id(tensor) in self._known
        if node in self._visited or (given and node.inputs):
            return
        if not given and not node.inputs:
            raise ValueError(
                f"the outputs depend on {node.layer.name!r}, which is not among the inputs: "
                f"{[t.name for t in self.inputs]}"
            )
        self._visited.add(node)
        self._first_seen.setdefault(node.layer, len(self._first_seen))
        for read in node.inputs:
            self._visit(read)
        self.nodes.append(node)

    def _ordered_layers(self) -> list:
        """Layers by distance from the outputs, then in the order they were met: Keras's order, that of the weights."""
        depths: dict[Node, int] = {}
        of_layer: dict[object, int] = {}
        for node in reversed(self.nodes):
            depth = max(depths.get(node, 0), of_layer.get(node.layer, 0))
            depths[node] = of_layer[node.layer] = depth
            for read in node.inputs:
                depths[read.node] = max(depth + 1, depths.get(read.node, 0))
        return sorted(of_layer, key=lambda layer: (-of_layer[layer], self._first_seen[layer]))

    def lower(self, builder: Builder, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Emits all nodes' ops; the outputs' tensors."""
        made = {id(s): Lowered(t) for s, t in zip(self.inputs, inputs, strict=True)}
        for node in self.nodes:
            if node.inputs:
                found = node.lower(builder, [made[id(t)] for t in node.inputs])
                made.update((id(s), lowered) for s, lowered in zip(node.outputs, found, strict=True))
        return [made[id(t)].plain(builder) for t in self.outputs]


def is_symbolic(value: object) -> bool:
    """Whether it is a symbolic tensor, or a list or tuple of such."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(v, SymbolicTensor) for v in value)
    return isinstance(value, SymbolicTensor)
