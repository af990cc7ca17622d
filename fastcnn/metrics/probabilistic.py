"""Distances of predicted probabilities from the labels."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import same_shape
from fastcnn.metrics.reductions import MeanMetricWrapper

_EPSILON = 1e-7  # probabilities are clipped to [_EPSILON, 1 - _EPSILON]; Keras's epsilon()


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> np.ndarray:
    """Return (N,): the mean of ``-(t * log(p) + (1 - t) * log(1 - p))`` over the last axis.

    ``label_smoothing`` mixes the labels with 0.5. Raises ValueError if the shapes differ.
    """
    y_true, y_pred = _floats("binary_crossentropy", y_true, y_pred)
    y_true = y_true * (1 - label_smoothing) + 0.5 * label_smoothing
    if from_logits:
        # log(1 + exp(x)) - t * x, in the form that cannot overflow
        return (np.maximum(y_pred, 0) - y_pred * y_true + np.log1p(np.exp(-np.abs(y_pred)))).mean(axis=-1)
    # In float32, as the loss: there 1 - epsilon is a little less than it should be.
    p = np.clip(y_pred.astype(np.float32), np.float32(_EPSILON), np.float32(1 - _EPSILON)).astype(np.float64)
    return -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p)).mean(axis=-1)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> np.ndarray:
    """Return ``-sum(t * log(p))`` over the classes along ``axis``; probabilities are made to add up to 1.

    ``label_smoothing`` mixes the labels with the uniform distribution. Raises ValueError if the shapes differ.
    """
    y_true, y_pred = _floats("categorical_crossentropy", y_true, y_pred)
    y_true = y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return -(y_true * _log_probabilities(y_pred, from_logits, axis)).sum(axis=axis)


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> np.ndarray:
    """Return ``-log(p)`` of the class numbers ``y_true`` (N, ...) or (N, ..., 1); 0 where they are ``ignore_class``.

    Raises ValueError if there is not one class number a prediction.
    """
    y_pred = np.moveaxis(np.asarray(y_pred, np.float64), axis, -1)
    numbers = np.asarray(y_true)
    if numbers.ndim == y_pred.ndim:
        numbers = np.moveaxis(numbers, axis, -1)[..., 0]
    if numbers.shape != y_pred.shape[:-1]:
        shapes = f"y_true {np.shape(y_true)}, y_pred {y_pred.shape}"
        raise ValueError(f"sparse_categorical_crossentropy: expected one class number a prediction. Received: {shapes}")
    numbers = numbers.astype(np.int64)
    kept = np.ones(numbers.shape, bool) if ignore_class is None else numbers != ignore_class
    chosen = np.where(kept, numbers, 0)[..., np.newaxis]
    logs = np.take_along_axis(_log_probabilities(y_pred, from_logits, -1), chosen, axis=-1)[..., 0]
    return np.where(kept, -logs, 0.0)


def kl_divergence(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): ``sum(t * log(t / p))`` over the last axis. Raises ValueError if the shapes differ."""
    y_true, y_pred = (np.clip(values, _EPSILON, 1) for values in _floats("kl_divergence", y_true, y_pred))
    return (y_true * np.log(y_true / y_pred)).sum(axis=-1)


def poisson(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``p - t * log(p)`` over the last axis. Raises ValueError if the shapes differ."""
    y_true, y_pred = _floats("poisson", y_true, y_pred)
    return (y_pred - y_true * np.log(y_pred + _EPSILON)).mean(axis=-1)


def _floats(name: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = same_shape(name, y_true, y_pred)
    return y_true.astype(np.float64), y_pred.astype(np.float64)


def _log_probabilities(y_pred: np.ndarray, from_logits: bool, axis: int) -> np.ndarray:
    if from_logits:
        shifted = y_pred - y_pred.max(axis=axis, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return np.log(np.clip(y_pred / y_pred.sum(axis=axis, keepdims=True), _EPSILON, 1 - _EPSILON))


class BinaryCrossentropy(MeanMetricWrapper):
    """Mean over samples of the binary cross-entropy."""

    direction = "min"

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ):
        super().__init__(binary_crossentropy, name, dtype, from_logits=from_logits, label_smoothing=label_smoothing)


class CategoricalCrossentropy(MeanMetricWrapper):
    """Mean over samples of the cross-entropy with one-hot labels."""

    direction = "min"

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ):
        settings = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, name, dtype, **settings)


class SparseCategoricalCrossentropy(MeanMetricWrapper):
    """Mean over samples of the cross-entropy with class numbers; samples of ``ignore_class`` do not count."""

    direction = "min"

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ):
        settings = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, name, dtype, **settings)


class KLDivergence(MeanMetricWrapper):
    """Mean over samples of the Kullback-Leibler divergence."""

    direction = "min"

    def __init__(self, name: str = "kl_divergence", dtype: Any = None):
        super().__init__(kl_divergence, name, dtype)


class Poisson(MeanMetricWrapper):
    """Mean over samples of the Poisson loss."""

    direction = "min"

    def __init__(self, name: str = "poisson", dtype: Any = None):
        super().__init__(poisson, name, dtype)
