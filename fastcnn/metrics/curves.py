"""Areas under curves over all thresholds, and the best point of a curve under a condition."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn.metrics.base import divide, same_shape
from fastcnn.metrics.confusion import ConfusionMetric, weights_like

_EPSILON = 1e-7
_CURVES, _METHODS = ("ROC", "PR", "PRGAIN"), ("interpolation", "minoring", "majoring")


def _spread(owner: str, num_thresholds: int, least: int) -> list[float]:
    if num_thresholds < least:
        raise ValueError(f"{owner}: num_thresholds must be at least {least}. Received: {num_thresholds!r}")
    return np.linspace(0, 1, num_thresholds).tolist() if num_thresholds > 1 else [0.5]


class AUC(ConfusionMetric):
    """Area under the ROC curve or the precision-recall curve, by a sum over thresholds.

    num_thresholds : evenly spread over [0, 1]; `thresholds` gives them instead.
    curve : "ROC", "PR" or "PRGAIN". summation_method : "interpolation" (for PR after Davis and Goadrich 2006),
        "minoring" or "majoring" (rectangles below or above).
    multi_label : scores (N, labels): an area a label, then their mean by label_weights. Without it, label_weights weigh
        the columns of one common area. num_labels : accepted; the first batch says it too.
    from_logits : scores go through a sigmoid first.
    """

    direction = "max"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ):
        self.curve, self.summation_method = str(curve).upper(), str(summation_method).lower()
        for argument, value, known in (
            ("curve", self.curve, _CURVES),
            ("summation_method", self.summation_method, _METHODS),
        ):
            if value not in known:
                raise ValueError(f"AUC: {argument} must be one of {', '.join(known)}. Received: {value!r}")
        if num_labels and not multi_label:
            raise ValueError("AUC: num_labels needs multi_label=True")
        inner = _spread("AUC", num_thresholds, 2)[1:-1] if thresholds is None else sorted(thresholds)
        self.init_thresholds = None if thresholds is None else inner
        self.multi_label, self.num_labels, self.from_logits = multi_label, num_labels, from_logits
        self.label_weights = None if label_weights is None else np.asarray(label_weights, np.float64)
        # Ends beyond 0 and 1, so that scores of exactly 0 and 1 lie on the right side of them.
        super().__init__([-_EPSILON, *inner, 1 + _EPSILON], name, dtype)
        self.num_thresholds = len(self.thresholds)

    def _make_counts(self, labels: tuple[int, ...]) -> None:
        if labels or not self.multi_label or self.num_labels:
            super()._make_counts(labels or ((self.num_labels,) if self.num_labels else ()))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: labels and scores (N, ...), weights (N,) or None."""
        y_true, y_pred = same_shape(self.name, y_true, y_pred)
        y_pred = y_pred.astype(np.float32)
        if self.from_logits:
            y_pred = (1 + np.tanh(y_pred / 2)) / 2  # the sigmoid, in a form that cannot overflow
        if not self.multi_label:
            weights = weights_like(self.name, sample_weight, y_pred.shape)
            if self.label_weights is not None:
                weights = weights * self.label_weights
            super().update_state(y_true, y_pred, np.broadcast_to(weights, y_pred.shape))
            return
        if y_pred.ndim != 2:
            raise ValueError(f"AUC: multi_label=True needs scores (N, labels). Received: shape {y_pred.shape}")
        if not self._variables:
            self._make_counts(y_pred.shape[1:])
        weights = np.broadcast_to(weights_like(self.name, sample_weight, y_pred.shape), y_pred.shape)
        self._count(y_true.astype(bool), y_pred, weights)

    def result(self) -> float:
        """Return the area; 0.0 before the first sample."""
        if not self._variables:
            return 0.0
        counts = [np.asarray(getattr(self, count)) for count in self.counted]
        if (self.curve, self.summation_method) == ("PR", "interpolation"):
            areas = _interpolated_precision(*counts)
        else:
            x, y = _points(self.curve, *counts)
            heights = {"interpolation": (y[:-1] + y[1:]) / 2, "minoring": np.minimum(y[:-1], y[1:])}
            areas = (x[:-1] - x[1:]) * heights.get(self.summation_method, np.maximum(y[:-1], y[1:]))
        by_label = areas.sum(axis=0)
        if not self.multi_label:
            return float(by_label)
        if self.label_weights is None:
            return float(by_label.mean())
        return float(divide((by_label * self.label_weights).sum(), self.label_weights.sum()))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {name: getattr(self, name) for name in ("num_thresholds", "curve", "summation_method", "multi_label")}
        weights = None if self.label_weights is None else self.label_weights.tolist()
        own |= {"num_labels": self.num_labels, "label_weights": weights, "from_logits": self.from_logits}
        own |= {} if self.init_thresholds is None else {"thresholds": self.init_thresholds}
        return {**super().get_config(), **own}


