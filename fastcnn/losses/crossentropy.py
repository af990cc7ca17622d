"""Losses that kernels compute: the squared error and the crossentropies of classification."""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn import config
from fastcnn.engine.program import Builder, Op, Tensor
from fastcnn.losses import functions
from fastcnn.losses.base import FittedLoss, Loss, batch_shape
from fastcnn.ops.elementwise import Value


class _OfKernel(FittedLoss):
    """A loss with a kernel; also a function, for what the kernel does not cover."""

    predictions = "probs"  # the contract's name for the network's output

    def lower(self, builder: Builder, y: Tensor, targets: Tensor | None = None) -> Op:
        if not self.kernel:
            return super().lower(builder, y)
        self.require_one_number()
        losses = builder.tensor(y.shape[:-1])
        return builder.emit(self.kernel, **{self.predictions: y}, targets=targets, losses=losses, **self.params())

    def params(self) -> dict:
        """Parameters of the kernel."""
        return {}


class MeanSquaredError(_OfKernel):
    """Mean over the outputs of (y_true - y_pred)**2."""

    kernel, predictions = "mean_squared_error_forward", "predictions"

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return functions.mean_squared_error(y_true, y_pred)


class Crossentropy(_OfKernel):
    """Crossentropy of probabilities, or with from_logits=True of what comes before softmax / sigmoid.

    label_smoothing : in [0, 1], mixes the labels with the uniform distribution.
    axis : where the classes lie; another axis than the last one takes longer.
    """

    logits_kernel = ""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(reduction, name, dtype)
        if isinstance(axis, bool) or not isinstance(axis, int):
            raise ValueError(f"{type(self).__name__}: axis must be an integer. Received: {axis!r}")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{type(self).__name__}: label_smoothing must be in [0, 1]. Received: {label_smoothing!r}")
        self.from_logits, self.label_smoothing, self.axis = bool(from_logits), float(label_smoothing), axis
        if axis != -1:
            self.kernel = ""  # computed by `call`

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        made = probabilities(self.name, super().targets(y, output_shape, dtype), self.range_advice())
        if not self.kernel or not self.label_smoothing:
            return made
        classes = self.smoothed_over(made.shape[-1])
        return made * made.dtype.type(1 - self.label_smoothing) + made.dtype.type(self.label_smoothing / classes)

    def range_advice(self) -> str:
        """What to do about labels outside [0, 1]."""
        return ""

    def smoothed_over(self, outputs: int) -> int:
        """How many classes label smoothing spreads over."""
        return outputs

    def lower(self, builder: Builder, y: Tensor, targets: Tensor | None = None) -> Op:
        if not self.kernel or not self.from_logits:
            return super().lower(builder, y, targets)
        self.require_one_number()
        losses, probs = builder.tensor(y.shape[:-1]), builder.tensor(y.shape)
        return builder.emit(self.logits_kernel, logits=y, targets=targets, probs=probs, losses=losses)

    def params(self) -> dict:
        return {"epsilon": config.epsilon}

    def get_config(self) -> dict:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing, "axis": self.axis}
        return super().get_config() | own


class CategoricalCrossentropy(Crossentropy):
    """-sum of y_true * log(y_pred); labels are one-hot rows (or probabilities), one column a class."""

    kernel, logits_kernel = "categorical_crossentropy_forward", "softmax_crossentropy_forward"

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return functions.categorical_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        return one_hot_advice(y, expected)


class BinaryCrossentropy(Crossentropy):
    """Mean over the outputs of -(t * log(p) + (1 - t) * log(1 - p)); labels 0 or 1, shape (N,) or as the output."""

    kernel, logits_kernel = "binary_crossentropy_forward", "sigmoid_crossentropy_forward"

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return functions.binary_crossentropy(y_true, y_pred, self.from_logits, self.label_smoothing, self.axis)

    def smoothed_over(self, outputs: int) -> int:
        return 2

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        return binary_advice(y, expected)

    def range_advice(self) -> str:
        return BINARY_RANGE


