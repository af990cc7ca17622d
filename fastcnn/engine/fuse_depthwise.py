"""Rewrite rule of depthwise convolutions and narrow groups: kernels of their own, which others join."""

from fastcnn.engine.program import Program
from fastcnn.engine.rewrite import Rule, offered, replace, with_kernel
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


RULES: tuple[Rule, ...] = (groups_to_depthwise,)
