"""Rewrite rule of zero padding: the convolution behind it pads by itself."""

from fastcnn.engine.ops.reshaping import Pad
from fastcnn.engine.program import Program
from fastcnn.engine.rewrite import Rule, neighbours, replace, with_kernel
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.geometry import effective_size


def padding_into_convolution(program: Program, backend: Backend) -> None:
    """pad, then conv2d_forward -> the convolution with that much more padding; the padded array is never written.

    Condition: nothing but the convolution reads the padded array; rows and columns alone are padded, and no window
    comes to lie in the padding altogether.
    """
    for pad, conv in neighbours(program, Pad.name, "conv2d_forward"):
        (*margins, channels), spans = pad.call.margins, zip(conv.args["w"].shape, conv.params["dilation"], strict=False)
        sums = [(a + c, b + d) for (a, b), (c, d) in zip(margins, conv.params["padding"], strict=True)]
        inside = all(max(side) < effective_size(*span) for side, span in zip(sums, spans, strict=True))
        if channels == (0, 0) and inside:
            params = conv.params | {"padding": tuple(sums)}
            replace(program, pad, [])
            replace(program, conv, [with_kernel(conv, conv.kernel, params, x=pad.args["x0"])])


RULES: tuple[Rule, ...] = (padding_into_convolution,)
