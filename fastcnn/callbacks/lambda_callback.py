"""A callback made of functions."""

from collections.abc import Callable
from typing import Any

from fastcnn.callbacks.base import Callback


class LambdaCallback(Callback):
    """Call the given functions in place of the hooks of the same names.

    They take (epoch, logs), (batch, logs) or, on_train_begin and the like, (logs). Every hook of ``Callback`` may be
    given by keyword. Raises TypeError for a name that is no hook.
    """

    def __init__(
        self,
        on_epoch_begin: Callable | None = None,
        on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None,
        on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None,
        on_train_batch_end: Callable | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        hooks = [name for name in dir(Callback) if name.startswith("on_")]
        for name, function in given.items():
            if name not in hooks:
                raise TypeError(f"LambdaCallback: unknown hook. Received: {name!r}. Known: {', '.join(hooks)}")
            if function is not None:
                setattr(self, name, _with_optional_logs(function) if name.startswith("on_batch") else function)


def _with_optional_logs(function: Callable) -> Callable:
    # Callback calls these two with logs by keyword, and the user's parameter may have any name.
    return lambda batch, logs=None: function(batch, logs)
