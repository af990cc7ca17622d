"""The record that ``fit`` returns."""

from pathlib import Path
from typing import Any

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.compat.aliases import AliasDict


class History(Callback):
    """The values of every epoch: ``history`` maps names to lists with one float an epoch, ``epoch`` lists the epochs.

    ``history["acc"]`` also finds ``"accuracy"``, and the other way round.
    """

    state_names = ("epoch", "history")

    def __init__(self):
        super().__init__()
        self.history: dict[str, list[float]] = AliasDict()
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the list of epochs afresh."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Append the epoch's values."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on with the values of an earlier process."""
        self.epoch, self.history = state["epoch"], AliasDict(state["history"])

    def plot(self, to_file: str | Path | None = None) -> object:
        """Draw the curves, as fastcnn.plots.plot_history does."""
        from fastcnn.plots import plot_history

        return plot_history(self, to_file)
