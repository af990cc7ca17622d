"""A program: kernel calls over numbered tensors, with static shapes for the largest batch.

It is a list, not a chain: an op may read any tensor made before it, so branches need nothing special.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import KERNELS, Kernel


@dataclass(eq=False)
class Tensor:
    """One array of a program.

    shape : with the largest batch first when `batched`.
    value : the array behind a variable or constant; None for what lives in the arena.
    base : the tensor of which this one is another shape (same memory), or None.
    trainable : the variable takes part in training.
    scaling : (scale, offset) that who fills an input applies to the batch, or None.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    name: str = ""
    batched: bool = True
    value: np.ndarray | None = None
    base: "Tensor | None" = None
    trainable: bool = False
    is_input: bool = False
    scaling: tuple[float, float] | None = None

    @property
    def root(self) -> "Tensor":
        """The tensor that owns the memory."""
        return self if self.base is None else self.base.root

    @property
    def nbytes(self) -> int:
        """Bytes at the largest batch."""
        return int(np.prod(self.shape)) * self.dtype.itemsize

    def shape_for(self, batch: int) -> tuple[int, ...]:
        """The shape when a step has `batch` samples."""
        return (batch, *self.shape[1:]) if self.batched else self.shape


@dataclass(eq=False)
class Op:
    """One kernel call: the contract's array arguments as tensors (None where optional), and its parameters."""

    kernel: str
    args: dict[str, Tensor | None]
    params: dict
    layer: str = ""

    @property
    def spec(self) -> Kernel:
        """The contract's entry."""
        return KERNELS[self.kernel]

    def on(self, backend: Backend) -> Callable:
        """What a backend runs for this op."""
        return backend.raw[self.kernel]

    def _named(self, *directions: str) -> dict[str, Tensor]:
        arrays = self.spec.arrays
        return {n: t for n, t in self.args.items() if t is not None and arrays[n].direction in directions}

    @property
    def inputs(self) -> dict[str, Tensor]:
        """Tensors that are read (updated ones too), by argument name."""
        return self._named("in", "update")

    @property
    def outputs(self) -> dict[str, Tensor]:
        """Tensors that are fully written, by argument name."""
        return self._named("out")

    @property
    def changes_variable(self) -> bool:
        """Whether the kernel works in place on something that outlives the step."""
        return bool(self._named("update"))


@dataclass(eq=False)
class Program:
    """Ops in running order.

    batch : samples in the largest step.
    forward_ops : how many of the ops at the front come before the first gradient.
    keys : (2,) uint32 arrays whose second element counts the steps (dropout).
    constants : ops that depend on variables alone; they run before a step when variables have changed.
    """

    batch: int
    dtype: np.dtype
    ops: list[Op] = field(default_factory=list)
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    keys: list[np.ndarray] = field(default_factory=list)
    forward_ops: int = 0
    constants: list[Op] = field(default_factory=list)

    def tensors(self) -> Iterator[Tensor]:
        """Every tensor that owns memory in the arena, once, in order of first appearance."""
        seen: set[int] = set()
        appearing = [*self.inputs.values(), *(t for op in self.ops for t in op.args.values() if t is not None)]
        for tensor in (t.root for t in appearing):
            if id(tensor) not in seen and tensor.value is None:
                seen.add(id(tensor))
                yield tensor

    def is_output(self, tensor: Tensor) -> bool:
        """Whether the tensor's memory is read from outside after a step."""
        return any(output.root is tensor.root for output in self.outputs.values())

    def uses(self, tensor: Tensor) -> list[Op]:
        """Ops that read the tensor's memory."""
        return [op for op in self.ops if any(t.root is tensor.root for t in op.inputs.values())]


class Builder:
    """What layers, losses and optimizers write a program with.

    training : whether layers that differ (dropout, batch normalisation) take their training form.
    trainable : the variables that gradients are wanted for.
    layer : name that the ops emitted from now on carry.
    penalties : tensors of one number that the loss grows by; None where no loss is wanted.
    """

    def __init__(self, batch: int, dtype: str = "float32", training: bool = False, trainable: Iterable[Variable] = ()):
        self.program = Program(batch, np.dtype(dtype))
        self.training = training
        self._trainable = {id(variable) for variable in trainable}
        self.layer = ""
        self.penalties: list[Tensor] | None = None
        self._variables: dict[Variable, Tensor] = {}

    @property
    def differentiable(self) -> bool:
        """Whether gradients are wanted of anything, so that ops must keep what theirs need."""
        return bool(self._trainable) or any(t.trainable for t in self.program.inputs.values())

    def input(self, name: str, shape: tuple[int, ...], trainable: bool = False) -> Tensor:
        """A batch that the caller fills before each step; `shape` without the batch axis.

        trainable : whether its gradient is wanted, as for saliency maps.
        """
        batch = (self.program.batch, *shape)
        tensor = Tensor(batch, self.program.dtype, name, trainable=trainable, is_input=True)
        self.program.inputs[name] = tensor
        return tensor

    def variable(self, variable: Variable) -> Tensor:
        """The tensor of a variable; the same one each time."""
        if variable not in self._variables:
            self._variables[variable] = Tensor(
                variable.shape,
                variable.dtype,
                variable.name,
                batched=False,
                value=variable.value,
                trainable=id(variable) in self._trainable,
            )
        return self._variables[variable]

    @contextmanager
    def standing_for(self, variable: Variable, tensor: Tensor) -> Iterator[None]:
        """Inside, whoever reads the variable reads the tensor."""
        before = self.variable(variable)
        self._variables[variable] = tensor
        try:
            yield
        finally:
            self._variables[variable] = before

    def constant(self, value: np.ndarray, name: str) -> Tensor:
        """A tensor over the caller's own array; the caller may change its contents between steps."""
        return Tensor(value.shape, value.dtype, name, False, value)

    def key(self, seed: int) -> Tensor:
        """A (2,) uint32 key of random numbers: the seed and the number of the step."""
        key = np.array([seed & 0xFFFFFFFF, 0], np.uint32)
        self.program.keys.append(key)
        return self.constant(key, "key")

    def tensor(self, shape: tuple[int, ...], like: Tensor | None = None, dtype: str | None = None) -> Tensor:
        """New memory of the whole `shape`; batched unless `like` is a tensor without a batch axis."""
        kind = np.dtype(dtype) if dtype else self.program.dtype
        return Tensor(tuple(shape), kind, batched=like is None or like.batched)

    def view(self, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
        """The same memory with another shape (batch axis included)."""
        for same in (tensor, tensor.root):  # a view of a view that has the old shape again is the old tensor
            if tuple(shape) == same.shape:
                return same
        if np.prod(shape) != np.prod(tensor.shape):
            raise ValueError(f"cannot view a tensor of shape {tensor.shape} as {tuple(shape)}")
        return Tensor(tuple(shape), tensor.dtype, tensor.name, tensor.batched, tensor.value, tensor)

    def emit(self, kernel: str, **arguments: object) -> Op:
        """Appends one kernel call; arguments by the contract's names, `work` left out."""
        arrays = KERNELS[kernel].arrays
        args = {name: arguments.pop(name, None) for name in arrays}
        op = Op(kernel, args, arguments, self.layer)
        self.program.ops.append(op)
        return op
