"""Rewrite rules of depthwise convolutions and narrow groups: kernels of their own, which bias and relu join."""

from fastcnn.engine.program import Program
from fastcnn.engine.rewrite import Rule, neighbours, offered, plain_relu, replace, with_kernel
from fastcnn.kernels.backends import Backend

FORWARD = "depthwise_conv2d_forward"
PLAIN = {  # conv2d's kernel -> the depthwise one, and its parameters when nothing is fused
    "conv2d_forward": (FORWARD, {"activation": "linear", "negative_slope": 0.0}),
    "conv2d_backward_input": ("depthwise_conv2d_backward_input", {}),
    "conv2d_backward_weights": ("depthwise_conv2d_backward_weights", {}),
}
WINDOW = ("strides", "padding", "dilation")


def groups_to_depthwise(program: Program, backend: Backend) -> None:
    """A convolution (or gradient) with a group a channel, or narrow groups -> the depthwise kernel.

    Condition: more than one group, since one alone is an ordinary convolution; the backend offers the kernel.
    """
    for op in list(program.ops):
        if op.kernel in PLAIN and op.params["groups"] > 1:
            kernel, params = PLAIN[op.kernel]
            depthwise = with_kernel(op, kernel, params | {name: op.params[name] for name in WINDOW})
            if offered(backend, depthwise):
                replace(program, op, [depthwise])


def bias_into_depthwise(program: Program, backend: Backend) -> None:
    """A depthwise convolution, then bias -> it adds the bias.

    Condition: nothing else reads what lies between.
    """
    for op, bias in neighbours(program, FORWARD, "bias_forward"):
        replace(program, op, [])
        replace(program, bias, [with_kernel(op, FORWARD, op.params, b=bias.args["b"], y=bias.args["y"])])


def relu_into_depthwise(program: Program, backend: Backend) -> None:
    """A depthwise convolution (with bias or without), then relu -> it applies relu.

    Condition: a plain or leaky relu (no maximum, threshold 0); nothing else reads what lies between.
    """
    for op, relu in neighbours(program, FORWARD, "relu_forward"):
        if plain_relu(relu):
            params = op.params | {"activation": "relu", "negative_slope": relu.params["negative_slope"]}
            replace(program, op, [])
            replace(program, relu, [with_kernel(op, FORWARD, params, y=relu.args["y"])])


RULES: tuple[Rule, ...] = (groups_to_depthwise, bias_into_depthwise, relu_into_depthwise)
