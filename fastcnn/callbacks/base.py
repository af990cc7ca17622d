"""The callback interface."""

from collections.abc import Iterable
from typing import Any

Logs = dict[str, float] | None


class Callback:
    """Base class of callbacks; every hook does nothing until overridden.

    ``self.model`` is the model in training, ``self.params`` a dict of ``epochs``, ``steps`` (batches an epoch, or None)
    and ``verbose``. ``logs`` maps names to the running values of loss and metrics; a hook may change its own copy.
    Epochs and batches count from 0.
    """

    # On the class, so that subclasses need not call super().__init__().
    model: Any = None
    params: dict[str, Any] | None = None
    validation_data: Any = None
    # Attributes that a training interrupted and taken up again must find as they were; see BackupAndRestore.
    state_names: tuple[str, ...] = ()

    def get_state(self) -> dict[str, Any]:
        """Return the attributes named in ``state_names``: numbers, texts, arrays, None, or lists and dicts of them."""
        return {name: getattr(self, name) for name in self.state_names}

    def set_state(self, state: dict[str, Any]) -> None:
        """Set the attributes that ``get_state`` returned, after ``on_train_begin``."""
        for name, value in state.items():
            setattr(self, name, value)

    def set_params(self, params: dict[str, Any]) -> None:
        """Receive ``params`` before training begins."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receive the model before training begins."""
        self.model = model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called once, before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called once, after the last epoch; ``logs`` are those of that epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before an epoch's first batch."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after an epoch's validation; ``logs`` hold its ``val_`` values too."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The same as ``on_train_batch_begin``, under its first name."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The same as ``on_train_batch_end``, under its first name."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a training batch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a training batch."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called before ``evaluate`` and before validation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called after ``evaluate`` and after validation."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of ``evaluate`` or validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of ``evaluate`` or validation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called before ``predict``."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called after ``predict``."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of ``predict``."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of ``predict``; ``logs["outputs"]`` are its predictions."""


class BaseLogger(Callback):
    """Base class of older scripts' training monitors; the logs, which it used to average, arrive averaged."""

    def __init__(self, stateful_metrics: Iterable[str] | None = None):
        super().__init__()
        self.stateful_metrics = set(stateful_metrics or ())
