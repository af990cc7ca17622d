"""Saves the model while it trains."""

import collections
import os
import warnings
from typing import Any

from fastcnn.callbacks.base import Logs
from fastcnn.callbacks.monitor import MonitorCallback
from fastcnn.compat.aliases import AliasDict
from fastcnn.saving.formats import format_of_name


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, after every epoch or every ``save_freq`` batches.

    ``filepath`` may hold fields: ``{epoch}`` (from 1), ``{batch}`` (from 1, with an integer ``save_freq``) and any name
    in the logs, as in ``"best-{epoch:02d}-{val_loss:.2f}.keras"``. Its ending chooses the format, as in ``model.save``
    and, with ``save_weights_only``, ``model.save_weights``. Missing folders are made. ``save_best_only`` skips epochs
    in which ``monitor`` did not improve; ``initial_value_threshold`` is what the first one must beat. ``period`` saves
    every so many epochs only.
    Raises ValueError when built with a path that cannot be written or formatted, KeyError for a field that is not in
    the logs.
    """

    state_names = ("best", "_epoch", "_batches_since_save", "_epochs_since_save")

    def __init__(
        self,
        filepath: str | os.PathLike,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        period: int = 1,
    ):
        super().__init__(monitor, mode, best=initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self.verbose, self.period = verbose, period
        self.save_best_only, self.save_weights_only, self.save_freq = save_best_only, save_weights_only, save_freq
        self._epoch, self._batches_since_save, self._epochs_since_save = 0, 0, 0
        _check_path(self.filepath, save_weights_only)
        for name, value in (("save_freq", 1 if save_freq == "epoch" else save_freq), ("period", period)):
            if not isinstance(value, int) or value < 1:
                also = ' or "epoch"' if name == "save_freq" else ""
                raise ValueError(f"ModelCheckpoint: {name} must be a positive integer{also}. Received: {value!r}")

    def on_train_begin(self, logs: Logs = None) -> None:
        """Settle the direction of ``monitor``, which only ``save_best_only`` needs."""
        if self.save_best_only:
            super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Note the epoch, for saves between its batches."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save every ``save_freq`` batches, counted across epochs."""
        if self.save_freq == "epoch":
            return
        self._batches_since_save += 1
        if self._batches_since_save >= self.save_freq:
            self._batches_since_save = 0
            self._save_if_due(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save every ``period`` epochs."""
        if self.save_freq != "epoch":
            return
        self._epochs_since_save += 1
        if self._epochs_since_save >= self.period:
            self._epochs_since_save = 0
            self._save_if_due(epoch, logs or {})

    def _save_if_due(self, epoch: int, logs: dict[str, Any]) -> None:
        path = self._path(epoch, logs)
        due, reason = self._is_due(logs)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: {reason}{f'saving model to {path}' if due else ''}")
        if not due:
            return
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)

    def _is_due(self, logs: dict[str, Any]) -> tuple[bool, str]:
        """Return whether to save, and why in words."""
        if not self.save_best_only:
            return True, ""
        value = AliasDict(logs).get(self.monitor)
        if value is None:
            what = f"ModelCheckpoint: {self.monitor!r} is not in the logs, so the model is saved without comparison"
            warnings.warn(f"{what}. Available: {', '.join(logs) or 'none'}", stacklevel=4)
            return True, ""
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_improvement(float(value), self.best):
            return False, f"{self.monitor} did not improve from {best}"
        self.best = float(value)
        return True, f"{self.monitor} improved from {best} to {value:.5f}, "

    def _path(self, epoch: int, logs: dict[str, Any]) -> str:
        try:
            return self.filepath.format_map(AliasDict({"epoch": epoch + 1, **logs}))
        except KeyError as error:
            names = ", ".join(("epoch", *logs))
            what = f"ModelCheckpoint: {error.args[0]!r} in filepath is not in the logs"
            raise KeyError(f"{what}. Received: {self.filepath!r}. Available: {names}") from None


def _check_path(filepath: str, weights_only: bool) -> None:
    """Refuse, before training, a path that could not be written after an epoch."""
    try:
        format_of_name(filepath, weights_only)
    except ValueError as error:
        raise ValueError(f"ModelCheckpoint: {error}") from None
    try:
        filepath.format_map(collections.defaultdict(lambda: 0.5, epoch=1, batch=1))
    except (ValueError, IndexError, KeyError, AttributeError) as error:
        raise ValueError(f"ModelCheckpoint: filepath cannot be formatted: {error}. Received: {filepath!r}") from None
