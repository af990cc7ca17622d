"""Calls many callbacks as one."""

import inspect
from collections.abc import Iterable
from typing import Any

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.callbacks.history import History
from fastcnn.callbacks.progbar_logger import ProgbarLogger
from fastcnn.compat.aliases import AliasDict


class CallbackList(Callback):
    """A list of callbacks that is itself a callback.

    ``callbacks`` may be one callback, or nested lists of them. The history and the progress bar are added at the end,
    if wanted and not there, so that they see what the others write into the logs of an epoch; callbacks with an
    attribute ``comes_last`` follow them, the highest number last. All callbacks of one hook
    share one copy of the caller's logs, in which ``acc`` also finds ``accuracy``. Raises TypeError for what is no
    callback.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ):
        self.callbacks: list[Callback] = list(_flatten(callbacks))
        self.history = _first(self.callbacks, History)
        if self.history is None and add_history:
            self.history = History()
            self.callbacks.append(self.history)
        if add_progbar and _first(self.callbacks, ProgbarLogger) is None:
            self.callbacks.append(ProgbarLogger())
        self.callbacks.sort(key=lambda callback: getattr(callback, "comes_last", 0))
        if params:
            self.set_params(params)
        if model is not None:
            self.set_model(model)

    def append(self, callback: Callback) -> None:
        """Add a callback at the end."""
        self.callbacks.extend(_flatten(callback))

    def set_params(self, params: dict[str, Any]) -> None:
        """Hand ``params`` to every callback."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Hand the model to every callback, and the history to the model."""
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def _call(self, hook: str, *args: Any, logs: Logs) -> None:
        shared = AliasDict(logs or {})
        for callback in self.callbacks:
            getattr(callback, hook)(*args, shared)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Call every callback's hook of this name; so do all below."""
        self._call("on_train_begin", logs=logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self._call("on_train_end", logs=logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_begin", epoch, logs=logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_end", epoch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_begin", batch, logs=logs)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_end", batch, logs=logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        self._call("on_test_begin", logs=logs)

    def on_test_end(self, logs: Logs = None) -> None:
        self._call("on_test_end", logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_begin", batch, logs=logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_end", batch, logs=logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._call("on_predict_begin", logs=logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        self._call("on_predict_end", logs=logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_begin", batch, logs=logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_end", batch, logs=logs)


def _flatten(callbacks: Any) -> Iterable[Callback]:
    if callbacks is None:
        return
    if isinstance(callbacks, (list, tuple)):
        for item in callbacks:
            yield from _flatten(item)
        return
    if inspect.isclass(callbacks):
        name = callbacks.__name__
        raise TypeError(f"callbacks: expected Callback instances; write {name}(). Received: the class {name}")
    if not hasattr(callbacks, "on_train_begin") or not hasattr(callbacks, "set_model"):
        raise TypeError(f"callbacks: expected Callback instances. Received: {callbacks!r}")
    yield callbacks


def _first(callbacks: list[Callback], cls: type[Callback]) -> Any:
    return next((callback for callback in callbacks if isinstance(callback, cls)), None)