def _points(curve: str, hits: np.ndarray, alarms: np.ndarray, quiet: np.ndarray, missed: np.ndarray) -> tuple:
    """Return x and y of the curve at every threshold."""
    recall = divide(hits, hits + missed)
    if curve == "ROC":
        return divide(alarms, alarms + quiet), recall
    if curve == "PR":
        return recall, divide(hits, hits + alarms)
    # Gains over a classifier that always says 1. Source: Flach and Kull 2015, "Precision-Recall-Gain Curves".
    odds = divide(hits + missed, quiet + alarms)
    recall_gain = np.where(hits == 0, 0.0, 1 - odds * divide(missed, hits))
    return np.maximum(recall_gain, 0), np.where(hits == 0, 1.0, 1 - odds * divide(alarms, hits))


def _interpolated_precision(hits: np.ndarray, alarms: np.ndarray, quiet: np.ndarray, missed: np.ndarray) -> np.ndarray:
    """Return the areas between thresholds where hits, not precision, go in a straight line (Davis and Goadrich)."""
    decided = hits + alarms
    more_hits, more = hits[:-1] - hits[1:], decided[:-1] - decided[1:]
    slope = divide(more_hits, np.maximum(more, 0))
    start = hits[1:] - slope * decided[1:]
    both = (decided[:-1] > 0) & (decided[1:] > 0)
    ratio = np.where(both, divide(decided[:-1], decided[1:]), 1.0)
    return divide(slope * (more_hits + start * np.log(ratio)), hits[1:] + missed[1:])


class _BestPoint(ConfusionMetric):
    """Base of metrics that search the thresholds for the best value of one share while another reaches a limit."""

    direction = "max"
    limited = best = ""
    argument = ""

    def __init__(self, value: float, num_thresholds: int, class_id: int | None, name: str | None, dtype: Any):
        if not 0 <= value <= 1:
            raise ValueError(f"{type(self).__name__}: {self.argument} must be in [0, 1]. Received: {value!r}")
        super().__init__(_spread(type(self).__name__, num_thresholds, 1), name, dtype)
        self.value, self.num_thresholds, self.class_id = value, num_thresholds, class_id

    def result(self) -> float:
        """Return the best value; 0.0 where no threshold reaches the limit."""
        hits, alarms, quiet, missed = (np.asarray(getattr(self, count)) for count in self.counted)
        shares = {
            "recall": divide(hits, hits + missed),
            "precision": divide(hits, hits + alarms),
            "specificity": divide(quiet, quiet + alarms),
        }
        return float(np.where(shares[self.limited] >= self.value, shares[self.best], 0.0).max(initial=0))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {self.argument: self.value, "num_thresholds": self.num_thresholds, "class_id": self.class_id}
        return {**super().get_config(), **own}


class SensitivityAtSpecificity(_BestPoint):
    """Best sensitivity (recall) where the specificity is at least ``specificity``."""

    limited, best, argument = "specificity", "recall", "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(_BestPoint):
    """Best specificity where the sensitivity (recall) is at least ``sensitivity``."""

    limited, best, argument = "recall", "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(_BestPoint):
    """Best precision where the recall is at least ``recall``."""

    limited, best, argument = "recall", "precision", "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(_BestPoint):
    """Best recall where the precision is at least ``precision``."""

    limited, best, argument = "precision", "recall", "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
