"""Changes the optimizer's learning rate between epochs."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.callbacks.monitor import MonitorCallback
from fastcnn.compat.aliases import take_renamed


class LearningRateScheduler(Callback):
    """Set the rate before every epoch to ``schedule(epoch, rate)``, or ``schedule(epoch)`` if it takes one argument.

    Epochs count from 0. The rate is also written into the epoch's logs as ``learning_rate``. Raises ValueError if the
    schedule returns no finite number.
    """

    def __init__(self, schedule: Callable, verbose: int = 0):
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                f"LearningRateScheduler: schedule must be a function of (epoch, rate). Received: {schedule!r}"
            )
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the rate."""
        optimizer = self.model.optimizer
        arguments = (epoch, float(optimizer.learning_rate)) if self._takes_rate else (epoch,)
        rate = self.schedule(*arguments)
        if not _is_number(rate):
            what = f"schedule must return a finite number for epoch {epoch}"
            raise ValueError(f"LearningRateScheduler: {what}. Received: {rate!r}")
        optimizer.learning_rate = float(rate)
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {float(rate)}.")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the rate into the logs."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the rate by ``factor`` when ``monitor`` has not improved for ``patience`` epochs, down to ``min_lr``.

    After a reduction, ``cooldown`` epochs pass before epochs without improvement count again. ``epsilon`` is an earlier
    name of ``min_delta``. The rate before the reduction is written into the epoch's logs as ``learning_rate``.
    Raises ValueError unless 0 <= factor < 1. A missing value warns and is skipped.
    """

    state_names = ("best", "cooldown_counter", "wait")

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(monitor, mode, take_renamed("ReduceLROnPlateau", kwargs, "epsilon", min_delta))
        if not 0 <= factor < 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be at least 0 and less than 1. Received: {factor}")
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self.cooldown_counter = self.wait = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        super().on_train_begin(logs)
        self.best, self.cooldown_counter, self.wait = None, 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Count the epoch, and reduce the rate when patience is at its end."""
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self._monitored(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_improvement(value, self.best):
            self.best, self.wait = value, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch, logs["learning_rate"])

    def _reduce(self, epoch: int, rate: float) -> None:
        # The optimizer may hold the rate in float32: compare in its precision, or the bound is never reached.
        if rate <= np.float32(self.min_lr):
            return
        reduced = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = reduced
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {reduced}.")

    def in_cooldown(self) -> bool:
        """Return whether epochs without improvement don't count now."""
        return self.cooldown_counter > 0


def _takes_two(function: Callable) -> bool:
    try:
        inspect.signature(function).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in function without a signature
        return True
    return True


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, (bool, str)) and np.ndim(value) == 0 and bool(np.isfinite(value))
    except TypeError:
        return False
