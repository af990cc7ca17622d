"""Activations as layers of their own."""

from fastcnn import activations
from fastcnn.engine.ops import activations as ops
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer


class Activation(Layer):
    """The activation of that name (or function) as a layer."""

    def __init__(self, activation: object, **kwargs: object):
        super().__init__(**kwargs)
        self.activation = activations.name_of(activation)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return activations.lower(builder, self.activation, x)


class ReLU(Layer):
    """max_value if x >= max_value, x if x > threshold, else negative_slope * (x - threshold).

    Raises:
        ValueError: for a negative argument, or max_value below threshold.
    """

    elementwise = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        for name, value in {"max_value": max_value, "negative_slope": negative_slope, "threshold": threshold}.items():
            if value is not None and value < 0:
                raise ValueError(f"ReLU: {name} must not be negative. Received: {value!r}")
        if max_value is not None and max_value <= threshold:
            raise ValueError(f"ReLU: max_value must exceed threshold={threshold}. Received: {max_value!r}")
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.relu(builder, x, self.negative_slope, self.max_value, self.threshold)


class LeakyReLU(Layer):
    """x if x > 0 else negative_slope * x."""

    elementwise = True

    def __init__(self, negative_slope: float = 0.3, **kwargs: object):
        super().__init__(**kwargs)
        if negative_slope is None or negative_slope < 0:
            raise ValueError(f"LeakyReLU: negative_slope must not be negative. Received: {negative_slope!r}")
        self.negative_slope = float(negative_slope)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.relu(builder, x, self.negative_slope)


class ELU(Layer):
    """x if x > 0 else alpha * (exp(x) - 1)."""

    elementwise = True

    def __init__(self, alpha: float = 1.0, **kwargs: object):
        super().__init__(**kwargs)
        if alpha is None or alpha < 0:
            raise ValueError(f"ELU: alpha must not be negative. Received: {alpha!r}")
        self.alpha = float(alpha)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.elu(builder, x, self.alpha)


class Softmax(Layer):
    """Softmax over the last axis."""

    def __init__(self, axis: int = -1, **kwargs: object):
        super().__init__(**kwargs)
        if axis != -1:
            raise ValueError(f"Softmax: axis must be -1, the last one. Received: {axis!r}")
        self.axis = axis

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.softmax(builder, x)
