"""Stops training that no longer improves."""

from fastcnn.callbacks.base import Logs
from fastcnn.callbacks.monitor import MonitorCallback


class EarlyStopping(MonitorCallback):
    """Stop when ``monitor`` has not improved for ``patience`` epochs.

    An improvement is a change of more than ``min_delta``; with a ``baseline`` the count of epochs starts again only
    when the value beats the baseline too. Epochs before ``start_from_epoch`` don't count. ``restore_best_weights`` puts
    the weights of the best epoch back when training ends, however it ends; it holds a copy of them meanwhile.
    ``verbose=1`` prints what it does. A missing value warns and is skipped.
    """

    state_names = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose = patience, verbose
        self.baseline, self.restore_best_weights, self.start_from_epoch = (
            baseline,
            restore_best_weights,
            start_from_epoch,
        )
        self._reset()

    def _reset(self) -> None:
        self.wait, self.stopped_epoch = 0, 0
        self.best, self.best_epoch, self.best_weights = None, 0, None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Forget an earlier training."""
        super().on_train_begin(logs)
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Count the epoch, and ask the model to stop when patience is at its end."""
        value = self._monitored(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        improved = self._is_improvement(value, self.best)
        # The first epoch is kept even if its value is no number: there must be weights to restore.
        if improved or (self.restore_best_weights and self.best_weights is None):
            self._keep_weights(epoch)
        if improved:
            self.best = value
            if self.baseline is None or self._is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def _keep_weights(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()

    def on_train_end(self, logs: Logs = None) -> None:
        """Restore the best weights, if asked to."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
