"""Errors of predicted numbers."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import MeanMetricWrapper, align


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``(y_pred - y_true)**2`` over the last axis. Raises ValueError if the shapes differ."""
    return np.square(_difference("mean_squared_error", y_true, y_pred)).mean(axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``|y_pred - y_true|`` over the last axis. Raises ValueError if the shapes differ."""
    return np.abs(_difference("mean_absolute_error", y_true, y_pred)).mean(axis=-1)


def _difference(name: str, y_true: Any, y_pred: Any) -> np.ndarray:
    y_true, y_pred = align(y_true, y_pred)
    if y_true.shape != y_pred.shape:
        shapes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
        raise ValueError(f"{name}: expected labels and predictions of one shape. Received: {shapes}")
    # In floats, since unsigned labels would wrap around below zero.
    return y_pred.astype(np.float64) - y_true


class MeanSquaredError(MeanMetricWrapper):
    """Mean over samples of the squared error."""

    direction = "min"

    def __init__(self, name: str = "mean_squared_error", dtype: Any = None):
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """Mean over samples of the absolute error."""

    direction = "min"

    def __init__(self, name: str = "mean_absolute_error", dtype: Any = None):
        super().__init__(mean_absolute_error, name, dtype)
