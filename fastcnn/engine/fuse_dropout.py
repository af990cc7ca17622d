"""Rewrite rule of dropout: its gradient and that of the relu before it in one pass, without making the mask again."""

from fastcnn.engine.program import Op, Program
from fastcnn.engine.rewrite import Rule, neighbours, offered, plain_relu, replace, with_kernel
from fastcnn.kernels.backends import Backend


def dropout_and_relu_gradient(program: Program, backend: Backend) -> None:
    """dropout of a gradient, then relu_backward -> one kernel that goes by the output of the dropout itself.

    Condition: the dropout, not of everything, followed that very relu, without negative slope or maximum: its output is
    then positive exactly where both let a value through; nothing else reads what lies between.
    """
    for drop, relu in neighbours(program, "dropout_forward", "relu_backward", read="dy"):
        forward = _same_dropout(program, drop, relu)
        plain = relu.params["negative_slope"] == 0 and plain_relu(relu) and drop.params["rate"] < 1
        if forward is not None and plain and forward.args["y"].shape == relu.args["y"].shape:
            arrays = {"y": forward.args["y"], "dy": drop.args["x"]}
            fused = with_kernel(relu, "relu_dropout_backward", drop.params, **arrays)
            if offered(backend, fused):
                replace(program, drop, [])
                replace(program, relu, [fused])


def _same_dropout(program: Program, drop: Op, relu: Op) -> Op | None:
    """The forward dropout of the relu's output that has the key of `drop`."""
    for op in program.ops:
        if op.kernel == "dropout_forward" and op is not drop and op.args["key"] is drop.args["key"]:
            return op if op.args["x"].root is relu.args["y"].root else None
    return None


RULES: tuple[Rule, ...] = (dropout_and_relu_gradient,)
