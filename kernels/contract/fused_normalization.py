"""Batch normalisation and dropout together with their neighbours, in as few passes as they need.

All but the fold is optional.
"""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import WORK, In, Out
from fastcnn.kernels.contract.registry import kernel
from fastcnn.kernels.geometry import Pair


@kernel("folding")
def batchnorm_fold(
    w: In(2),
    b: In(1).or_none(),
    mean: In(1),
    variance: In(1),
    gamma: In(1),
    beta: In(1),
    w_out: Out(2),
    b_out: Out(1),
    *,
    epsilon: float,
):
    """Weights (..., F) and bias of a product such that batchnorm_normalize of x * w + b is x * w_out + b_out.

    With s = gamma / sqrt(variance + epsilon): w_out = w * s, b_out = (b - mean) * s + beta.
    """
    shapes.same("batchnorm_fold", w=w, w_out=w_out)
    vectors = {"b": b, "mean": mean, "variance": variance, "gamma": gamma, "beta": beta, "b_out": b_out}
    shapes.channels("batchnorm_fold", w, **vectors)


# pool_size (1, 1) means no pooling (argmax None); else windows lie side by side (strides = pool_size, "valid").
# activation is "linear" or "relu" (y > 0 ? y : negative_slope * y, negative_slope >= 0).


@kernel("fused_normalization", optional=True)
def batchnorm_fused_normalize(
    x: In(4),
    mean: In(1),
    variance: In(1),
    gamma: In(1),
    beta: In(1),
    y: Out(4, may_alias="x"),
    argmax: Out(4, "index").or_none(),
    *,
    epsilon: float,
    activation: str,
    negative_slope: float,
    pool_size: Pair,
):
    """batchnorm_normalize, maxpool2d_forward (argmax too, when wanted), activation; nothing of full size but x.

    y and argmax have the pooled shape; y may be x where nothing is pooled.
    """
    name, vectors = "batchnorm_fused_normalize", {"mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
    shapes.pooled_channels(name, x, y, argmax, pool_size, **vectors)
    shapes.activation(name, activation)


@kernel("fused_normalization", optional=True)
def batchnorm_fused_backward(
    x: In(4),
    dy: In(4),
    argmax: In(4, "index").or_none(),
    mean: In(1),
    variance: In(1),
    gamma: In(1),
    beta: In(1),
    dx: Out(4, may_alias="dy"),
    dgamma: Out(1),
    dbeta: Out(1),
    work: WORK,
    *,
    epsilon: float,
    activation: str,
    negative_slope: float,
    pool_size: Pair,
    input_slope: float,
):
    """Gradient of batchnorm_fused_normalize in training: relu_backward, maxpool2d_backward, batchnorm_backward.

    What the activation let through is seen again from x. Where x is the output of a relu, its relu_backward comes last:
    dx = x > 0 ? dx : input_slope * dx; input_slope 1 means that there was none. dx may be dy where nothing is pooled.
    """
    name, vectors = "batchnorm_fused_backward", {"mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
    shapes.pooled_channels(name, x, dy, argmax, pool_size, **vectors, dgamma=dgamma, dbeta=dbeta)
    shapes.same(name, x=x, dx=dx)
    shapes.activation(name, activation)
    if argmax is None and tuple(pool_size) != (1, 1):
        raise ValueError(f"{name}: the gradient of pooling by {pool_size} needs argmax. Received: None")


@kernel("dropout", optional=True)
def relu_dropout_backward(y: In(1), dy: In(1), dx: Out(1, may_alias="dy"), *, rate: float):
    """dropout_forward of dy, then relu_backward with negative_slope 0, from the dropout's own output y of that relu.

    dx = y > 0 ? dy / (1 - rate) : 0, for a rate below 1. No mask is made again: y is 0 where either held a value back.
    """
    shapes.same("relu_dropout_backward", y=y, dy=dy, dx=dx)
