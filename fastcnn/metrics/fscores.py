"""F-scores: harmonic means of precision and recall."""

from typing import Any

import numpy as np

from fastcnn.metrics.base import Metric, same_shape

_EPSILON = 1e-7
_AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """Weighted harmonic mean of precision and recall over labels (N, classes); beta > 1 favours recall.

    average : None gives one value a class, "macro" their mean, "weighted" their mean by the labels' numbers, "micro"
        the score of all classes' decisions together.
    threshold : a score above it means 1; without one the largest score of each row does.
    """

    direction = "max"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: Any = None,
    ):
        super().__init__(name, dtype)
        if average not in _AVERAGES:
            known = ", ".join(map(repr, _AVERAGES))
            raise ValueError(f"{type(self).__name__}: average must be one of {known}. Received: {average!r}")
        if not isinstance(beta, (int, float)) or not beta > 0:
            raise ValueError(f"{type(self).__name__}: beta must be positive. Received: {beta!r}")
        if threshold is not None and not 0 < threshold <= 1:
            raise ValueError(f"{type(self).__name__}: threshold must be in (0, 1]. Received: {threshold!r}")
        self.average, self.beta, self.threshold = average, float(beta), threshold
        self._built = False

    def _build(self, classes: int) -> None:
        shape = () if self.average == "micro" else (classes,)
        for count in ("true_positives", "false_positives", "false_negatives", "labels"):
            setattr(self, count, self.add_variable(shape, name=count))
        self._built = True

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: labels and scores (N, classes), weights (N,) or None."""
        y_true, y_pred = (values.astype(np.float32) for values in same_shape(self.name, y_true, y_pred))
        if y_pred.ndim != 2:
            raise ValueError(f"{type(self).__name__}: expected scores (N, classes). Received: shape {y_pred.shape}")
        if not self._built:
            self._build(y_pred.shape[1])
        if self.threshold is None:  # and a row of zeros means no class, not all
            decided = (y_pred >= y_pred.max(axis=-1, keepdims=True)) & (np.abs(y_pred) > 1e-9)
        else:
            decided = y_pred > self.threshold
        weights = np.ones(len(y_true)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights, axis = weights.reshape(-1, 1), None if self.average == "micro" else 0
        self.true_positives.assign_add((decided * y_true * weights).sum(axis=axis))
        self.false_positives.assign_add((decided * (1 - y_true) * weights).sum(axis=axis))
        self.false_negatives.assign_add((~decided * y_true * weights).sum(axis=axis))
        self.labels.assign_add((y_true * weights).sum(axis=axis))

    def result(self) -> Any:
        """Return the score, one a class if average is None; 0.0 before the first sample."""
        if not self._built:
            return 0.0
        hits = np.asarray(self.true_positives)
        precision = hits / (hits + self.false_positives + _EPSILON)
        recall = hits / (hits + self.false_negatives + _EPSILON)
        scores = (1 + self.beta**2) * precision * recall / (self.beta**2 * precision + recall + _EPSILON)
        if self.average == "weighted":
            return float((scores * (self.labels / (np.sum(self.labels) + _EPSILON))).sum())
        return scores if self.average is None else float(scores.mean())

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """Harmonic mean of precision and recall; arguments as for FBetaScore."""

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str = "f1_score", dtype: Any = None
    ):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        del config["beta"]
        return config
