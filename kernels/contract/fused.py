"""Optional kernels that do several kernels' work in one pass. The engine uses those that a backend offers.

A backend that can fuse only some shapes or parameters says which in `<kernel>_offered(shapes, **params) -> bool`,
beside the kernel. Each entry names the plain kernels that it stands for; to rounding, the results are theirs.
"""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import WORK, In, Out, Update
from fastcnn.kernels.contract.registry import kernel
from fastcnn.kernels.geometry import Padding, Pair

# --- convolution in direct sums --------------------------------------------------------------------------------------
# pool_size (1, 1) means no pooling; else windows lie side by side (strides = pool_size, "valid").


@kernel("conv2d", optional=True)
def conv2d_fused_forward(
    x: In(4),
    w: In(4),
    b: In(1).or_none(),
    packed: In(1).or_none(),
    y: Out(4),
    argmax: Out(4, "index").or_none(),
    work: WORK,
    *,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    activation: str,
    negative_slope: float,
    pool_size: Pair,
):
    """conv2d_forward, + b, maxpool2d_forward (argmax too, when wanted), activation; nothing of full size is written.

    activation is "linear" or "relu" (y > 0 ? y : negative_slope * y); y and argmax have the pooled shape.
    packed: what conv2d_pack_weights made of w, or None.
    """
    full = shapes.unpooled("conv2d_fused_forward", y, x, w, strides, padding, dilation, pool_size)
    shapes.conv2d("conv2d_fused_forward", x, w, full, strides, padding, dilation, groups)
    shapes.expect("conv2d_fused_forward", "b", b, (w.shape[3],))
    shapes.pooled_index("conv2d_fused_forward", argmax, y, pool_size)
    shapes.activation("conv2d_fused_forward", activation)


@kernel("conv2d", optional=True)
def conv2d_pack_weights(w: In(4), packed: Out(1), *, groups: int):
    """Weights in the order in which conv2d_fused_forward reads them."""


@kernel("conv2d", optional=True)
def conv2d_fused_backward_input(
    dy: In(4),
    argmax: In(4, "index").or_none(),
    w: In(4),
    x: In(4).or_none(),
    dx: Out(4),
    work: WORK,
    *,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    pool_size: Pair,
    negative_slope: float,
):
    """maxpool2d_backward (with argmax), conv2d_backward_input, relu_backward (with x, that relu's output) in one."""
    full = shapes.unpooled("conv2d_fused_backward_input", dy, dx, w, strides, padding, dilation, pool_size)
    shapes.conv2d("conv2d_fused_backward_input", dx, w, full, strides, padding, dilation, groups)
    shapes.pooled_index("conv2d_fused_backward_input", argmax, dy, pool_size)
    shapes.same("conv2d_fused_backward_input", dx=dx, x=x)


@kernel("conv2d", optional=True)
def conv2d_fused_backward_weights(
    x: In(4),
    dy: In(4),
    argmax: In(4, "index").or_none(),
    dw: Out(4),
    db: Out(1).or_none(),
    work: WORK,
    *,
    strides: Pair,
    padding: Padding,
    dilation: Pair,
    groups: int,
    pool_size: Pair,
):
    """maxpool2d_backward (with argmax), conv2d_backward_weights, and bias_backward (with db) in one.

    Only pixels that won a window are touched.
    """
    full = shapes.unpooled("conv2d_fused_backward_weights", dy, x, dw, strides, padding, dilation, pool_size)
    shapes.conv2d("conv2d_fused_backward_weights", x, dw, full, strides, padding, dilation, groups)
    shapes.expect("conv2d_fused_backward_weights", "db", db, (dw.shape[3],))
    shapes.pooled_index("conv2d_fused_backward_weights", argmax, dy, pool_size)


# --- Winograd's convolution: 3x3 windows, strides and dilation 1, one group ------------------------------------------
# `tile` is the side of the square of outputs made at once: 2 for F(2x2,3x3), 4 for F(4x4,3x3). The sums are the direct
# ones in exact arithmetic; rounding is larger (bounds: tests/kernels/test_winograd.py).
# Source: Lavin and Gray 2015, "Fast Algorithms for Convolutional Neural Networks".


@kernel("winograd", optional=True)
def winograd_forward(
    x: In(4),
    w: In(4),
    b: In(1).or_none(),
    packed: In(1).or_none(),
    y: Out(4),
    argmax: Out(4, "index").or_none(),
    work: WORK,
    *,
    padding: Padding,
    tile: int,
    activation: str,
    negative_slope: float,
    pool_size: Pair,
):
    """conv2d_fused_forward by Winograd's algorithm. packed: what winograd_pack_weights made of w, or None."""
    shapes.winograd("winograd_forward", x, w, y, argmax, padding, tile, pool_size)
    shapes.expect("winograd_forward", "b", b, (w.shape[3],))
    shapes.activation("winograd_forward", activation)


