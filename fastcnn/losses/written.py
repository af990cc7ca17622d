"""Losses that are functions of `fastcnn.losses.functions`, or of the user's own."""

from collections.abc import Callable, Sequence

import numpy as np

from fastcnn.losses import functions
from fastcnn.losses.base import FittedLoss, Loss
from fastcnn.losses.crossentropy import BINARY_RANGE, binary_advice, one_hot_advice, probabilities
from fastcnn.ops.elementwise import Value
from fastcnn.ops.tape import array_of, lift, record


class _OfFunction(FittedLoss):
    """A loss that is a function, with its further arguments as attributes."""

    function: Callable
    own: tuple[str, ...] = ()  # names of the function's arguments after y_true and y_pred

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return type(self).function(y_true, y_pred, **{name: getattr(self, name) for name in self.own})

    def get_config(self) -> dict:
        return super().get_config() | {name: getattr(self, name) for name in self.own}


class MeanAbsoluteError(_OfFunction):
    """Mean over the outputs of |y_true - y_pred|."""

    function = functions.mean_absolute_error


class MeanAbsolutePercentageError(_OfFunction):
    """100 * mean over the outputs of |y_true - y_pred| / |y_true|."""

    function = functions.mean_absolute_percentage_error


class MeanSquaredLogarithmicError(_OfFunction):
    """Mean over the outputs of (log(y_true + 1) - log(y_pred + 1))**2."""

    function = functions.mean_squared_logarithmic_error


class LogCosh(_OfFunction):
    """Mean over the outputs of log(cosh(y_pred - y_true))."""

    function = functions.log_cosh


class Hinge(_OfFunction):
    """Mean over the outputs of max(1 - y_true * y_pred, 0); labels -1 and 1, or 0 and 1."""

    function = functions.hinge


class SquaredHinge(_OfFunction):
    """Mean over the outputs of max(1 - y_true * y_pred, 0)**2; labels -1 and 1, or 0 and 1."""

    function = functions.squared_hinge


class CategoricalHinge(_OfFunction):
    """max(best wrong class - right class + 1, 0); labels are one-hot rows."""

    function = functions.categorical_hinge

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        return one_hot_advice(y, expected)


class KLDivergence(_OfFunction):
    """Sum over the outputs of y_true * log(y_true / y_pred), both probabilities."""

    function = functions.kl_divergence


class Poisson(_OfFunction):
    """Mean over the outputs of y_pred - y_true * log(y_pred)."""

    function = functions.poisson


class Huber(_OfFunction):
    """Half the squared error up to delta, a straight line beyond."""

    function, own = functions.huber, ("delta",)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.delta = delta


class CosineSimilarity(_OfFunction):
    """Minus the cosine of the angle between y_true and y_pred along the axis."""

    function, own = functions.cosine_similarity, ("axis",)

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.axis = axis


class BinaryFocalCrossentropy(_OfFunction):
    """Binary crossentropy that weighs what is already right less, by (1 - p)**gamma."""

    function = functions.binary_focal_crossentropy
    own = ("apply_class_balancing", "alpha", "gamma", "from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.apply_class_balancing, self.alpha, self.gamma = apply_class_balancing, alpha, gamma
        self.from_logits, self.label_smoothing, self.axis = from_logits, label_smoothing, axis

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        return probabilities(self.name, super().targets(y, output_shape, dtype), BINARY_RANGE)

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        return binary_advice(y, expected)


class CategoricalFocalCrossentropy(_OfFunction):
    """Categorical crossentropy that weighs what is already right less, by alpha * (1 - p)**gamma."""

    function = functions.categorical_focal_crossentropy
    own = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.alpha = [float(a) for a in alpha] if np.ndim(alpha) else alpha
        self.gamma, self.from_logits, self.label_smoothing, self.axis = gamma, from_logits, label_smoothing, axis

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        return probabilities(self.name, super().targets(y, output_shape, dtype), "")

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        return one_hot_advice(y, expected)


class Dice(_OfFunction):
    """1 - 2 * overlap / (sum of y_true + sum of y_pred); axis None takes the batch as one, (1, 2, 3) each image."""

    function, own = functions.dice, ("axis",)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.axis = axis


class Tversky(_OfFunction):
    """1 - overlap / (overlap + alpha * what y_pred lacks + beta * what it has too much); axis as in Dice."""

    function, own = functions.tversky, ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        axis: int | Sequence[int] | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        self.alpha, self.beta, self.axis = alpha, beta, axis


class LossFunctionWrapper(Loss):
    """A function fn(y_true, y_pred, **arguments) as a loss: one value a sample (n, ...), or one for the batch."""

    def __init__(
        self,
        fn: Callable,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
        **arguments: object,
    ):
        super().__init__(reduction, name or getattr(fn, "__name__", type(fn).__name__), dtype)
        self.fn, self.arguments = fn, arguments

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return self.fn(y_true, y_pred, **self.arguments)

    def get_config(self) -> dict:
        from fastcnn.saving.objects import serialize

        return super().get_config() | {"fn": serialize(self.fn)} | self.arguments


def from_functions(value: Callable, gradient: Callable, name: str | None = None) -> LossFunctionWrapper:
    """A loss in plain NumPy, with a gradient of your own.

        losses.from_functions(
            lambda y_true, y_pred: ((y_pred - y_true) ** 2).mean(axis=-1),
            lambda y_true, y_pred: 2 * (y_pred - y_true) / y_pred.shape[-1],
        )

    value : (y_true, y_pred) -> one value a sample (n,), or more (n, ...), or one for the batch.
    gradient : (y_true, y_pred) -> the gradient by y_pred of the sum of these values, of y_pred's shape.
    """

    def loss(y_true: np.ndarray, y_pred: Value) -> Value:
        y_pred = lift(y_pred)
        at = np.asarray(array_of(y_pred))

        def pulled(dy: np.ndarray) -> np.ndarray:
            found = np.asarray(gradient(y_true, at))
            if found.shape != at.shape:
                raise ValueError(
                    f"loss {loss.__name__!r}: expected a gradient of y_pred's shape {at.shape}. Received: {found.shape}"
                )
            return np.reshape(dy, dy.shape + (1,) * (at.ndim - dy.ndim)) * found

        return record(np.asarray(value(y_true, at)), (y_pred, pulled))

    loss.__name__ = name or getattr(value, "__name__", "loss")
    return LossFunctionWrapper(loss)
