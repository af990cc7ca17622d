"""Hinge errors: how far predictions stay from the right side of the margin."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import same_shape
from fastcnn.metrics.reductions import MeanMetricWrapper


def hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``max(1 - y_true * y_pred, 0)``; labels -1 and 1, or 0 and 1, which become -1 and 1.

    Raises ValueError if the shapes differ.
    """
    return _margin("hinge", y_true, y_pred).mean(axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): the mean of ``max(1 - y_true * y_pred, 0)**2``; labels and errors as in hinge."""
    return np.square(_margin("squared_hinge", y_true, y_pred)).mean(axis=-1)


def categorical_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): ``max(best wrong class - right class + 1, 0)``; one-hot labels (N, C).

    Raises ValueError if the shapes differ.
    """
    y_true, y_pred = (values.astype(np.float64) for values in same_shape("categorical_hinge", y_true, y_pred))
    right, wrong = (y_true * y_pred).sum(axis=-1), ((1 - y_true) * y_pred).max(axis=-1)
    return np.maximum(wrong - right + 1, 0)


def _margin(name: str, y_true: Any, y_pred: Any) -> np.ndarray:
    y_true, y_pred = (values.astype(np.float64) for values in same_shape(name, y_true, y_pred))
    if np.isin(y_true, (0, 1)).all():
        y_true = 2 * y_true - 1
    return np.maximum(1 - y_true * y_pred, 0)


class Hinge(MeanMetricWrapper):
    """Mean over samples of the hinge error."""

    direction = "min"

    def __init__(self, name: str = "hinge", dtype: Any = None):
        super().__init__(hinge, name, dtype)


class SquaredHinge(MeanMetricWrapper):
    """Mean over samples of the squared hinge error."""

    direction = "min"

    def __init__(self, name: str = "squared_hinge", dtype: Any = None):
        super().__init__(squared_hinge, name, dtype)


class CategoricalHinge(MeanMetricWrapper):
    """Mean over samples of the categorical hinge error."""

    direction = "min"

    def __init__(self, name: str = "categorical_hinge", dtype: Any = None):
        super().__init__(categorical_hinge, name, dtype)