class SparseCategoricalCrossentropy(Crossentropy):
    """Categorical crossentropy with class numbers 0 .. classes - 1 as labels, shape (N, ...) or (N, ..., 1).

    ignore_class : a number whose places count for nothing, such as 255 for "unknown" in masks.
    """

    kernel, logits_kernel = "categorical_crossentropy_forward", "softmax_crossentropy_forward"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: str | None = None,
    ):
        super().__init__(from_logits, 0.0, axis, reduction, name, dtype)
        if ignore_class is not None and axis != -1:
            raise ValueError(f"{self.name}: ignore_class needs the classes in the last axis. Received: axis={axis}")
        self.ignore_class = ignore_class

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return functions.sparse_categorical_crossentropy(y_true, y_pred, self.from_logits, self.ignore_class, self.axis)

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        y, axis = Loss.targets(self, y, (), "float64"), self.axis % len(output_shape)
        classes, outer = output_shape[axis], (*output_shape[1:axis], *output_shape[axis + 1 :])
        if y.shape[1:] not in (outer, (*outer, 1)):
            if math.prod(y.shape[1:]) == 1:
                raise ValueError(
                    f"{self.name}: one label a sample needs outputs of shape (batch, classes). Received: "
                    f"{batch_shape(output_shape[1:])}. Put Flatten() or GlobalAveragePooling2D() before the last layer"
                )
            raise ValueError(
                f"{self.name}: expected class numbers of shape {batch_shape(outer)}. "
                f"Received: {batch_shape(y.shape[1:])}. For one-hot labels use loss='categorical_crossentropy'"
            )
        numbers = y.reshape(len(y), *outer)
        whole = numbers.astype(np.int64)
        ignored = whole == self.ignore_class if self.ignore_class is not None else np.zeros(whole.shape, bool)
        wrong = ((whole != numbers) | (whole < 0) | (whole >= classes)) & ~ignored
        if wrong.any():
            raise ValueError(
                f"{self.name}: labels must be whole numbers from 0 to {classes - 1}, as the last layer has {classes} "
                f"units. Received: {numbers[wrong][0]:g}"
            )
        if not self.kernel:
            return numbers.astype(dtype)
        hot = np.eye(classes, dtype=dtype)[np.where(ignored, 0, whole)]
        if ignored.any():
            hot[ignored] = 0
        return hot

    def weigh(self, scale: np.ndarray, weights: np.ndarray | None, targets: np.ndarray) -> None:
        """As Keras: ignored places weigh nothing, and the mean is over the others."""
        super().weigh(scale, weights, targets)
        if self.ignore_class is None:
            return
        counted = targets.any(axis=-1) if self.kernel else targets != self.ignore_class
        scale *= counted
        if self.reduction == "mean_with_sample_weight":
            self.average(scale)
        elif self.reduction != "sum":
            scale *= counted.size / max(np.count_nonzero(counted), 1)

    def get_config(self) -> dict:
        config = super().get_config() | {"ignore_class": self.ignore_class}
        config.pop("label_smoothing")
        return config


class AutoCrossentropy(Loss):
    """The crossentropy that fits: binary for one output, sparse for class numbers, else categorical."""

    kernel = CategoricalCrossentropy.kernel  # or another one, as the output has it

    def of(self, output_shape: Sequence[int], label_shape: Sequence[int] | None = None) -> Crossentropy:
        """The loss for outputs and labels of these shapes; without the labels', one that lowers alike."""
        if output_shape[-1] == 1:
            return BinaryCrossentropy(reduction=self.reduction, name=self.name)
        sparse = label_shape is not None and (len(label_shape) < len(output_shape) or label_shape[-1] == 1)
        cls = SparseCategoricalCrossentropy if sparse else CategoricalCrossentropy
        return cls(reduction=self.reduction, name=self.name)

    def default_name(self) -> str:
        return "crossentropy"

    def call(self, y_true: np.ndarray, y_pred: Value) -> Value:
        return self.of(y_pred.shape, y_true.shape).call(y_true, y_pred)

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        return self.of(output_shape, np.shape(y)).targets(y, output_shape, dtype)

    def lower(self, builder: Builder, y: Tensor, targets: Tensor | None = None) -> Op:
        return self.of(y.shape).lower(builder, y, targets)


BINARY_RANGE = ". For more than two classes use softmax and sparse_categorical_crossentropy"


def one_hot_advice(y: np.ndarray, expected: tuple[int, ...]) -> str:
    """What to do about labels that are no one-hot rows of the right length."""
    if y.ndim < len(expected) + 1 or y.shape[-1] == 1:
        return ". For class numbers use loss='sparse_categorical_crossentropy', or to_categorical(labels)"
    return ". The last layer's units must equal the number of classes"


def binary_advice(y: np.ndarray, expected: tuple[int, ...]) -> str:
    """What to do about labels that are not one 0 or 1 an output."""
    if expected == (1,):
        return ". One-hot labels need as many units in the last layer as classes, and categorical_crossentropy"
    return ". One unit in the last layer serves two classes"


def probabilities(name: str, labels: np.ndarray, advice: str) -> np.ndarray:
    """Labels, all of them in [0, 1].

    Raises:
        ValueError: for others.
    """
    if labels.size and (labels.min() < 0 or labels.max() > 1):
        value = labels.min() if labels.min() < 0 else labels.max()
        raise ValueError(f"{name}: labels must be in [0, 1]. Received: {value:g}{advice}")
    return labels
