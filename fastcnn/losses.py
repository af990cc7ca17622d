"""Losses: what they take as labels, and the kernel that computes them."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.program import Builder, Op, Tensor

EPSILON = 1e-7  # probabilities are clipped to [EPSILON, 1 - EPSILON]; Keras's epsilon()


class Loss:
    """Mean over the samples of a per-sample value.

    reduction : "sum_over_batch_size" (mean over samples, the default) or "sum".

    A loss is also a function: loss(y_true, y_pred) -> float.
    """

    kernel = ""
    predictions = "probs"  # the contract's name for the network's output

    def __init__(self, reduction: str = "sum_over_batch_size", name: str | None = None):
        if reduction not in ("sum_over_batch_size", "sum", "mean"):
            raise ValueError(
                f'{type(self).__name__}: reduction must be "sum_over_batch_size" or "sum". Received: {reduction!r}'
            )
        self.reduction = reduction
        self.name = name or self.default_name()

    def default_name(self) -> str:
        """Keras's name of the loss."""
        return next(key for key, cls in _BY_NAME.items() if isinstance(self, cls))

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        """Labels as the kernel takes them: one value for each output, shape (n, ...) as the output's.

        Raises:
            ValueError: when labels do not fit the loss and the output; says what was expected.
        """
        y = np.asarray(y)
        expected = tuple(output_shape[1:])
        if y.shape[1:] != expected and not (expected == (1,) and y.ndim == 1):
            raise ValueError(
                f"{self.name}: expected labels of shape {_batch(expected)} for outputs of shape {_batch(expected)}. "
                f"Received: {_batch(y.shape[1:])}{self.advice(y, expected)}"
            )
        return self._finite(y).reshape(len(y), *expected).astype(dtype)

    def _finite(self, y: np.ndarray) -> np.ndarray:
        if y.dtype.kind not in "fiub":
            raise ValueError(f"{self.name}: labels must be numbers. Received an array of {y.dtype}")
        if y.dtype.kind == "f" and not np.isfinite(y).all():
            raise ValueError(f"{self.name}: the labels hold NaN or infinity")
        return y

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        """What to do about labels of the wrong shape."""
        return ""

    def lower(self, builder: Builder, y: Tensor, targets: Tensor) -> Op:
        """Emits the loss of the output `y` (N, ..., C); its "losses" argument holds one value a sample."""
        losses = builder.tensor(y.shape[:-1])
        return builder.emit(self.kernel, **{self.predictions: y}, targets=targets, losses=losses, **self.params())

    def params(self) -> dict:
        """Parameters of the kernel."""
        return {}

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> float:
        from fastcnn.switching import get_backend

        predictions = np.ascontiguousarray(y_pred, dtype=np.result_type(np.asarray(y_pred).dtype, np.float32))
        targets = self.targets(np.asarray(y_true), predictions.shape, predictions.dtype.name)
        losses = np.empty(predictions.shape[:-1], predictions.dtype)
        self.compute(get_backend(), predictions, targets, losses)
        weights = np.ones(len(losses)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        total = float((losses.reshape(len(losses), -1).sum(axis=1, dtype=np.float64) * weights).sum())
        return total if self.reduction == "sum" else total / losses.size

    def compute(self, backend: object, predictions: np.ndarray, targets: np.ndarray, losses: np.ndarray) -> None:
        """Runs the kernel on plain arrays."""
        getattr(backend, self.kernel)(predictions, targets, losses, **self.params())

    def get_config(self) -> dict:
        """Arguments that rebuild this loss."""
        return {"reduction": self.reduction, "name": self.name}

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        """The loss that get_config described."""
        return cls(**config)


class MeanSquaredError(Loss):
    """Mean over the outputs of (y_true - y_pred)**2."""

    kernel, predictions = "mean_squared_error_forward", "predictions"


class _Crossentropy(Loss):
    """Cross-entropy of probabilities, or with from_logits=True of what comes before softmax / sigmoid.

    label_smoothing : in [0, 1], mixes the labels with the uniform distribution.
    """

    logits_kernel = ""

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1, **kwargs: object):
        super().__init__(**kwargs)
        if axis != -1:
            raise ValueError(f"{type(self).__name__}: axis must be -1, the last one. Received: {axis!r}")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{type(self).__name__}: label_smoothing must be in [0, 1]. Received: {label_smoothing!r}")
        self.from_logits, self.label_smoothing = bool(from_logits), float(label_smoothing)

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        made = super().targets(y, output_shape, dtype)
        if made.size and (made.min() < 0 or made.max() > 1):
            value = made.min() if made.min() < 0 else made.max()
            raise ValueError(f"{self.name}: labels must be in [0, 1]. Received: {value:g}{self.range_advice()}")
        return made * dtype_of(made, 1 - self.label_smoothing) + dtype_of(made, self.uniform(made.shape[-1]))

    def range_advice(self) -> str:
        """What to do about labels outside [0, 1]."""
        return ""

    def uniform(self, classes: int) -> float:
        """What label smoothing adds to every label."""
        return self.label_smoothing / classes

    def lower(self, builder: Builder, y: Tensor, targets: Tensor) -> Op:
        if not self.from_logits:
            return super().lower(builder, y, targets)
        losses, probs = builder.tensor(y.shape[:-1]), builder.tensor(y.shape)
        return builder.emit(self.logits_kernel, logits=y, targets=targets, probs=probs, losses=losses)

    def params(self) -> dict:
        return {"epsilon": EPSILON}

    def compute(self, backend: object, predictions: np.ndarray, targets: np.ndarray, losses: np.ndarray) -> None:
        if self.from_logits:
            getattr(backend, self.logits_kernel)(predictions, targets, np.empty_like(predictions), losses)
        else:
            super().compute(backend, predictions, targets, losses)

    def get_config(self) -> dict:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
        return super().get_config() | own


