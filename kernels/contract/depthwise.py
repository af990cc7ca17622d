"""Optional kernels of depthwise convolution, and of narrow groups: vectors run over channels of many groups.

x (N, H, W, C), w (KH, KW, C / groups, F), y (N, OH, OW, F) as in conv2d; w says how many groups there are. Depthwise
is a group a channel: output channel c*M + m is input channel c under a window of its own. Keras's depthwise kernel
(KH, KW, C, M) is the same memory as w (KH, KW, 1, C*M).
"""

import numpy as np

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import WORK, In, Out
from fastcnn.kernels.contract.registry import kernel
from fastcnn.kernels.geometry import Padding, Pair


def groups_of(x: np.ndarray, w: np.ndarray) -> int:
    """Groups of channels that weights of this shape take apart."""
    return x.shape[3] // w.shape[2]


@kernel("depthwise", optional=True)
def depthwise_conv2d_forward(
    x: In(4),
    w: In(4),
    b: In(1).or_none(),
    y: Out(4),
    work: WORK,
    *,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
    activation: str,
    negative_slope: float,
):
    """conv2d_forward + b, activation as in conv2d_fused_forward."""
    shapes.conv2d("depthwise_conv2d_forward", x, w, y, strides, padding, dilation, groups_of(x, w))
    shapes.expect("depthwise_conv2d_forward", "b", b, (w.shape[3],))
    shapes.activation("depthwise_conv2d_forward", activation)


@kernel("depthwise", optional=True)
def depthwise_conv2d_backward_input(
    dy: In(4), w: In(4), dx: Out(4), work: WORK, *, strides: Pair, padding: Padding, dilation: Pair
):
    """conv2d_backward_input."""
    shapes.conv2d("depthwise_conv2d_backward_input", dx, w, dy, strides, padding, dilation, groups_of(dx, w))


@kernel("depthwise", optional=True)
def depthwise_conv2d_backward_weights(
    x: In(4), dy: In(4), dw: Out(4), work: WORK, *, strides: Pair, padding: Padding, dilation: Pair
):
    """conv2d_backward_weights."""
    shapes.conv2d("depthwise_conv2d_backward_weights", x, dw, dy, strides, padding, dilation, groups_of(x, dw))
