"""The ONNX graph as it grows, and in which order of axes each value exists.

fastcnn has the channels last; ONNX's convolutions and poolings want them first. An image is moved where an operator
needs it, once, and operators of single elements work in whichever order is there already.
"""

import numpy as np

from fastcnn.engine.program import Tensor

LAST, FIRST = "channels_last", "channels_first"
_MOVES = {FIRST: [0, 3, 1, 2], LAST: [0, 2, 3, 1]}


class OnnxGraph:
    """Nodes and constants, and the names of tensors of a program."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self.nodes: list = []
        self.constants: list = []
        self._names: dict[tuple[int, str], str] = {}  # (id of a tensor, order of axes) -> name of the value
        self._kept: list[Tensor] = []  # so that ids stay theirs

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Appends a node and returns the name of its output."""
        name = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(kind, list(inputs), [name], name, **attributes))
        return name

    def constant(self, value: object, dtype: object = None) -> str:
        """A constant's name."""
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(value, dtype=dtype) if np.ndim(value) else np.asarray(value, dtype)
        self.constants.append(self._numpy.from_array(array, name))
        return name

    def set(self, tensor: Tensor, name: str, order: str = LAST) -> None:
        """Says under which name a tensor's value exists."""
        self._names[id(tensor), order] = name
        self._kept.append(tensor)

    def order_of(self, tensor: Tensor) -> str:
        """The order of axes that needs no move, for operators that do not care."""
        return FIRST if (id(tensor), FIRST) in self._names else LAST

    def get(self, tensor: Tensor, order: str = LAST) -> str:
        """Name of the tensor's value in that order of axes."""
        found = self._names.get((id(tensor), order))
        if found is not None:
            return found
        if tensor.root.value is not None:
            name = self.constant(tensor.root.value.reshape(tensor.shape))
        elif tensor.base is not None and order == LAST:  # the same memory with another shape, batch axis first
            shape = self.constant([0, *tensor.shape[1:]], np.int64)
            name = self.node("Reshape", self.get(tensor.root), shape)
        else:
            other = LAST if order == FIRST else FIRST
            name = self.node("Transpose", self.get(tensor, other), perm=_MOVES[order])
        self.set(tensor, name, order)
        return name
