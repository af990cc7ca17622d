"""Running means and sums, which nearly every metric is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from fastcnn.metrics.base import Metric, align


class Sum(Metric):
    """Running sum over samples, accumulated in float64."""

    def __init__(self, name: str = "sum", dtype: Any = None):
        super().__init__(name, dtype)
        self.total = self.add_variable(name="total")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values``: (N, ...) or one number, each times its ``sample_weight``."""
        values, _ = _by_sample(self.name, values, sample_weight, np.sum)
        self.total.assign_add(values.sum())

    def result(self) -> float:
        """Return the sum."""
        return float(self.total)


class Mean(Metric):
    """Running mean over samples, accumulated in float64."""

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name, dtype)
        self.total, self.count = self.add_variable(name="total"), self.add_variable(name="count")

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values``: (N, ...), one sample a row (averaged over the other axes), or one number.

        ``sample_weight``: (N,), (N, 1) or one for each value. Raises ValueError for any other shape.
        """
        values, weights = _by_sample(self.name, values, sample_weight, np.mean)
        self.total.assign_add(values.sum())
        self.count.assign_add(len(values) if weights is None else weights.sum())

    def result(self) -> float:
        """Return the mean; 0.0 before the first sample."""
        return float(self.total) / float(self.count) if self.count else 0.0


class MeanMetricWrapper(Mean):
    """Running mean over samples of a function ``fn(y_true, y_pred, **kwargs)``.

    The function returns one value a sample (any further axes are averaged) or the batch's mean as one number, which
    then counts for all of the batch's samples.
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        if name is None:
            name = getattr(fn, "name", None) or getattr(fn, "__name__", type(fn).__name__)
        super().__init__(name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: ``y_true`` and ``y_pred`` (N, ...), ``sample_weight`` (N,) or None."""
        y_true, y_pred = align(y_true, y_pred)
        if len(y_true) != len(y_pred):
            sizes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
            raise ValueError(f"metric {self.name}: expected as many labels as predictions. Received: {sizes}")
        if y_true.dtype.kind in "biu" and y_pred.dtype.kind == "f":  # as Keras: 1 - y_true of uint8 would wrap around
            y_true = y_true.astype(y_pred.dtype)
        values = np.asarray(self._fn(y_true, y_pred, **self._fn_kwargs), np.float64)
        if values.size == 1:
            values = np.full(len(y_pred), values.item())
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        wrapped = {"fn": self._fn} if type(self) is MeanMetricWrapper else {}
        return {**wrapped, **super().get_config(), **self._fn_kwargs}


def _by_sample(
    name: str, values: Any, weights: Any, reduce: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return one weighted value a sample (N,), and the weights (N,): the axes behind the first one are reduced.

    Weights (N,) or (N, 1) weigh the reduced values, weights of the values' shape the values themselves.
    """
    values = np.atleast_1d(np.asarray(values, np.float64))
    if weights is None:
        return _reduced(values, 1, reduce), None
    given = np.asarray(weights, np.float64)
    weights = given if given.ndim <= values.ndim else given.reshape(given.shape[:-1] if given.shape[-1] == 1 else -1)
    if weights.ndim > 1 and weights.shape[1:] == (1,) * (weights.ndim - 1):
        weights = weights.reshape(-1)
    values = _reduced(values, max(weights.ndim, 1), reduce)
    if weights.shape not in (values.shape, ()):
        expected = f"expected one sample_weight for each of the {len(values)} samples"
        raise ValueError(f"metric {name}: {expected}. Received: shape {given.shape}")
    weights = np.broadcast_to(weights, values.shape)
    return _reduced(values * weights, 1, reduce), _reduced(weights, 1, reduce)


def _reduced(values: np.ndarray, axes: int, reduce: Callable[..., np.ndarray]) -> np.ndarray:
    """Return ``values`` with all axes but the first ``axes`` reduced."""
    if values.ndim <= axes or not values.size:
        return values
    return reduce(values.reshape(*values.shape[:axes], -1), axis=-1)
