"""Activations."""

import math

from fastcnn.engine.program import Builder, Tensor


def elementwise(builder: Builder, kernel: str, x: Tensor, **params: object) -> Tensor:
    """A kernel of x and y alone, both of one shape."""
    y = builder.tensor(x.shape, like=x)
    builder.emit(kernel, x=x, y=y, **params)
    return y


def relu(
    builder: Builder,
    x: Tensor,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """max_value if x >= max_value, x if x > threshold, else negative_slope * (x - threshold)."""
    top = math.inf if max_value is None else float(max_value)
    slope = {"negative_slope": float(negative_slope), "max_value": top, "threshold": float(threshold)}
    return elementwise(builder, "relu_forward", x, **slope)


def elu(builder: Builder, x: Tensor, alpha: float = 1.0) -> Tensor:
    """x if x > 0 else alpha * (exp(x) - 1)."""
    return elementwise(builder, "elu_forward", x, alpha=float(alpha))


def sigmoid(builder: Builder, x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return elementwise(builder, "sigmoid_forward", x)


def tanh(builder: Builder, x: Tensor) -> Tensor:
    """tanh(x)."""
    return elementwise(builder, "tanh_forward", x)


def softmax(builder: Builder, x: Tensor) -> Tensor:
    """Softmax over the last axis."""
    return elementwise(builder, "softmax_forward", x)


def curve(builder: Builder, x: Tensor, name: str, alpha: float = 0.0, beta: float = 0.0) -> Tensor:
    """The curve of that name in `kernels/contract/curves.py`."""
    return elementwise(builder, "curve_forward", x, curve=name, alpha=float(alpha), beta=float(beta))
