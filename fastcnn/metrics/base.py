"""The metric interface and the running mean that nearly every metric is."""

from collections.abc import Callable
from typing import Any

import numpy as np


class Metric:
    """Base class: a value accumulated over batches.

    ``name`` is the key in logs and history. ``direction`` is "max" or "min", the side on which the metric is better, or
    None where that is unknown; callbacks with ``mode="auto"`` read it.
    """

    direction: str | None = None

    def __init__(self, name: str | None = None, dtype: Any = None):
        self.name = type(self).__name__.lower() if name is None else name
        self.dtype = "float32" if dtype is None else dtype

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add one batch."""
        raise NotImplementedError(f"{type(self).__name__} must implement update_state(y_true, y_pred, sample_weight).")

    def result(self) -> float:
        """Return the value over the batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must implement result().")

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError(f"{type(self).__name__} must implement reset_state().")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        """Build the metric that ``get_config`` described."""
        return cls(**config)

    def __call__(self, *args: Any, **kwargs: Any) -> float:
        """Add one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()


class Mean(Metric):
    """Running mean over samples, accumulated in float64."""

    def __init__(self, name: str | None = "mean", dtype: Any = None):
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Add ``values``: (N, ...), one sample a row (averaged over the other axes), or one number.

        ``sample_weight``: (N,) or (N, 1). Raises ValueError if the weights are not one a sample.
        """
        samples = np.atleast_1d(np.asarray(values, np.float64))
        samples = (
            samples.reshape(len(samples), -1).mean(axis=1) if samples.ndim > 1 and samples.size else samples.ravel()
        )
        if sample_weight is None:
            self.total += float(samples.sum())
            self.count += float(len(samples))
            return
        weights = np.asarray(sample_weight, np.float64).ravel()
        if weights.size != samples.size:
            expected = f"expected one sample_weight for each of the {samples.size} samples"
            raise ValueError(f"metric {self.name}: {expected}. Received: shape {np.shape(sample_weight)}")
        self.total += float(samples @ weights)
        self.count += float(weights.sum())

    def result(self) -> float:
        """Return the mean; 0.0 before the first sample."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Forget all samples."""
        self.total = 0.0
        self.count = 0.0


class MeanMetricWrapper(Mean):
    """Running mean over samples of a function ``fn(y_true, y_pred, **kwargs)``.

    The function returns one value a sample (any further axes are averaged) or the batch's mean as one number, which
    then counts for all of the batch's samples.
    """

    def __init__(self, fn: Callable, name: str | None = None, dtype: Any = None, **kwargs: Any):
        super().__init__(getattr(fn, "__name__", type(fn).__name__) if name is None else name, dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: ``y_true`` and ``y_pred`` (N, ...), ``sample_weight`` (N,) or None."""
        y_true, y_pred = align(y_true, y_pred)
        if len(y_true) != len(y_pred):
            sizes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
            raise ValueError(f"metric {self.name}: expected as many labels as predictions. Received: {sizes}")
        values = np.asarray(self._fn(y_true, y_pred, **self._fn_kwargs), np.float64)
        if values.size == 1:
            values = np.full(len(y_pred), values.item())
        super().update_state(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        wrapped = {"fn": self._fn} if type(self) is MeanMetricWrapper else {}
        return {**wrapped, **super().get_config(), **self._fn_kwargs}


def align(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both as arrays; where one is (N,) and the other (N,) or (N, 1), both become (N, 1).

    Without this, NumPy would broadcast (N,) against (N, 1) to (N, N) in a user's function, silently.
    """
    y_true, y_pred = np.atleast_1d(np.asarray(y_true)), np.atleast_1d(np.asarray(y_pred))
    if y_pred.ndim == 1:
        y_pred = y_pred[:, np.newaxis]
    if y_true.ndim == 1 and y_pred.shape[1:] == (1,):
        y_true = y_true[:, np.newaxis]
    return y_true, y_pred
