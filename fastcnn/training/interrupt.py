"""Ctrl-C while training: the first one lets the step finish, a second one within two seconds stops at once."""

import signal
import threading
import time
from types import FrameType, TracebackType

PATIENCE = 2.0  # seconds


class StopAfterStep:
    """A `with` block in which Ctrl-C sets `wanted`; outside the main thread it changes nothing."""

    def __init__(self) -> None:
        self.wanted = False
        self._last = -PATIENCE
        self._before: object = None

    def __enter__(self) -> "StopAfterStep":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.getsignal(signal.SIGINT)
            if self._before is signal.default_int_handler:  # a program with its own handler keeps it
                signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.wanted and now - self._last < PATIENCE:
            raise KeyboardInterrupt
        self.wanted, self._last = True, now

    def check(self) -> None:
        """Raises KeyboardInterrupt if Ctrl-C was pressed; called between steps."""
        if self.wanted:
            raise KeyboardInterrupt("training stopped after the step; the model is usable")
