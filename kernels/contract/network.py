"""The network's kernels: convolution, pooling, dense, bias, activations, normalisation, dropout."""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import WORK, In, Out, Update
from fastcnn.kernels.contract.registry import kernel
from fastcnn.kernels.geometry import Padding, Pair

# --- convolution ---------------------------------------------------------------------------------------------------


@kernel("conv2d")
def conv2d_forward(
    x: In(4), w: In(4), y: Out(4), work: WORK, *, strides: Pair, padding: Padding, dilation: Pair, groups: int
):
    """y[n,oh,ow,f] = sum over kh,kw,c of x[n, oh*sh + kh*dh - top, ow*sw + kw*dw - left, c] * w[kh,kw,c,f]."""
    shapes.conv2d("conv2d_forward", x, w, y, strides, padding, dilation, groups)


@kernel("conv2d")
def conv2d_backward_input(
    dy: In(4), w: In(4), dx: Out(4), work: WORK, *, strides: Pair, padding: Padding, dilation: Pair, groups: int
):
    """dx = gradient of the convolution's input. Shapes as in conv2d_forward; input pixels no window reached get 0."""
    shapes.conv2d("conv2d_backward_input", dx, w, dy, strides, padding, dilation, groups)


@kernel("conv2d")
def conv2d_backward_weights(
    x: In(4), dy: In(4), dw: Out(4), work: WORK, *, strides: Pair, padding: Padding, dilation: Pair, groups: int
):
    """dw[kh,kw,c,f] = sum over n,oh,ow of the x that met w[kh,kw,c,f] times dy[n,oh,ow,f]."""
    shapes.conv2d("conv2d_backward_weights", x, dw, dy, strides, padding, dilation, groups)


# --- pooling -------------------------------------------------------------------------------------------------------


@kernel("pooling")
def maxpool2d_forward(
    x: In(4), y: Out(4), argmax: Out(4, "index").or_none(), *, pool_size: Pair, strides: Pair, padding: Padding
):
    """y = largest value of each window; argmax = its cell kh*KW + kw (first of equals), or None when not wanted."""
    shapes.pool2d("maxpool2d_forward", x, y, argmax, pool_size, strides, padding)


@kernel("pooling")
def minpool2d_forward(
    x: In(4), y: Out(4), argmax: Out(4, "index").or_none(), *, pool_size: Pair, strides: Pair, padding: Padding
):
    """y = smallest value of each window; argmax = its cell. Its gradient is maxpool2d_backward."""
    shapes.pool2d("minpool2d_forward", x, y, argmax, pool_size, strides, padding)


@kernel("pooling")
def maxpool2d_backward(
    dy: In(4), argmax: In(4, "index"), dx: Out(4), *, pool_size: Pair, strides: Pair, padding: Padding
):
    """dx = dy sent to the cell that argmax names, 0 elsewhere; windows that overlap add up."""
    shapes.pool2d("maxpool2d_backward", dx, dy, argmax, pool_size, strides, padding)


@kernel("pooling")
def avgpool2d_forward(x: In(4), y: Out(4), *, pool_size: Pair, strides: Pair, padding: Padding):
    """y = mean of each window's cells inside the image (padding does not count)."""
    shapes.pool2d("avgpool2d_forward", x, y, None, pool_size, strides, padding)


@kernel("pooling")
def avgpool2d_backward(dy: In(4), dx: Out(4), *, pool_size: Pair, strides: Pair, padding: Padding):
    """dx = dy / (cells inside the image), added up over the windows that a pixel lies in."""
    shapes.pool2d("avgpool2d_backward", dx, dy, None, pool_size, strides, padding)


# --- dense, bias, sums ---------------------------------------------------------------------------------------------


@kernel("dense")
def dense_forward(x: In(2), w: In(2), y: Out(2), work: WORK):
    """y (N, U) = x (N, I) @ w (I, U)."""
    shapes.dense("dense_forward", x, w, y)


@kernel("dense")
def dense_backward_input(dy: In(2), w: In(2), dx: Out(2), work: WORK):
    """dx (N, I) = dy (N, U) @ w.T."""
    shapes.dense("dense_backward_input", dx, w, dy)


@kernel("dense")
def dense_backward_weights(x: In(2), dy: In(2), dw: Out(2), work: WORK):
    """dw (I, U) = x.T @ dy."""
    shapes.dense("dense_backward_weights", x, dw, dy)


@kernel("bias")
def bias_forward(x: In(2), b: In(1), y: Out(2, may_alias="x")):
    """y (M, C) = x + b (C,)."""
    shapes.same("bias_forward", x=x, y=y)
    shapes.channels("bias_forward", x, b=b)


@kernel("bias")
def bias_backward(dy: In(2), db: Out(1), work: WORK):
    """db (C,) = column sums of dy (M, C)."""
    shapes.channels("bias_backward", dy, db=db)


@kernel("elementwise")
def add_forward(a: In(1), b: In(1), y: Out(1, may_alias="a")):
    """y = a + b."""
    shapes.same("add_forward", a=a, b=b, y=y)


@kernel("elementwise")
def scale_forward(x: In(1), y: Out(1, may_alias="x"), *, scale: float, offset: float):
    """y = x * scale + offset."""
    shapes.same("scale_forward", x=x, y=y)


# --- activations: gradients come from the output y, so that x need not be kept ---------------------------------------


