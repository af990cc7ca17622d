"""Convolution and pooling."""

from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Padding, Pair, argmax_dtype, window_output


def conv2d(
    builder: Builder, x: Tensor, w: Tensor, strides: Pair, padding: Padding, dilation: Pair, groups: int
) -> Tensor:
    """x (N, H, W, C), w (KH, KW, C / groups, F) -> (N, OH, OW, F)."""
    size = window_output(x.shape[1:3], w.shape[:2], strides, padding, dilation)
    y = builder.tensor((x.shape[0], *size, w.shape[3]))
    builder.emit("conv2d_forward", x=x, w=w, y=y, strides=strides, padding=padding, dilation=dilation, groups=groups)
    return y


def conv2d_transpose(
    builder: Builder, x: Tensor, w: Tensor, size: Pair, strides: Pair, padding: Padding, dilation: Pair
) -> Tensor:
    """x (N, H, W, C), w (KH, KW, F, C) -> (N, *size, F): x as the gradient of a convolution's output."""
    y = builder.tensor((x.shape[0], *size, w.shape[2]))
    window = {"strides": strides, "padding": padding, "dilation": dilation, "groups": 1}
    builder.emit("conv2d_backward_input", dy=x, w=w, dx=y, **window)
    return y


def maxpool2d(builder: Builder, x: Tensor, pool_size: Pair, strides: Pair, padding: Padding) -> Tensor:
    """x (N, H, W, C) -> (N, OH, OW, C); remembers the winning cells for a gradient."""
    y = builder.tensor((x.shape[0], *window_output(x.shape[1:3], pool_size, strides, padding), x.shape[3]))
    argmax = builder.tensor(y.shape, dtype=argmax_dtype(pool_size)) if builder.differentiable else None
    window = {"pool_size": pool_size, "strides": strides, "padding": padding}
    builder.emit("maxpool2d_forward", x=x, y=y, argmax=argmax, **window)
    return y


def avgpool2d(builder: Builder, x: Tensor, pool_size: Pair, strides: Pair, padding: Padding) -> Tensor:
    """x (N, H, W, C) -> (N, OH, OW, C)."""
    y = builder.tensor((x.shape[0], *window_output(x.shape[1:3], pool_size, strides, padding), x.shape[3]))
    builder.emit("avgpool2d_forward", x=x, y=y, pool_size=pool_size, strides=strides, padding=padding)
    return y
