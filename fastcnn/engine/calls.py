"""Ops that are Python functions over arrays, beside the kernels: layers and losses that users write, and rare ones.

They run on the processor whatever the backend, and may allocate; what is hot belongs into a kernel.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fastcnn.engine.program import Builder, Op, Tensor
from fastcnn.kernels.arrays import Array
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import Kernel


class Call(Protocol):
    """A function of arrays with a gradient. Arrays are those of the present step; its batch may vary."""

    name: str

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """Fills y."""

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the gradient of sum(y * dy) for each input, but those that are None."""


@dataclass(eq=False)
class CallOp(Op):
    """A call of `function(*arrays)`; the arrays in the order of `args`.

    directions : argument -> "in", "out" or "update", as in the contract.
    call : where the gradient comes from; None for functions without one.
    """

    function: Callable | None = None
    directions: dict[str, str] | None = None
    call: Call | None = None

    @property
    def spec(self) -> Kernel:
        """An entry as the contract has for kernels: real arrays of the ranks they have."""
        arrays = {name: Array(self.directions[name], len(t.shape)) for name, t in self.args.items()}
        return Kernel(self.kernel, "", False, arrays, lambda *arrays: None)

    def on(self, backend: Backend) -> Callable:
        """The function, whatever the backend."""
        return self.function

    def gradient(self, builder: Builder, dy: Tensor, wanted: Collection[str]) -> dict[str, Tensor]:
        """Emits the backward call; the gradients of the `wanted` inputs."""
        names = list(self.inputs)
        made = {name: builder.tensor(self.args[name].shape, like=self.args[name]) for name in wanted}

        def function(*arrays: np.ndarray) -> None:
            inputs, (y, dy, *found) = list(arrays[: len(names)]), arrays[len(names) :]
            filled = dict(zip(made, found, strict=True))
            self.call.backward(inputs, y, dy, [filled.get(name) for name in names])

        reads = {**self.inputs, "y": self.args["y"], "dy": dy}
        emit_call(builder, f"{self.kernel}_backward", function, reads, {f"d{name}": t for name, t in made.items()})
        return made


def emit_call(
    builder: Builder,
    name: str,
    function: Callable,
    reads: dict[str, Tensor],
    writes: dict[str, Tensor] | None = None,
    updates: dict[str, Tensor] | None = None,
    call: Call | None = None,
) -> CallOp:
    """Appends `function(*reads, *writes, *updates)`, which fills the writes and changes the updates in place."""
    parts = {"in": reads, "out": writes or {}, "update": updates or {}}
    directions = {name: direction for direction, tensors in parts.items() for name in tensors}
    args = {name: tensor for tensors in parts.values() for name, tensor in tensors.items()}
    op = CallOp(name, args, {}, builder.layer, function, directions, call)
    builder.program.ops.append(op)
    return op


def call(
    builder: Builder, call: Call, inputs: Sequence[Tensor], shape: Sequence[int], like: Tensor | None = None
) -> Tensor:
    """Appends a Call of `inputs` and returns its output, of the whole `shape`.

    like : a tensor without a batch axis, if the output has none either.
    """

    def function(*arrays: np.ndarray) -> None:
        call.forward(list(arrays[:-1]), arrays[-1])

    y = builder.tensor(tuple(shape), like=like)
    reads = {f"x{number}": tensor for number, tensor in enumerate(inputs)}
    emit_call(builder, call.name, function, reads, {"y": y}, call=call)
    return y
