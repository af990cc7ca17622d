"""Accuracies: the share of samples whose predicted class is right."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import same_shape
from fastcnn.metrics.reductions import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return 1.0 where ``y_true == y_pred``, else 0.0, elementwise. Raises ValueError if the shapes differ."""
    y_true, y_pred = same_shape("accuracy", y_true, y_pred)
    return (y_true == y_pred).astype(np.float32)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> np.ndarray:
    """Return 1.0 where the class, 1 if ``y_pred > threshold`` else 0, equals ``y_true``, elementwise.

    Raises ValueError if the shapes differ; (N,) and (N, 1) count as the same.
    """
    y_true, y_pred = same_shape("binary_accuracy", y_true, y_pred)
    return (y_true == (y_pred > threshold)).astype(np.float32)


def categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): 1.0 where the largest of ``y_true`` (N, C) and of ``y_pred`` (N, C) have the same index.

    The first one wins a tie. Raises ValueError if the shapes differ.
    """
    y_true, y_pred = same_shape("categorical_accuracy", y_true, y_pred)
    return (y_true.argmax(axis=-1) == y_pred.argmax(axis=-1)).astype(np.float32)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return (N,): 1.0 where the class index ``y_true`` (N,) or (N, 1) is the largest of ``y_pred`` (N, C).

    The first one wins a tie. Raises ValueError if there is not one index a prediction.
    """
    y_true, y_pred = _class_indices("sparse_categorical_accuracy", y_true, y_pred)
    return (y_true == y_pred.argmax(axis=-1)).astype(np.float32)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """Return (N,): 1.0 where the one-hot ``y_true`` (N, C) marks one of the ``k`` largest of ``y_pred`` (N, C)."""
    y_true, y_pred = same_shape("top_k_categorical_accuracy", y_true, y_pred)
    return _in_top_k(y_true.argmax(axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(
    y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False
) -> np.ndarray:
    """Return (N,): 1.0 where the index ``y_true`` (N,) or (N, 1) is one of the ``k`` largest of ``y_pred`` (N, C).

    With ``from_sorted_ids`` ``y_pred`` (N, at least k) holds class indices, the likeliest first.
    """
    y_true, y_pred = _class_indices("sparse_top_k_categorical_accuracy", y_true, y_pred)
    if from_sorted_ids:
        return (y_true[..., np.newaxis] == y_pred[..., :k]).any(axis=-1).astype(np.float32)
    return _in_top_k(y_true.astype(np.int64), y_pred, k)


def _in_top_k(classes: np.ndarray, y_pred: np.ndarray, k: int) -> np.ndarray:
    """Return 1.0 where fewer than ``k`` predictions beat the class's: a tie at the border counts as in."""
    known = (classes >= 0) & (classes < y_pred.shape[-1])
    scores = np.take_along_axis(y_pred, np.where(known, classes, 0)[..., np.newaxis], axis=-1)
    # A score that is not a number is in nobody's top k.
    larger = np.count_nonzero(~(y_pred <= scores), axis=-1)
    return (known & (larger < k)).astype(np.float32)


def _class_indices(name: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = np.atleast_1d(np.asarray(y_true)), np.atleast_2d(np.asarray(y_pred))
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape[:-1]:
        shapes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
        raise ValueError(f"{name}: expected one class index a prediction. Received: {shapes}")
    return y_true, y_pred


class Accuracy(MeanMetricWrapper):
    """Share of elements with ``y_true == y_pred``."""

    direction = "max"

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """Share of elements whose class, 1 if ``y_pred > threshold`` else 0, is right."""

    direction = "max"

    def __init__(self, name: str = "binary_accuracy", dtype: Any = None, threshold: float = 0.5):
        if not 0 < threshold < 1:
            raise ValueError(f"BinaryAccuracy: threshold must lie between 0 and 1. Received: {threshold!r}")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose largest prediction is the class of the one-hot label."""

    direction = "max"

    def __init__(self, name: str = "categorical_accuracy", dtype: Any = None):
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose largest prediction is the class index."""

    direction = "max"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: Any = None):
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose one-hot class is among the ``k`` largest predictions."""

    direction = "max"

    def __init__(self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: Any = None):
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Share of samples whose class index is among the ``k`` largest predictions.

    With ``from_sorted_ids`` predictions are class indices themselves, the likeliest first.
    """

    direction = "max"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ):
        options = {"k": k} | ({"from_sorted_ids": True} if from_sorted_ids else {})
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, **options)