@kernel("activations")
def relu_forward(x: In(1), y: Out(1, may_alias="x"), *, negative_slope: float, max_value: float, threshold: float):
    """y = min(x, max_value) if x > threshold, else negative_slope * (x - threshold). 0 <= threshold < max_value.

    max_value may be infinity. x = threshold gives 0, as in Keras.
    """
    shapes.same("relu_forward", x=x, y=y)


@kernel("activations")
def relu_backward(
    y: In(1), dy: In(1), dx: Out(1, may_alias="dy"), *, negative_slope: float, max_value: float, threshold: float
):
    """dx = 0 where y >= max_value, dy where 0 < y < max_value, else negative_slope * dy."""
    shapes.same("relu_backward", y=y, dy=dy, dx=dx)


@kernel("activations")
def elu_forward(x: In(1), y: Out(1, may_alias="x"), *, alpha: float):
    """y = x if x > 0 else alpha * (exp(x) - 1)."""
    shapes.same("elu_forward", x=x, y=y)


@kernel("activations")
def elu_backward(y: In(1), dy: In(1), dx: Out(1, may_alias="dy"), *, alpha: float):
    """dx = dy if y > 0 else dy * (y + alpha)."""
    shapes.same("elu_backward", y=y, dy=dy, dx=dx)


@kernel("activations")
def sigmoid_forward(x: In(1), y: Out(1, may_alias="x")):
    """y = 1 / (1 + exp(-x)), without overflow; exactly 1 in float32 beyond about 17."""
    shapes.same("sigmoid_forward", x=x, y=y)


@kernel("activations")
def sigmoid_backward(y: In(1), dy: In(1), dx: Out(1, may_alias="dy")):
    """dx = dy * y * (1 - y)."""
    shapes.same("sigmoid_backward", y=y, dy=dy, dx=dx)


@kernel("activations")
def tanh_forward(x: In(1), y: Out(1, may_alias="x")):
    """y = tanh(x)."""
    shapes.same("tanh_forward", x=x, y=y)


@kernel("activations")
def tanh_backward(y: In(1), dy: In(1), dx: Out(1, may_alias="dy")):
    """dx = dy * (1 - y * y)."""
    shapes.same("tanh_backward", y=y, dy=dy, dx=dx)


@kernel("activations")
def softmax_forward(x: In(2), y: Out(2, may_alias="x")):
    """y (M, C) = exp(x - max) / sum, row by row."""
    shapes.same("softmax_forward", x=x, y=y)


@kernel("activations")
def softmax_backward(y: In(2), dy: In(2), dx: Out(2, may_alias="dy")):
    """dx = y * (dy - sum(dy * y)), row by row."""
    shapes.same("softmax_backward", y=y, dy=dy, dx=dx)


# --- normalisation and dropout ---------------------------------------------------------------------------------------


@kernel("normalization")
def batchnorm_statistics(x: In(2), mean: Out(1), variance: Out(1), work: WORK):
    """mean and biased variance (C,) of the columns of x (M, C); variance from deviations, not from squares."""
    shapes.channels("batchnorm_statistics", x, mean=mean, variance=variance)


@kernel("normalization")
def batchnorm_normalize(
    x: In(2), mean: In(1), variance: In(1), gamma: In(1), beta: In(1), y: Out(2, may_alias="x"), *, epsilon: float
):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta; for training and for prediction."""
    shapes.same("batchnorm_normalize", x=x, y=y)
    shapes.channels("batchnorm_normalize", x, mean=mean, variance=variance, gamma=gamma, beta=beta)


@kernel("normalization")
def batchnorm_update(
    moving_mean: Update(1), moving_variance: Update(1), mean: In(1), variance: In(1), *, momentum: float
):
    """moving = moving * momentum + batch * (1 - momentum), for both."""
    shapes.same("batchnorm_update", moving_mean=moving_mean, moving_variance=moving_variance, mean=mean, v=variance)


@kernel("normalization")
def batchnorm_backward(
    x: In(2),
    dy: In(2),
    mean: In(1),
    variance: In(1),
    gamma: In(1),
    dx: Out(2),
    dgamma: Out(1),
    dbeta: Out(1),
    work: WORK,
    *,
    epsilon: float,
):
    """Gradient in training, where mean and variance depend on x.

    With s = 1 / sqrt(variance + epsilon) and h = (x - mean) * s: dbeta = sum dy, dgamma = sum dy * h,
    dx = gamma * s * (dy - dbeta / M - h * dgamma / M). Source: Ioffe and Szegedy 2015, section 3.
    """
    shapes.same("batchnorm_backward", x=x, dy=dy, dx=dx)
    vectors = {"mean": mean, "variance": variance, "gamma": gamma, "dgamma": dgamma, "dbeta": dbeta}
    shapes.channels("batchnorm_backward", x, **vectors)


@kernel("dropout")
def dropout_forward(x: In(1), y: Out(1, may_alias="x"), key: In(1, "uint32"), *, rate: float):
    """y[i] = x[i] / (1 - rate) if kept, else 0; rate 1 drops everything. Counter-based, so the mask is never stored.

    i is the flat index as uint32, key (2,) uint32; all arithmetic modulo 2**32:
    h = mix(mix(i * 0x9E3779B1 + key[0]) ^ key[1]); kept if h >= floor(rate * 2**32).
    mix(h): h ^= h >> 16; h *= 0x85EBCA6B; h ^= h >> 13; h *= 0xC2B2AE35; h ^= h >> 16 (Source: MurmurHash3 finaliser).
    The gradient is the same kernel applied to dy with the same key.
    """
    shapes.same("dropout_forward", x=x, y=y)
    shapes.expect("dropout_forward", "key", key, (2,))
