"""Shows the progress of fit, evaluate and predict."""

from typing import Any

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.utils.progbar import Progbar, is_interactive


class ProgbarLogger(Callback):
    """Show a bar for every epoch, for ``evaluate`` and for ``predict``; validation inside ``fit`` is silent.

    ``params["verbose"]``: 0 nothing, 1 or "auto" a bar on a terminal and one line an epoch elsewhere, 2 one line an
    epoch.
    """

    def __init__(self):
        super().__init__()
        self.verbose, self.epochs, self.target = 1, 1, None
        self.progbar: Progbar | None = None
        self._seen, self._in_fit = 0, False

    def set_params(self, params: dict[str, Any]) -> None:
        """Take over ``verbose``, ``epochs`` and ``steps``."""
        super().set_params(params)
        verbose = params.get("verbose", 1)
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs, self.target = params.get("epochs", 1), params.get("steps")

    def on_train_begin(self, logs: Logs = None) -> None:
        """Silence validation."""
        self._in_fit = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Let ``evaluate`` show itself again."""
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begin a bar, under a line "Epoch i/n" if there is more than one epoch."""
        label = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs > 1 else ""
        if label and self.verbose == 1 and is_interactive():
            print(label)
            label = ""
        self._begin(label)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Advance the bar."""
        self._advance(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """End the bar."""
        self._finish(logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begin a bar, outside ``fit``."""
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Advance the bar, outside ``fit``."""
        if not self._in_fit:
            self._advance(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """End the bar, outside ``fit``."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Begin a bar."""
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Advance the bar; the logs are the predictions, which are not shown."""
        self._advance(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        """End the bar."""
        self._finish(None)

    def _begin(self, label: str = "") -> None:
        self._seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, label=label)

    def _advance(self, batch: int, logs: Logs) -> None:
        self._seen = batch + 1
        if self.verbose == 1:
            self._show(logs, finalize=False)

    def _finish(self, logs: Logs) -> None:
        # An epoch of unknown length shows how long it was.
        if self.target is None:
            self.target = self.progbar.target = self._seen
        self._show(logs, finalize=True)

    def _show(self, logs: Logs, finalize: bool) -> None:
        # The logs are running means already.
        self.progbar.stateful_metrics.update(logs or ())
        self.progbar.update(self._seen, list((logs or {}).items()), finalize)
