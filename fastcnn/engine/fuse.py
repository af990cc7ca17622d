"""Rewrite rules: small, each with the condition under which it holds. The program computes the same before and after.

Rules of LOSS run before the gradient is made (they change which gradient is right for the numbers at hand); rules of
KERNELS run on the finished program and only where the backend offers the fused kernel.
"""

import math
from collections.abc import Callable

from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import KERNELS

_FROM_LOGITS = {
    ("softmax_forward", "categorical_crossentropy_forward"): "softmax_crossentropy_forward",
    ("sigmoid_forward", "binary_crossentropy_forward"): "sigmoid_crossentropy_forward",
}


def fuse_loss(program: Program, loss: Op) -> Op:
    """Softmax or sigmoid followed by its cross-entropy becomes one kernel that starts from the logits.

    Holds always: the value is the same to rounding, without the clip that hides the gradient of a saturated output.
    The activation's output is still written, for metrics. Returns the op that now computes the loss.
    """
    probs = loss.args.get("probs")
    if probs is None:
        return loss
    for op in program.ops:
        kernel = _FROM_LOGITS.get((op.kernel, loss.kernel))
        if kernel and op.args["y"].root is probs.root and _matrix(op.args["x"].shape) == _matrix(probs.shape):
            others = [reader for reader in program.uses(probs) if reader is not loss]
            if not others:
                args = {"logits": op.args["x"], "targets": loss.args["targets"], "probs": op.args["y"]}
                fused = Op(kernel, args | {"losses": loss.args["losses"]}, {}, op.layer)
                program.ops = [o for o in program.ops if o is not op and o is not loss] + [fused]
                return fused
    return loss


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    return math.prod(shape[:-1]), shape[-1]


def pool_before_relu(program: Program, backend: Backend) -> None:
    """relu, then max pooling -> max pooling, then relu: a quarter of the work for 2x2 windows.

    Holds because relu never decreases: the largest of the relu values is the relu of the largest. With negative_slope 0
    the gradient is the same too: it is 0 where the winner is dead, whichever of the equal zeros had won.
    Condition: nothing but the pooling reads the relu's output.
    """
    for relu, pool in _neighbours(program, "relu_forward", "maxpool2d_forward"):
        if relu.params["negative_slope"] != 0:
            continue
        x, pooled = relu.args["x"], pool.args["y"]
        between = Tensor(pooled.shape, pooled.dtype, pooled.name, pooled.batched)
        first = Op("maxpool2d_forward", pool.args | {"x": x, "y": between}, pool.params, pool.layer)
        second = Op("relu_forward", {"x": between, "y": pooled}, relu.params, relu.layer)
        _replace(program, relu, [])
        _replace(program, pool, [first, second])


def bias_into_product(program: Program, backend: Backend) -> None:
    """conv2d or dense, then bias [, then relu] -> the kernel that adds the bias and applies relu in registers.

    Condition: the backend offers the kernel; nothing else reads what lies between.
    """
    for product in ("conv2d", "dense"):
        fused = f"{product}_fused_forward"
        if not backend.offers(fused):
            continue
        for op, bias in _neighbours(program, f"{product}_forward", "bias_forward"):
            args = dict.fromkeys(KERNELS[fused].arrays) | op.args | {"b": bias.args["b"], "y": bias.args["y"]}
            args = {name: args[name] for name in KERNELS[fused].arrays}
            params = op.params | {"activation": "linear", "negative_slope": 0.0}
            if product == "conv2d":
                params["pool_size"] = (1, 1)
            _replace(program, op, [])
            _replace(program, bias, [Op(fused, args, params, op.layer)])


def relu_into_product(program: Program, backend: Backend) -> None:
    """conv2d or dense with its bias, then relu -> relu in registers too.

    Condition: a plain or leaky relu (no maximum, threshold 0); nothing else reads what lies between.
    """
    for product in ("conv2d", "dense"):
        for op, relu in _neighbours(program, f"{product}_fused_forward", "relu_forward"):
            if op.params["activation"] != "linear" or relu.params["threshold"] or relu.params["max_value"] != math.inf:
                continue
            args = op.args | {"y": relu.args["y"]}
            slope = relu.params["negative_slope"]
            params = op.params | {"activation": "relu", "negative_slope": slope}
            _replace(program, op, [])
            _replace(program, relu, [Op(op.kernel, args, params, op.layer)])


def _neighbours(program: Program, first: str, second: str) -> list[tuple[Op, Op]]:
    """Pairs where the output of a `first` op is read by one op only, a `second` op, and by nobody outside."""
    outside = {id(t.root) for t in program.outputs.values()}
    found = []
    for op in program.ops:
        if op.kernel != first or id(op.args["y"].root) in outside:
            continue
        readers = program.uses(op.args["y"])
        if len(readers) == 1 and readers[0].kernel == second and readers[0].args.get("x") is op.args["y"]:
            found.append((op, readers[0]))
    return found


def _replace(program: Program, op: Op, by: list[Op]) -> None:
    place = program.ops.index(op)
    if place < program.forward_ops:
        program.forward_ops += len(by) - 1
    program.ops[place : place + 1] = by


BEFORE_GRADIENT: tuple[Callable[[Program, Backend], None], ...] = (pool_before_relu,)
KERNEL_RULES: tuple[Callable[[Program, Backend], None], ...] = (bias_into_product, relu_into_product)
