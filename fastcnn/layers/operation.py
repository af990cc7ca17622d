"""Functions of fastcnn.ops in a graph of layers: `ops.relu(x)`, `x * 2`, `x[:, 0]` of symbolic tensors."""

import numpy as np

from fastcnn import activations, ops
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import SymbolicTensor
from fastcnn.layers.naming import unique_name


class Operation(Layer):
    """A function of fastcnn.ops as a layer.

    function : its name.
    args, kwargs : its arguments; {"input": i} stands for input number i, and {"tuple": [...]}, {"slice": [...]} and
        {"ellipsis": True} for what JSON does not have.

    Raises:
        ValueError: for a name that is none of fastcnn.ops.
    """

    def __init__(self, function: str, args: list, kwargs: dict | None = None, **layer: object):
        layer.setdefault("name", unique_name(str(function)))
        super().__init__(**layer)
        self.function = function_named(function)
        self.args, self.kwargs = list(args), dict(kwargs or {})

    def call(self, x: object) -> object:
        given = x if isinstance(x, list) else [x]
        args, kwargs = _filled(self.args, given), {name: _filled(value, given) for name, value in self.kwargs.items()}
        return self.function(*args, **kwargs)

    def lower(self, builder: Builder, x: Tensor | list[Tensor]) -> Tensor:
        y = activations.emit_as_kernels(builder, self.call, x)
        return super().lower(builder, x) if y is None else y


def function_named(name: object) -> object:
    """The function of fastcnn.ops of that name: no other name gets through, whoever gives it."""
    found = getattr(ops, name, None) if isinstance(name, str) and not name.startswith("_") else None
    if not callable(found) or isinstance(found, type) or name == "deferring":
        raise ValueError(f"Operation: expected the name of a function of fastcnn.ops. Received: {name!r}")
    return found


class _Inputs:
    """Collects symbolic tensors of a call while their places are noted."""

    def __init__(self) -> None:
        self.found: list[SymbolicTensor] = []

    def noted(self, value: object) -> object:
        """The value with {"input": i} for symbolic tensors."""
        if isinstance(value, SymbolicTensor):
            if value not in self.found:
                self.found.append(value)
            return {"input": self.found.index(value)}
        if isinstance(value, tuple):
            return {"tuple": [self.noted(one) for one in value]}
        if isinstance(value, list):
            return [self.noted(one) for one in value]
        if isinstance(value, slice):
            return {"slice": [value.start, value.stop, value.step]}
        if value is Ellipsis:
            return {"ellipsis": True}
        if isinstance(value, (np.ndarray, np.generic)):
            return value.tolist()
        return value


def _filled(value: object, inputs: list) -> object:
    if isinstance(value, dict):
        if "input" in value:
            return inputs[value["input"]]
        if "tuple" in value:
            return tuple(_filled(one, inputs) for one in value["tuple"])
        return slice(*value["slice"]) if "slice" in value else Ellipsis
    if isinstance(value, list):
        return [_filled(one, inputs) for one in value]
    return value


# Sums of tensors of one shape and the like are layers of their own, which files of Keras can hold.
_LAYERS = {"add": "Add", "multiply": "Multiply", "subtract": "Subtract", "maximum": "Maximum"}


def apply(function: str, args: tuple, kwargs: dict) -> SymbolicTensor:
    """The symbolic result of a function of symbolic tensors."""
    from fastcnn import layers

    merging = getattr(layers, _LAYERS.get(function, ""), None)
    if merging and not kwargs and all(isinstance(a, SymbolicTensor) for a in args) and args[0].shape == args[1].shape:
        return merging()(list(args))
    inputs = _Inputs()
    layer = Operation(function, inputs.noted(list(args)), {name: inputs.noted(value) for name, value in kwargs.items()})
    return layer(inputs.found[0] if len(inputs.found) == 1 else inputs.found)
