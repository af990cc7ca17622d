"""Rewrite rules: small, each with the condition under which it holds. The program computes the same before and after.

fuse_loss and the rules of BEFORE_GRADIENT run before the gradient is made, which then follows from what they left;
KERNEL_RULES run on the finished program, and only where the backend offers the fused kernel; LAST_RULES follow when the
algorithms of convolutions have been chosen.
"""

import math

from fastcnn.engine import (
    fuse_convolution,
    fuse_dense,
    fuse_depthwise,
    fuse_dropout,
    fuse_normalization,
    fuse_padding,
)
from fastcnn.engine.prepare import prepare, scale_into_input
from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.engine.rewrite import Rule, neighbours, replace
from fastcnn.kernels.backends import Backend

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
    for relu, pool in neighbours(program, "relu_forward", "maxpool2d_forward"):
        if relu.params["negative_slope"] != 0:
            continue
        x, pooled = relu.args["x"], pool.args["y"]
        between = Tensor(pooled.shape, pooled.dtype, pooled.name, pooled.batched)
        first = Op("maxpool2d_forward", pool.args | {"x": x, "y": between}, pool.params, pool.layer)
        second = Op("relu_forward", {"x": between, "y": pooled}, relu.params, relu.layer)
        replace(program, relu, [])
        replace(program, pool, [first, second])


BEFORE_GRADIENT: tuple[Rule, ...] = (pool_before_relu, *fuse_padding.RULES)
KERNEL_RULES: tuple[Rule, ...] = (
    *fuse_normalization.RULES,
    *fuse_depthwise.RULES,
    *fuse_dropout.RULES,
    *fuse_convolution.RULES,
    *fuse_dense.RULES,
)
LAST_RULES: tuple[Rule, ...] = (  # once the algorithms are chosen
    fuse_convolution.bias_gradient_into_weights,
    prepare,
    scale_into_input,
)
