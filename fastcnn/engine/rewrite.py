"""What rewrite rules share: finding ops that follow each other, and putting others in their place."""

import math
from collections.abc import Callable

from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import KERNELS

Rule = Callable[[Program, Backend], None]


def neighbours(program: Program, first: str, second: str, output: str = "y", read: str = "x") -> list[tuple[Op, Op]]:
    """Pairs where the `output` of a `first` op is read by one op only, a `second` op as its `read`, and by no outsider.

    Pairs do not overlap: an op is part of one pair at most.
    """
    found, taken = [], set()
    for op in program.ops:
        made = op.args.get(output)
        if op.kernel != first or program.is_output(made) or id(op) in taken:
            continue
        readers = program.uses(made)
        if len(readers) == 1 and readers[0].kernel == second and readers[0].args.get(read) is made:
            found.append((op, readers[0]))
            taken.add(id(readers[0]))
    return found


def replace(program: Program, op: Op, by: list[Op]) -> None:
    """Puts the ops `by` (none: removes) in the place of `op`."""
    place = program.ops.index(op)
    if place < program.forward_ops:
        program.forward_ops += len(by) - 1
    program.ops[place : place + 1] = by


def writer_of(program: Program, tensor: Tensor) -> Op | None:
    """The op that writes the tensor's memory."""
    return next((op for op in program.ops if any(t.root is tensor.root for t in op.outputs.values())), None)


def with_kernel(op: Op, kernel: str, params: dict, **arrays: Tensor | None) -> Op:
    """An op of another kernel: arrays of the same names are taken over, missing ones are None."""
    args = dict.fromkeys(KERNELS[kernel].arrays) | {**op.args, "work": None} | arrays
    return Op(kernel, {name: args[name] for name in KERNELS[kernel].arrays}, params, op.layer)


def offered(backend: Backend, op: Op) -> bool:
    """Whether the backend takes this very op."""
    arrays = KERNELS[op.kernel].arrays
    shapes = {name: arrays[name].canonical_shape(t.shape) for name, t in op.args.items() if t is not None}
    return backend.offers(op.kernel, shapes, **op.params)


def join(program: Program, backend: Backend, gone: Op, kept: Op, joined: Op) -> None:
    """Puts `joined` in the place of `kept`, and nothing in that of `gone`, if the backend takes it."""
    if offered(backend, joined):
        replace(program, gone, [])
        replace(program, kept, [joined])


def plain_relu(op: Op) -> bool:
    """Whether a relu_forward or relu_backward is what fused kernels do: leaky or not, no maximum, threshold 0."""
    return op.params["threshold"] == 0 and op.params["max_value"] == math.inf


def side_by_side(pool: Op) -> bool:
    """Whether a pooling's windows neither overlap nor leave gaps nor reach into padding."""
    return pool.params["strides"] == pool.params["pool_size"] and pool.params["padding"] == ((0, 0), (0, 0))
