"""Runs a program: everything is looked up and checked once, when a batch size is first seen; then only kernels run."""

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from fastcnn.engine import memory
from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.kernels.backends import Backend

LENDABLE_BYTES = 1 << 20  # a smaller batch is copied sooner than the ops that read it are bound to it


class Runner:
    """A program bound to a backend and to memory.

    arena : shared with other programs that never run at the same time; None: one of its own.

    Attributes:
        program, backend, memory: what it was made of.
    """

    def __init__(self, program: Program, backend: Backend, arena: memory.Arena | None = None):
        self.program, self.backend = program, backend
        self._arena = arena or memory.Arena()
        self._bound_to: np.ndarray | None = None
        for op in program.ops:
            _add_work(op, backend)
        for op in program.constants:
            _add_work(op, backend)
            if op.args.get("work") is not None:  # they run between steps, when the arena may belong to another program
                op.args["work"].value = np.empty(op.args["work"].shape, op.args["work"].dtype)
        self.memory = memory.plan(program)
        self._bound: dict[int, list[Callable]] = {}
        self._lent: dict[Tensor, np.ndarray] = {}  # inputs that are read where the caller has them
        self._views: dict[tuple[Tensor, int], np.ndarray] = {}
        self._prepared_at = -1

    def array(self, tensor: Tensor, batch: int) -> np.ndarray:
        """The memory of a tensor for a step of `batch` samples."""
        arena = self._reserve()
        if tensor.root in self._lent:
            return self._lent[tensor.root].reshape(tensor.shape_for(batch))
        view = self._views.get((tensor, batch))
        if view is None:
            view = self._views[tensor, batch] = self.memory.array(arena, tensor, batch)
        return view

    def fill(self, tensor: Tensor, batch: np.ndarray) -> None:
        """Makes a batch an input: copied, scaled as the program wants it, or read in place until the next one."""
        self._reserve()
        fits = batch.dtype == tensor.dtype and batch.flags.c_contiguous and batch.flags.aligned
        lendable = fits and tensor.scaling is None and batch.nbytes >= LENDABLE_BYTES
        self._lend(tensor, batch if lendable else None, len(batch))
        if lendable:
            return
        target = self.array(tensor, len(batch))
        if tensor.scaling is None:
            np.copyto(target, batch, casting="unsafe")
            return
        scale, offset = tensor.scaling
        np.multiply(batch, scale, out=target, dtype=target.dtype, casting="unsafe")
        if offset:
            target += target.dtype.type(offset)

    def forward(self, batch: int) -> None:
        """Runs the ops up to the outputs and the loss."""
        if self._prepared_at != Variable.changes:
            self._prepare()
        for call in self._calls(batch)[: self._split]:
            call()

    def backward(self, batch: int) -> None:
        """Runs the rest: gradients and updates."""
        for call in self._calls(batch)[self._split :]:
            call()

    def timed(self, batch: int) -> list[float]:
        """Runs all ops; the seconds that each took."""
        if self._prepared_at != Variable.changes:
            self._prepare()
        stamps = [time.perf_counter()]
        for call in self._calls(batch):
            call()
            stamps.append(time.perf_counter())
        return [end - begin for begin, end in pairwise(stamps)]

    def first_non_finite(self, batch: int) -> str | None:
        """Runs the forward ops again, one by one; the name of the layer whose output is first not finite."""
        for op, call in zip(self.program.ops, self._calls(batch)[: self._split], strict=False):
            call()
            for tensor in op.outputs.values():
                array = self.array(tensor, batch)
                if array.dtype.kind == "f" and not np.isfinite(array).all():
                    return op.layer
        return None

    def unbind(self) -> None:
        """Lets go of the memory; the next step binds again."""
        self._bound.clear()
        self._views.clear()
        self._lent.clear()
        self._bound_to = None

    def _prepare(self) -> None:
        """Makes again what depends on variables alone."""
        self._prepared_at = Variable.changes
        for op in self.program.constants:
            self._bind(op, 1)()

    def _reserve(self) -> np.ndarray:
        """The arena's bytes; what was bound to other bytes is forgotten."""
        arena = self._arena.reserve(self.memory.nbytes)
        if arena is not self._bound_to:  # another program made the arena grow
            self.unbind()
            self._bound_to = arena
        return arena

    def _lend(self, tensor: Tensor, array: np.ndarray | None, batch: int) -> None:
        """Has the ops read the input from `array` (None: from memory of its own)."""
        if self._lent.get(tensor) is array:
            return
        self._lent.pop(tensor, None)
        if array is not None:
            self._lent[tensor] = array
        self._bound = {batch: self._bound[batch]} if batch in self._bound else {}
        for calls in self._bound.values():
            for number, op in enumerate(self.program.ops):
                if any(t is not None and t.root is tensor for t in op.args.values()):
                    calls[number] = self._bind(op, batch)

    def _calls(self, batch: int) -> list[Callable]:
        """A call for every op."""
        self._reserve()
        if batch not in self._bound:
            self._bound[batch] = [self._bind(op, batch) for op in self.program.ops]
        return self._bound[batch]

    @property
    def _split(self) -> int:
        """How many of the calls are the forward part."""
        return self.program.forward_ops or len(self.program.ops)

    def _bind(self, op: Op, batch: int) -> Callable:
        arrays = [None if t is None else self.array(t, batch) for t in op.args.values()]
        op.spec.check(*arrays, **op.params)
        specs = op.spec.arrays.values()
        views = [None if a is None else spec.canonical(a) for spec, a in zip(specs, arrays, strict=True)]
        return partial(op.on(self.backend), *views, **op.params)


def _add_work(op: Op, backend: Backend) -> None:
    """Gives the op the scratch memory that the backend wants for the largest batch."""
    if "work" not in op.spec.arrays:
        return
    arrays = op.spec.arrays
    shapes = {n: arrays[n].canonical_shape(t.shape) for n, t in op.args.items() if t is not None}
    kind = next(t.dtype for t in op.args.values() if t is not None)
    size = backend.work_size(op.kernel, shapes, kind.itemsize, **op.params)
    op.args["work"] = Tensor((size,), kind, "work", batched=False)
