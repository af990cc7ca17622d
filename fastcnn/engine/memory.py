"""Where each tensor lives: lifetimes -> offsets in one arena, allocated once.

A tensor lives from the first op that touches it to the last one that reads it. Tensors whose lives do not meet may
share bytes; the output of an elementwise kernel takes its input's place where the contract allows it and nobody needs
the input any more.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from fastcnn.engine.program import Program, Tensor

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


@dataclass
class _Block:
    """Tensors that share the same bytes, alive from op `first` to op `last`, both included."""

    tensors: list[Tensor]
    nbytes: int
    first: int
    last: int
    offset: int = 0


class Arena:
    """One piece of memory for programs that never run at the same time; it grows to what the largest one needs."""

    def __init__(self) -> None:
        self.bytes = np.empty(0, np.uint8)

    def reserve(self, nbytes: int) -> np.ndarray:
        """At least `nbytes` bytes, another array than before if it had to grow. The system gives pages when written."""
        if self.bytes.size < nbytes:
            self.bytes = np.empty(0, np.uint8)  # the old memory goes back before the new is taken
            raw = np.empty(nbytes + ALIGNMENT, np.uint8)
            start = -raw.ctypes.data % ALIGNMENT
            self.bytes = raw[start : start + nbytes]
        return self.bytes


@dataclass
class Memory:
    """A plan: offset in bytes of every root tensor, and the bytes that the program needs."""

    offsets: dict[int, int]
    nbytes: int

    def array(self, arena: np.ndarray, tensor: Tensor, batch: int) -> np.ndarray:
        """The array of a tensor for a step of `batch` samples: a view of the arena's bytes, never a copy."""
        if tensor.root.value is not None:
            return tensor.root.value.reshape(tensor.shape)
        shape = tensor.shape_for(batch)
        offset = self.offsets[id(tensor.root)]
        count = prod(shape) * tensor.dtype.itemsize
        return arena[offset : offset + count].view(tensor.dtype).reshape(shape)


def plan(program: Program) -> Memory:
    """Lays out every tensor of the program that has no array of its own."""
    blocks = _share_in_place(program, _lifetimes(program))
    return Memory(_place(blocks), max((b.offset + b.nbytes for b in blocks), default=0))


def _lifetimes(program: Program) -> dict[int, _Block]:
    end = len(program.ops)
    spans: dict[int, list[int]] = {}
    for number, op in enumerate(program.ops):
        for tensor in op.args.values():
            if tensor is not None:
                spans.setdefault(id(tensor.root), [number, number])[1] = number
    for tensor in program.inputs.values():  # filled before the first op
        spans.setdefault(id(tensor.root), [0, 0])[0] = -1
    for tensor in program.outputs.values():  # read after the last op
        spans.setdefault(id(tensor.root), [end, end])[1] = end
    return {id(t): _Block([t], t.nbytes, *spans[id(t)]) for t in program.tensors()}


def _share_in_place(program: Program, blocks: dict[int, _Block]) -> list[_Block]:
    """Merges an output with the input it may overwrite, if that input is not read later."""
    for number, op in enumerate(program.ops):
        for name, spec in op.spec.arrays.items():
            output = op.args.get(name)
            source = op.args.get(spec.may_alias) if spec.may_alias else None
            if output is None or source is None or source.value is not None or source.root.is_input:
                continue
            old, new = blocks[id(source.root)], blocks[id(output.root)]
            if old is not new and old.last == number and new.first == number and old.nbytes == new.nbytes:
                old.last = new.last
                old.tensors += new.tensors
                for tensor in new.tensors:
                    blocks[id(tensor)] = old
    return list({id(block): block for block in blocks.values()}.values())


def _place(blocks: list[_Block]) -> dict[int, int]:
    """Largest first, each at the lowest offset that is free during its whole life."""
    placed: list[_Block] = []
    offsets: dict[int, int] = {}
    for block in sorted(blocks, key=lambda b: (-b.nbytes, b.first)):
        offset = 0
        neighbours = (b for b in placed if b.first <= block.last and block.first <= b.last)
        for other in sorted(neighbours, key=lambda b: b.offset):
            if offset + block.nbytes <= other.offset:
                break
            offset = max(offset, _aligned(other.offset + other.nbytes))
        block.offset = offset
        placed.append(block)
        offsets.update({id(tensor): offset for tensor in block.tensors})
    return offsets


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
