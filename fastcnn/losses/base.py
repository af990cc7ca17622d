"""What every loss shares: labels that fit, one value a sample, and how the batch's value comes from these."""

from collections.abc import Sequence

import numpy as np

from fastcnn import ops
from fastcnn.compat import losses as older
from fastcnn.engine import calls
from fastcnn.engine.program import Builder, Op, Tensor
from fastcnn.layers.eager import Array
from fastcnn.layers.naming import snake_case
from fastcnn.losses.program import LossCall, before_activation
from fastcnn.ops.tape import Traced, lift

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none", None)


class Loss:
    """A value for each sample of a batch, and their mean.

    A loss of your own says `call(self, y_true, y_pred)` in fastcnn.ops, which returns one value a sample (N,), or
    more of them (N, ...), or one for the batch. Gradients follow by themselves.

    reduction : "sum_over_batch_size" or "mean" (sum of the weighted values over their number), "sum",
        "mean_with_sample_weight" (over the sum of the weights), or "none": one value a sample, not for training.
    dtype : None; losses are computed in the model's type.

    A loss is also a function: loss(y_true, y_pred, sample_weight=None).
    """

    kernel = ""  # of the contract, where there is one: `lower` then emits it instead of `call`

    def __init_subclass__(cls) -> None:
        if "call" in vars(cls) and "kernel" not in vars(cls):
            cls.kernel = ""  # what a subclass writes itself replaces the kernel

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = None, dtype: str | None = None
    ):
        reduction = older.reduction(reduction)
        if reduction not in REDUCTIONS:
            known = ", ".join(repr(known) for known in REDUCTIONS)
            raise ValueError(f"{type(self).__name__}: reduction must be one of {known}. Received: {reduction!r}")
        if dtype not in (None, "float32", "float64"):
            raise ValueError(f"{type(self).__name__}: dtype must be None, the model's. Received: {dtype!r}")
        self.reduction = reduction
        self.name = name or self.default_name()

    def default_name(self) -> str:
        """Keras's name of the loss."""
        return snake_case(type(self).__name__)

    def call(self, y_true: np.ndarray, y_pred: np.ndarray | Traced) -> np.ndarray | Traced:
        """One value a sample (N, ...), or one for the batch, from labels and outputs of the same floating type."""
        raise NotImplementedError(f"{type(self).__name__} must implement call(self, y_true, y_pred)")

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        """Labels as the loss takes them, checked: numbers, none of them NaN, one row a sample.

        Labels (n, ...) for outputs (n, ..., 1) get the last axis.

        Raises:
            ValueError: when labels do not fit the loss and the output; says what was expected.
        """
        y = finite(self.name, y)
        expected = tuple(output_shape[1:])
        if y.shape[1:] != expected and (*y.shape[1:], 1) == expected:
            y = y[..., np.newaxis]
        return y.astype(dtype)

    def weigh(self, scale: np.ndarray, weights: np.ndarray | None, targets: np.ndarray) -> None:
        """Fills `scale`, one number for each value, such that sum(values * scale) is the batch's loss.

        weights : sample weights (n,) or of the values' shape, or None.
        """
        scale[...] = 1.0
        if weights is not None:
            scale *= as_weights(self.name, weights, scale.shape)
        self.average(scale)

    def average(self, scale: np.ndarray) -> None:
        """Divides weights by what the reduction divides the sum by."""
        if self.reduction == "mean_with_sample_weight":
            scale /= scale.sum() or 1.0
        elif self.reduction != "sum":
            scale /= scale.size

    def lower(self, builder: Builder, y: Tensor, targets: Tensor | None = None) -> Op:
        """Emits the loss of the output `y` (N, ..., C): one value for each of (N, ...), in its last argument.

        targets : the input that `targets` fills before a step, for losses with a kernel.
        """
        self.require_one_number()
        x, activation = before_activation(builder, y)
        calls.call(builder, LossCall(self, activation, keep=builder.differentiable), [x], y.shape[:-1])
        return builder.program.ops[-1]

    def require_one_number(self) -> None:
        """Raises ValueError for the reduction "none"."""
        if self.reduction in ("none", None):
            raise ValueError(
                f"{self.name}: training and evaluation need one number for a batch. Expected "
                f"reduction='sum_over_batch_size' or 'sum'. Received: {self.reduction!r}"
            )

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> Array | Traced:
        """The batch's loss, or with reduction "none" one value a sample.

        y_pred : outputs, as an array or inside of another loss; y_true : labels as for fit.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        y_pred = y_pred if y_pred.dtype.kind == "f" else ops.cast(y_pred, "float32")
        labels = lift(y_true)
        if isinstance(labels, Traced):
            targets = None
        else:
            shape, dtype = y_pred.shape, y_pred.dtype.name
            targets, labels = (targets(self, labels, shape, dtype) for targets in (type(self).targets, Loss.targets))
        values = self._reduced(lift(self.call(labels, y_pred)), sample_weight, targets)
        return values if isinstance(values, Traced) else np.asarray(values).view(Array)

    def _reduced(self, values: np.ndarray | Traced, weights: object, targets: np.ndarray | None) -> np.ndarray | Traced:
        if np.ndim(values) == 0 and weights is not None:
            values = ops.broadcast_to(values, np.shape(weights))
        if self.reduction in ("none", None):
            if weights is None:
                return values
            return values * as_weights(self.name, weights, values.shape).astype(values.dtype)
        if np.ndim(values) == 0:
            return values
        scale = np.empty(values.shape, values.dtype)
        self.weigh(scale, weights, targets)
        return ops.sum(values * scale)

    def get_config(self) -> dict:
        """Arguments that rebuild this loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        """The loss that get_config described."""
        return cls(**config)


class FittedLoss(Loss):
    """A loss whose labels have the shape of the output."""

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        made, expected = super().targets(y, output_shape, dtype), tuple(output_shape[1:])
        if made.shape[1:] != expected:
            raise ValueError(
                f"{self.name}: expected labels of shape {batch_shape(expected)} for outputs of shape "
                f"{batch_shape(expected)}. Received: {batch_shape(made.shape[1:])}{self.advice(made, expected)}"
            )
        return made

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        """What to do about labels of the wrong shape."""
        return ""


def finite(name: str, y: np.ndarray) -> np.ndarray:
    """Labels as an array of finite numbers.

    Raises:
        ValueError: for anything else.
    """
    y = np.asarray(y)
    if y.dtype.kind not in "fiub":
        raise ValueError(f"{name}: labels must be numbers. Received an array of {y.dtype}")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError(f"{name}: the labels hold NaN or infinity")
    return y


def as_weights(name: str, weights: object, shape: Sequence[int]) -> np.ndarray:
    """Sample weights that multiply values of `shape` (n, ...): one a sample, or one a value.

    Raises:
        ValueError: when there are more or fewer.
    """
    found = np.asarray(weights)
    while found.ndim > len(shape) and found.shape[-1] == 1:
        found = found[..., 0]
    if found.ndim > len(shape) or found.shape != tuple(shape[: found.ndim]):
        raise ValueError(
            f"{name}: expected sample weights of shape {tuple(shape[:1])}, one a sample"
            f"{f', or {tuple(shape)}' if len(shape) > 1 else ''}. Received: {np.shape(weights)}"
        )
    return found.reshape(found.shape + (1,) * (len(shape) - found.ndim))


def batch_shape(shape: Sequence[int]) -> str:
    """A shape without its batch axis, for messages."""
    return f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"
