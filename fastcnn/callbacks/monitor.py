"""Which of two values of a monitored quantity is better."""

import math
import warnings

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.compat.aliases import AliasDict, twin_of

# Parts of names that tell the direction where no metric object does.
_MAXIMIZED = ("acc", "auc", "precision", "recall", "f1", "fmeasure", "iou", "dice", "cosine_similarity")
_MINIMIZED = ("loss", "error", "mse", "mae", "mape", "msle", "crossentropy", "divergence", "hinge")


class MonitorCallback(Callback):
    """Base of the callbacks that watch one quantity.

    ``mode`` is "min", "max" or "auto": the direction of the model's metric of that name, else told by the name. A
    change of less than ``min_delta`` is no improvement. Raises ValueError when training begins if the direction is
    unknown.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0, best: float | None = None):
        super().__init__()
        if mode not in ("auto", "min", "max"):
            raise ValueError(f'{type(self).__name__}: mode must be "auto", "min" or "max". Received: {mode!r}')
        self.monitor, self.mode = monitor, mode
        self.min_delta = abs(min_delta)
        self.best = best

    def on_train_begin(self, logs: Logs = None) -> None:
        """Settle the direction, before any training is done."""
        self._direction()

    def _is_improvement(self, value: float, reference: float | None) -> bool:
        """Return whether ``value`` beats ``reference`` by more than ``min_delta``; NaN never does."""
        if math.isnan(value):
            return False
        if reference is None:
            return True
        if self._direction() == "max":
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _direction(self) -> str:
        if self.mode != "auto":
            return self.mode
        name = self.monitor.removeprefix("val_")
        for metric in getattr(self.model, "metrics", None) or ():
            if getattr(metric, "name", None) in (name, twin_of(name)) and getattr(metric, "direction", None):
                return metric.direction
        if any(part in name.lower() for part in _MINIMIZED):
            return "min"
        if any(part in name.lower() for part in _MAXIMIZED):
            return "max"
        raise ValueError(
            f"{type(self).__name__}: cannot tell whether {self.monitor!r} should rise or fall; pass mode='max' or "
            f"mode='min'. Received: mode='auto'"
        )

    def _monitored(self, logs: Logs) -> float | None:
        """Return the monitored value; warn and return None if the logs lack it."""
        logs = AliasDict(logs or {})
        value = logs.get(self.monitor)
        if value is None:
            what = f"{type(self).__name__}: the monitored value {self.monitor!r} is not in the logs of this epoch"
            warnings.warn(f"{what}. Available: {', '.join(logs) or 'none'}", stacklevel=3)
            return None
        return float(value)