@kernel("winograd", optional=True)
def winograd_pack_weights(w: In(4), packed: Out(1), *, tile: int):
    """Transformed weights G w G^T in the order in which winograd_forward reads them."""


@kernel("winograd", optional=True)
def winograd_backward_input(
    dy: In(4),
    argmax: In(4, "index").or_none(),
    w: In(4),
    x: In(4).or_none(),
    dx: Out(4),
    work: WORK,
    *,
    padding: Padding,
    tile: int,
    pool_size: Pair,
    negative_slope: float,
):
    """conv2d_fused_backward_input by Winograd's algorithm: the forward form on flipped, transposed weights."""
    shapes.winograd("winograd_backward_input", dx, w, dy, argmax, padding, tile, pool_size)
    shapes.same("winograd_backward_input", dx=dx, x=x)


@kernel("winograd_weights", optional=True)
def winograd_backward_weights(
    x: In(4),
    dy: In(4),
    argmax: In(4, "index").or_none(),
    dw: Out(4),
    work: WORK,
    *,
    padding: Padding,
    tile: int,
    pool_size: Pair,
):
    """conv2d_fused_backward_weights by Winograd's algorithm: dw = G^T (sum over tiles of (B^T x B) * (A dy A^T)) G."""
    shapes.winograd("winograd_backward_weights", x, dw, dy, argmax, padding, tile, pool_size)


# --- dense -----------------------------------------------------------------------------------------------------------


@kernel("dense", optional=True)
def dense_fused_forward(
    x: In(2), w: In(2), b: In(1).or_none(), y: Out(2), work: WORK, *, activation: str, negative_slope: float
):
    """dense_forward, bias_forward and the activation in one pass; activation as in conv2d_fused_forward."""
    shapes.dense("dense_fused_forward", x, w, y, b)
    shapes.activation("dense_fused_forward", activation)


# Backward and update of a panel of weights while it is in cache; the gradient of the weights is never stored. dx comes
# from the weights before the update. With masked, dx also goes back through the relu whose output x is:
# dx = x > 0 ? dx : negative_slope * dx. hyper and the slots are those of the update's own kernel.


@kernel("dense_update", optional=True)
def dense_backward_sgd(
    x: In(2),
    dy: In(2),
    w: Update(2),
    dx: Out(2, may_alias="x").or_none(),
    hyper: In(1, "float64"),
    work: WORK,
    *,
    masked: bool,
    negative_slope: float,
):
    """dense_backward_input, dense_backward_weights, sgd_update."""
    shapes.dense_update("dense_backward_sgd", x, dy, w, dx, hyper, "learning_rate decay")


@kernel("dense_update", optional=True)
def dense_backward_momentum(
    x: In(2),
    dy: In(2),
    w: Update(2),
    velocity: Update(2),
    dx: Out(2, may_alias="x").or_none(),
    hyper: In(1, "float64"),
    work: WORK,
    *,
    masked: bool,
    negative_slope: float,
    nesterov: bool,
):
    """dense_backward_input, dense_backward_weights, momentum_update."""
    names = "learning_rate momentum decay"
    shapes.dense_update("dense_backward_momentum", x, dy, w, dx, hyper, names, velocity=velocity)


@kernel("dense_update", optional=True)
def dense_backward_rmsprop(
    x: In(2),
    dy: In(2),
    w: Update(2),
    square: Update(2),
    mean: Update(2).or_none(),
    velocity: Update(2).or_none(),
    dx: Out(2, may_alias="x").or_none(),
    hyper: In(1, "float64"),
    work: WORK,
    *,
    masked: bool,
    negative_slope: float,
):
    """dense_backward_input, dense_backward_weights, rmsprop_update."""
    names, slots = "learning_rate rho momentum epsilon decay", {"square": square, "mean": mean, "velocity": velocity}
    shapes.dense_update("dense_backward_rmsprop", x, dy, w, dx, hyper, names, **slots)


@kernel("dense_update", optional=True)
def dense_backward_adam(
    x: In(2),
    dy: In(2),
    w: Update(2),
    m: Update(2),
    v: Update(2),
    vmax: Update(2).or_none(),
    dx: Out(2, may_alias="x").or_none(),
    hyper: In(1, "float64"),
    work: WORK,
    *,
    masked: bool,
    negative_slope: float,
):
    """dense_backward_input, dense_backward_weights, adam_update."""
    names = "rate beta_1 beta_2 epsilon decay"
    shapes.dense_update("dense_backward_adam", x, dy, w, dx, hyper, names, m=m, v=v, vmax=vmax)
