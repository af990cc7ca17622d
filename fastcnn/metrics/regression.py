"""Errors of predicted numbers."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import same_shape
from fastcnn.metrics.reductions import Mean, MeanMetricWrapper

_EPSILON = 1e-7  # Keras's epsilon()


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``(y_pred - y_true)**2`` over the last axis. Raises ValueError if the shapes differ."""
    return np.square(_difference("mean_squared_error", y_true, y_pred)).mean(axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``|y_pred - y_true|`` over the last axis. Raises ValueError if the shapes differ."""
    return np.abs(_difference("mean_absolute_error", y_true, y_pred)).mean(axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): 100 times the mean of ``|y_pred - y_true| / |y_true|`` over the last axis.

    Raises ValueError if the shapes differ.
    """
    difference = _difference("mean_absolute_percentage_error", y_true, y_pred)
    size = np.maximum(np.abs(np.asarray(y_true, np.float64)).reshape(difference.shape), _EPSILON)
    return 100 * np.abs(difference / size).mean(axis=-1)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``(log(1 + y_pred) - log(1 + y_true))**2`` over the last axis; below 0 counts as 0.

    Raises ValueError if the shapes differ.
    """
    y_true, y_pred = same_shape("mean_squared_logarithmic_error", y_true, y_pred)
    logs = [np.log(np.maximum(values.astype(np.float64), _EPSILON) + 1) for values in (y_true, y_pred)]
    return np.square(logs[0] - logs[1]).mean(axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``log(cosh(y_pred - y_true))`` over the last axis. Raises ValueError as above."""
    x = np.abs(_difference("log_cosh", y_true, y_pred))
    return (x + np.log1p(np.exp(-2 * x)) - np.log(2)).mean(axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """Return the cosine of the angle between ``y_true`` and ``y_pred`` along ``axis``. Raises ValueError as above."""
    y_true, y_pred = same_shape("cosine_similarity", y_true, y_pred)
    return (_normalized(y_true, axis) * _normalized(y_pred, axis)).sum(axis=axis)


def _normalized(values: np.ndarray, axis: int) -> np.ndarray:
    values = values.astype(np.float64)
    return values / np.maximum(np.sqrt(np.square(values).sum(axis=axis, keepdims=True)), _EPSILON)


def _difference(name: str, y_true: Any, y_pred: Any) -> np.ndarray:
    y_true, y_pred = same_shape(name, y_true, y_pred)
    # In floats, since unsigned labels would wrap around below zero.
    return y_pred.astype(np.float64) - y_true


class MeanSquaredError(MeanMetricWrapper):
    """Mean over samples of the squared error."""

    direction = "min"

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None):
        super().__init__(mean_squared_error, name, dtype)


class RootMeanSquaredError(Mean):
    """Square root of the mean squared error."""

    direction = "min"

    def __init__(self, name: str = "root_mean_squared_error", dtype: Any = None):
        super().__init__(name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch."""
        super().update_state(np.square(_difference(self.name, y_true, y_pred)), sample_weight)

    def result(self) -> float:
        """Return the root of the mean so far."""
        return super().result() ** 0.5


class MeanAbsoluteError(MeanMetricWrapper):
    """Mean over samples of the absolute error."""

    direction = "min"

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None):
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """Mean over samples of the absolute error as a percentage of the true value."""

    direction = "min"

    def __init__(self, name: str = "mean_absolute_percentage_error", dtype: Any = None):
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """Mean over samples of the squared difference of logarithms."""

    direction = "min"

    def __init__(self, name: str = "mean_squared_logarithmic_error", dtype: Any = None):
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """Mean over samples of log(cosh(error))."""

    direction = "min"

    def __init__(self, name: str = "logcosh", dtype: Any = None):
        super().__init__(log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """Mean over samples of the cosine between label and prediction."""

    direction = "max"

    def __init__(self, name: str = "cosine_similarity", dtype: Any = None, axis: int = -1):
        super().__init__(cosine_similarity, name, dtype, axis=axis)
