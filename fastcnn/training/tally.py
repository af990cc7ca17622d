"""The running values of an epoch: the loss, weighted by batch size, and the metrics."""

from collections.abc import Sequence

import numpy as np

from fastcnn import metrics
from fastcnn.compat.metrics import older_name
from fastcnn.metrics import Metric
from fastcnn.metrics.base import align


class Tally:
    """Loss and metrics of one epoch, kept up to date batch by batch.

    samples : how many of this epoch have been seen.
    identifiers, weighted : what compile() was given as metrics and weighted_metrics.
    loss : name of the model's loss, if "accuracy" shall go by it.
    """

    def __init__(self, identifiers: Sequence[object], weighted: Sequence[object] = (), loss: str | None = None):
        self._wanted = [(i, False) for i in identifiers] + [(i, True) for i in weighted]
        self._loss_name, self._names = loss, _names(self._wanted, older=loss is not None)
        self._made: list[tuple[Metric, bool]] | None = None
        self._shapes: list[list[int]] = []  # of labels and outputs of one sample, once a batch has been seen
        self.reset()

    def reset(self) -> None:
        """Begins an epoch."""
        self._loss, self.samples = 0.0, 0
        for metric, _ in self._made or ():
            metric.reset_state()

    def build(self, y_shape: Sequence[int], output_shape: Sequence[int]) -> None:
        """Makes the metrics, for labels and outputs of these shapes (batch axis first), unless they are there."""
        if self._made is None:
            shapes = (None, *y_shape[1:]), (None, *output_shape[1:])
            self._made = [(metrics.get(i, *shapes, loss=self._loss_name), weighted) for i, weighted in self._wanted]
            for metric, _ in self._made:  # an object of the user's may have counted elsewhere
                metric.reset_state()

    def update(self, loss: float, y: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> None:
        """Adds one batch: its mean loss, labels and outputs."""
        self.build(y.shape, predictions.shape)
        self._shapes = [[1, *y.shape[1:]], [1, *predictions.shape[1:]]]
        self._loss += loss * len(predictions)
        self.samples += len(predictions)
        y, predictions = align(y, predictions)  # or (N,) and (N, 1) would meet as (N, N) in a user's metric
        for metric, weighted in self._made:
            metric.update_state(y, predictions, weights if weighted else None)

    def state(self) -> dict:
        """What `restore` needs to go on with this epoch: sums, and the running values of the metrics."""
        running = [[variable.numpy() for variable in metric.variables] for metric in self.metrics]
        return {"loss": self._loss, "samples": self.samples, "shapes": self._shapes, "metrics": running}

    def restore(self, state: dict) -> None:
        """Goes to where `state` was asked for, in a model that was compiled alike."""
        self._loss, self.samples = state["loss"], state["samples"]
        if not state["shapes"]:
            return
        self.build(*state["shapes"])
        for metric, values in zip(self.metrics, state["metrics"], strict=True):
            if len(metric.variables) != len(values):  # it makes them when it sees the first batch
                metric.update_state(*(np.zeros(shape) for shape in state["shapes"]))
            for variable, value in zip(metric.variables, values, strict=True):
                variable.assign(value)

    def logs(self) -> dict[str, float]:
        """{"loss": ..., metric's name: ...} so far; a metric that results in several numbers has an array."""
        values = {"loss": self._loss / max(self.samples, 1)}
        for name, (metric, _) in zip(self._names, self._made or (), strict=False):
            result = metric.result()
            several = result if isinstance(result, dict) else {name: result}
            values |= {key: _plain(value) for key, value in several.items()}
        return values

    @property
    def names(self) -> list[str]:
        """The metrics' names, in the order of their values."""
        return list(self._names)

    @property
    def metrics(self) -> list[Metric]:
        """The metrics, once the first batch has settled what they are."""
        return [metric for metric, _ in self._made or ()]


def _names(wanted: list[tuple[object, bool]], older: bool) -> list[str]:
    """A second metric of a name gets a prefix if it is weighted, else a number, as in Keras."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for identifier, weighted in wanted:
        name = older_name(_name_of(identifier)) if older else _name_of(identifier)
        name = f"weighted_{name}" if weighted and name in counts else name
        number = counts.get(name, 0)
        counts[name] = number + 1
        names.append(f"{name}_{number}" if number else name)
    return names


def _name_of(identifier: object) -> str:
    """Name of the metric; an unknown one is refused here, before any training."""
    metric = metrics.get(identifier)
    return identifier if isinstance(identifier, str) else metric.name


def _plain(value: object) -> object:
    array = np.array(value)
    return array.item() if array.size == 1 else array
