"""The running values of an epoch: the loss, weighted by batch size, and the metrics."""

from collections.abc import Sequence

import numpy as np

from fastcnn import metrics
from fastcnn.metrics.base import Metric


class Tally:
    """Loss and metrics of one epoch, kept up to date batch by batch.

    identifiers, weighted : what compile() was given as metrics and weighted_metrics.
    """

    def __init__(self, identifiers: Sequence[object], weighted: Sequence[object] = ()):
        self._wanted = [(i, False) for i in identifiers] + [(i, True) for i in weighted]
        self._made: list[tuple[Metric, bool]] | None = None
        self.reset()

    def reset(self) -> None:
        """Begins an epoch."""
        self._loss, self._samples = 0.0, 0
        for metric, _ in self._made or ():
            metric.reset_state()

    def update(self, loss: float, y: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> None:
        """Adds one batch: its mean loss, labels and outputs."""
        if self._made is None:
            shapes = (None, *y.shape[1:]), (None, *predictions.shape[1:])
            self._made = [(metrics.get(i, *shapes), weighted) for i, weighted in self._wanted]
        self._loss += loss * len(predictions)
        self._samples += len(predictions)
        for metric, weighted in self._made:
            metric.update_state(y, predictions, weights if weighted else None)

    def logs(self) -> dict[str, float]:
        """{"loss": ..., metric's name: ...} so far."""
        values = {"loss": self._loss / max(self._samples, 1)}
        return values | {metric.name: float(metric.result()) for metric, _ in self._made or ()}

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, once the first batch has settled what they are."""
        return [metric for metric, _ in self._made or ()]
