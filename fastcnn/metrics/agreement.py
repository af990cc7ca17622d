"""How well predictions explain or follow the labels: R squared and correlations."""

import warnings
from typing import Any

import numpy as np

from fastcnn.metrics.base import Metric, same_shape
from fastcnn.metrics.reductions import MeanMetricWrapper

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
_EPSILON = 1e-7


class R2Score(Metric):
    """Share of the labels' variance that the predictions (N, outputs) explain: 1 - residual / variance.

    class_aggregation : over the outputs: "uniform_average", "variance_weighted_average", or None for one value each.
    num_regressors : independent inputs of the model; above 0 the score is adjusted for their number.
    """

    direction = "max"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: Any = None,
    ):
        super().__init__(name, dtype)
        if class_aggregation not in _AGGREGATIONS:
            known = ", ".join(map(repr, _AGGREGATIONS))
            raise ValueError(f"R2Score: class_aggregation must be one of {known}. Received: {class_aggregation!r}")
        if num_regressors < 0:
            raise ValueError(f"R2Score: num_regressors must not be negative. Received: {num_regressors!r}")
        self.class_aggregation, self.num_regressors = class_aggregation, num_regressors
        self.num_samples = self.add_variable(name="num_samples")
        self._sums: dict[str, Any] = {}

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: labels and predictions (N, outputs), weights (N,) or None."""
        y_true, y_pred = (values.astype(np.float64) for values in same_shape(self.name, y_true, y_pred))
        if y_pred.ndim != 2:
            raise ValueError(f"R2Score: expected predictions (N, outputs). Received: shape {y_pred.shape}")
        if not self._sums:
            for name in ("squared_sum", "sum", "residual", "count"):
                self._sums[name] = self.add_variable(y_pred.shape[1:], name=name)
        weights = np.ones(len(y_true)) if sample_weight is None else np.asarray(sample_weight, np.float64)
        weights = np.broadcast_to(weights.reshape(-1, 1), y_true.shape)
        self._sums["sum"].assign_add((y_true * weights).sum(axis=0))
        self._sums["squared_sum"].assign_add((y_true**2 * weights).sum(axis=0))
        self._sums["residual"].assign_add(((y_true - y_pred) ** 2 * weights).sum(axis=0))
        self._sums["count"].assign_add(weights.sum(axis=0))
        self.num_samples.assign_add(y_true.size)

    def result(self) -> Any:
        """Return the score; 0.0 before the first sample."""
        if not self._sums:
            return 0.0
        squared, total, residual, count = (
            np.asarray(self._sums[n]) for n in ("squared_sum", "sum", "residual", "count")
        )
        with np.errstate(all="ignore"):
            variance = squared - total * (total / count)
            scores = 1 - residual / variance
            scores = np.where(np.isinf(scores), 0.0, scores)
            if self.class_aggregation == "uniform_average":
                scores = scores.mean()
            elif self.class_aggregation is not None:
                scores = (variance * scores).sum() / variance.sum()
        return self._adjusted(scores)

    def _adjusted(self, score: Any) -> Any:
        left = float(self.num_samples) - self.num_regressors - 1
        if self.num_regressors == 0:
            return score
        if left <= 0:
            text = f"R2Score: {self.num_regressors} regressors for {float(self.num_samples):g} values"
            warnings.warn(f"{text}; the score is not adjusted", stacklevel=3)
            return score
        return 1 - (1 - score) * (float(self.num_samples) - 1) / left

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """Return the correlation of labels and predictions along ``axis``. Raises ValueError if the shapes differ."""
    y_true, y_pred = (values.astype(np.float64) for values in same_shape("pearson_correlation", y_true, y_pred))
    centred = [values - values.mean(axis=axis, keepdims=True) for values in (y_true, y_pred)]
    scaled = [values / values.std(axis=axis, keepdims=True) for values in centred]
    return (scaled[0] * scaled[1]).mean(axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """Return Lin's concordance along ``axis``, in Keras's form (both factors centred on the predictions' mean).

    Raises ValueError if the shapes differ.
    """
    y_true, y_pred = (values.astype(np.float64) for values in same_shape("concordance_correlation", y_true, y_pred))
    means = [values.mean(axis=axis, keepdims=True) for values in (y_true, y_pred)]
    variances = [values.var(axis=axis, keepdims=True) for values in (y_true, y_pred)]
    covariance = (y_true - means[1]) * (y_pred - means[1])
    spread = variances[0] + variances[1] + (means[0] - means[1]) ** 2
    return (2 * covariance / (spread + _EPSILON)).mean(axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """Mean over samples of the correlation along ``axis``."""

    direction = "max"

    def __init__(self, name: str = "pearson_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """Mean over samples of the concordance along ``axis``."""

    direction = "max"

    def __init__(self, name: str = "concordance_correlation", dtype: Any = None, axis: int = -1):
        super().__init__(concordance_correlation, name, dtype, axis=axis)