class CategoricalCrossentropy(_Crossentropy):
    """-sum of y_true * log(y_pred); labels are one-hot rows (or probabilities), one column a class."""

    kernel, logits_kernel = "categorical_crossentropy_forward", "softmax_crossentropy_forward"

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        if y.ndim < len(expected) + 1 or y.shape[-1] == 1:
            return ". For class numbers use loss='sparse_categorical_crossentropy', or to_categorical(labels)"
        return ". The last layer's units must equal the number of classes"


class SparseCategoricalCrossentropy(_Crossentropy):
    """Categorical cross-entropy with class numbers 0 .. classes - 1 as labels, shape (N,) or (N, 1)."""

    kernel, logits_kernel = "categorical_crossentropy_forward", "softmax_crossentropy_forward"

    def __init__(self, from_logits: bool = False, ignore_class: int | None = None, **kwargs: object):
        if ignore_class is not None:
            raise ValueError("SparseCategoricalCrossentropy: ignore_class is not supported yet; use sample_weight")
        super().__init__(from_logits, **kwargs)

    def targets(self, y: np.ndarray, output_shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
        y, classes = self._finite(np.asarray(y)), output_shape[-1]
        outer = tuple(output_shape[1:-1])
        if y.shape[1:] not in (outer, (*outer, 1)):
            raise ValueError(
                f"{self.name}: expected class numbers of shape {_batch(outer)}. Received: {_batch(y.shape[1:])}. "
                "For one-hot labels use loss='categorical_crossentropy'"
            )
        numbers = y.reshape(len(y), *outer)
        whole = numbers.astype(np.int64)
        wrong = (whole != numbers) | (whole < 0) | (whole >= classes)
        if wrong.any():
            raise ValueError(
                f"{self.name}: labels must be whole numbers from 0 to {classes - 1}, as the last layer has {classes} "
                f"units. Received: {numbers[wrong][0]:g}"
            )
        return np.eye(classes, dtype=dtype)[whole]

    def get_config(self) -> dict:
        config = super().get_config()
        config.pop("label_smoothing")
        return config


class BinaryCrossentropy(_Crossentropy):
    """Mean over the outputs of -(t * log(p) + (1 - t) * log(1 - p)); labels 0 or 1, shape (N,) or as the output."""

    kernel, logits_kernel = "binary_crossentropy_forward", "sigmoid_crossentropy_forward"

    def uniform(self, classes: int) -> float:
        return self.label_smoothing / 2

    def advice(self, y: np.ndarray, expected: tuple[int, ...]) -> str:
        if expected == (1,):
            return ". One-hot labels need as many units in the last layer as classes, and categorical_crossentropy"
        return ". One unit in the last layer serves two classes"

    def range_advice(self) -> str:
        return ". For more than two classes use softmax and sparse_categorical_crossentropy"


def dtype_of(like: np.ndarray, value: float) -> np.generic:
    """`value` in the type of an array, so that a product keeps that type."""
    return like.dtype.type(value)


def _batch(shape: Sequence[int]) -> str:
    return f"(batch, {', '.join(map(str, shape))})" if shape else "(batch,)"


_BY_NAME: dict[str, type[Loss]] = {
    "mean_squared_error": MeanSquaredError,
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
}
_ALIASES = {"mse": "mean_squared_error", "bce": "binary_crossentropy"}
_ALIASES |= {alias.upper(): name for alias, name in _ALIASES.items()}


def get(identifier: object) -> Loss:
    """The loss of that name, class, {"class_name": ..., "config": ...}, or the instance itself.

    Raises:
        ValueError: for an unknown name; the message lists those that are known.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, dict):
        found = {cls.__name__: cls for cls in _BY_NAME.values()}.get(identifier.get("class_name"))
        if found is not None:
            return found.from_config(identifier.get("config", {}))
    name = getattr(identifier, "__name__", identifier)
    name = _ALIASES.get(name, name) if isinstance(name, str) else None
    if name not in _BY_NAME:
        known = ", ".join(sorted([*_BY_NAME, *_ALIASES]))
        raise ValueError(f"unknown loss. Received: {identifier!r}. Known: {known}")
    return _BY_NAME[name]()
