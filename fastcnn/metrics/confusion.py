"""Counts of right and wrong decisions at thresholds, and what is made of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn.metrics.base import Metric, divide, same_shape

_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


class ConfusionMetric(Metric):
    """Base of metrics that count decisions ``y_pred > threshold`` against labels, at several thresholds at once.

    The counts (float64, one a threshold) are attributes of the names in ``counted``.

    Raises ValueError for thresholds outside [0, 1].
    """

    counted: tuple[str, ...] = _COUNTS
    top_k: int | None = None
    class_id: int | None = None

    def __init__(self, thresholds: Sequence[float], name: str | None, dtype: Any):
        super().__init__(name, dtype)
        self.thresholds = list(thresholds)
        self._make_counts(())

    def _make_counts(self, labels: tuple[int, ...]) -> None:
        for count in self.counted:
            setattr(self, count, self.add_variable((len(self.thresholds), *labels), name=count))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: labels and scores of one shape (N, ...), weights (N,), (N, 1), of that shape or None."""
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        y_true, y_pred = y_true.astype(bool), y_pred.astype(np.float32)
        weights = np.broadcast_to(weights_like(self.name, sample_weight, y_pred.shape), y_pred.shape)
        if self.top_k is not None:
            y_pred = _only_top_k(y_pred, self.top_k)
        if self.class_id is not None:
            y_true, y_pred, weights = (a[..., self.class_id, np.newaxis] for a in (y_true, y_pred, weights))
        self._count(y_true.reshape(-1, 1), y_pred.reshape(-1, 1), weights.reshape(-1, 1))

    def _count(self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray) -> None:
        """Add to the counts; arrays (n, labels), labels being counted apart."""
        positive = np.where(y_true, weights, 0.0)
        sums = _above(self.thresholds, y_pred, positive), _above(self.thresholds, y_pred, weights - positive)
        hits, false_alarms = (s.reshape(getattr(self, self.counted[0]).shape) for s in sums)
        totals = positive.sum(axis=0), (weights - positive).sum(axis=0)
        if hits.ndim == 1:
            totals = totals[0].sum(), totals[1].sum()
        added = dict(zip(_COUNTS, (hits, false_alarms, totals[1] - false_alarms, totals[0] - hits), strict=True))
        for count in self.counted:
            getattr(self, count).assign_add(added[count])

    def _one_or_all(self, values: np.ndarray) -> Any:
        """Return a number for one threshold, an array for several."""
        return float(values[0]) if len(self.thresholds) == 1 else np.asarray(values)


def weights_like(name: str, weights: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return weights that broadcast to ``shape`` (N, ...); None weighs 1. Raises ValueError if they do not fit."""
    if weights is None:
        return np.ones(())
    weights = np.asarray(weights, np.float64)
    made = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
    if any(size not in (1, full) for size, full in zip(made.shape, shape, strict=False)) or made.ndim > len(shape):
        raise ValueError(
            f"metric {name}: expected one sample_weight for each of the {shape[0]} samples. "
            f"Received: shape {weights.shape}"
        )
    return made


def _above(thresholds: Sequence[float], scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return (thresholds, labels): the weight of the scores (n, labels) above each threshold."""
    limits = np.asarray(thresholds, np.float32)
    order = np.argsort(limits, kind="stable")
    # A score lies above the first `passed` of the sorted thresholds.
    passed = np.searchsorted(limits[order], scores, side="left")
    found = np.empty((len(limits), scores.shape[1]))
    for label in range(scores.shape[1]):
        by_number = np.bincount(passed[:, label], weights[:, label], minlength=len(limits) + 1)
        found[order, label] = by_number[::-1].cumsum()[::-1][1:]
    return found


def _only_top_k(scores: np.ndarray, k: int) -> np.ndarray:
    """Return the scores with all but the k largest of each row (the first of equals) below every threshold."""
    chosen = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    kept = np.zeros(scores.shape, bool)
    np.put_along_axis(kept, chosen, True, axis=-1)
    return np.where(kept, scores, -np.inf).astype(np.float32)


def _given(owner: str, thresholds: Any, default: float) -> list[float]:
    made = [default] if thresholds is None else np.atleast_1d(np.asarray(thresholds, np.float64)).tolist()
    wrong = [t for t in made if thresholds is not None and not 0 <= t <= 1]
    if wrong:
        raise ValueError(f"{owner}: thresholds must be in [0, 1]. Received: {wrong[0]!r}")
    return made


class _Count(ConfusionMetric):
    """The number, or total weight, of one kind of decision; an array for several thresholds."""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None):
        super().__init__(_given(type(self).__name__, thresholds, 0.5), name, dtype)
        self.init_thresholds = thresholds

    def result(self) -> Any:
        """Return the count."""
        return self._one_or_all(np.asarray(getattr(self, self.counted[0])))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Labels 1 with a score above the threshold."""

    counted, direction = ("true_positives",), "max"


class FalsePositives(_Count):
    """Labels 0 with a score above the threshold."""

    counted, direction = ("false_positives",), "min"


class TrueNegatives(_Count):
    """Labels 0 with a score up to the threshold."""

    counted, direction = ("true_negatives",), "max"


class FalseNegatives(_Count):
    """Labels 1 with a score up to the threshold."""

    counted, direction = ("false_negatives",), "min"


class _Share(ConfusionMetric):
    direction = "max"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(_given(type(self).__name__, thresholds, 0.5 if top_k is None else -1e10), name, dtype)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id

    def result(self) -> Any:
        """Return the share; 0 where there is nothing to divide by."""
        found, rest = (np.asarray(getattr(self, count)) for count in self.counted)
        return self._one_or_all(divide(found, found + rest))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """Share of the decisions for 1 that are right.

    thresholds : a score above it means 1; a number, or a list for one result each. Default 0.5.
    top_k : only the k largest scores of a row can mean 1. class_id : looks at this column alone.
    """

    counted = ("true_positives", "false_positives")


class Recall(_Share):
    """Share of the labels 1 that are found; arguments as for Precision."""

    counted = ("true_positives", "false_negatives")
