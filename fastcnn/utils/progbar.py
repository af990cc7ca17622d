"""The progress bar."""

import math
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

_UNICODE_BAR = ("━", "─")
_ASCII_BAR = ("=", ".")


class Progbar:
    """Progress through ``target`` steps (None if unknown), with values.

    ``verbose``: 0 shows nothing; 1 rewrites one line on a terminal or in a notebook, at most every ``interval``
    seconds, and elsewhere prints one line at the end; 2 prints one line at the end. Values are averaged over steps,
    except those named in ``stateful_metrics``, which are shown as they are; with ``stateless_metrics`` only those
    named there are averaged. ``width`` is the bar's, in characters; ``label`` begins the line that is printed at the
    end.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
        label: str = "",
    ):
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar: give stateful_metrics or stateless_metrics, not both")
        self.target, self.width, self.verbose = target, width, verbose
        self.interval, self.unit_name, self.label = interval, unit_name, label
        self.stateful_metrics = set(stateful_metrics or ())
        self.stateless_metrics = None if stateless_metrics is None else set(stateless_metrics)
        self._seen = 0
        self._sums: dict[str, tuple[float, float]] = {}  # name -> (sum, steps)
        self._start = time.monotonic()
        self._first_step_end: float | None = None
        self._last_shown = -math.inf
        self._last_length = 0

    def update(
        self, current: int, values: Sequence[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Show that ``current`` steps are done; ``values`` are (name, value of the steps since the last call).

        ``finalize`` ends the line; by default when ``current`` has reached ``target``.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        now = time.monotonic()
        self._accumulate(current, values or ())
        self._seen = current
        if current == 1 and self._first_step_end is None:
            self._first_step_end = now
        if self.verbose == 1 and is_interactive():
            if finalize or now - self._last_shown >= self.interval:
                self._draw(now, finalize)
        elif self.verbose and finalize:
            print(self._plain_line(now), flush=True)

    def add(self, n: int, values: Sequence[tuple[str, Any]] | None = None) -> None:
        """Show that ``n`` more steps are done."""
        self.update(self._seen + n, values)

    def _accumulate(self, current: int, values: Sequence[tuple[str, Any]]) -> None:
        # A last call without new steps still has values to count.
        steps = max(current - self._seen, 1)
        for name, value in values:
            value = _mean(value)
            total, count = self._sums.get(name, (0.0, 0.0))
            if self._is_stateful(name):
                self._sums[name] = (value, 1.0)
            else:
                self._sums[name] = (total + value * steps, count + steps)

    def _is_stateful(self, name: str) -> bool:
        return name in self.stateful_metrics if self.stateless_metrics is None else name not in self.stateless_metrics

    def _draw(self, now: float, finalize: bool) -> None:
        text = self._bar_line(now, finalize)
        columns = shutil.get_terminal_size().columns
        if not finalize and len(text) >= columns:
            # A line that wraps could not be rewritten.
            text = text[: columns - 1]
        padding = " " * (self._last_length - len(text))
        sys.stdout.write(f"\r{text}{padding}" + ("\n" if finalize else ""))
        sys.stdout.flush()
        self._last_shown, self._last_length = now, len(text)

    def _bar_line(self, now: float, finalize: bool) -> str:
        step_time = self._step_time(now)
        if not self.target:
            times = f"{_clock(now - self._start)} {_duration(step_time)}/{self.unit_name}"
            return f"{self._seen:7d}/Unknown {times}{self._values()}"
        done, rest = _UNICODE_BAR if _can_encode(_UNICODE_BAR) else _ASCII_BAR
        filled = min(int(self.width * self._seen / self.target), self.width)
        bar = done * filled + rest * (self.width - filled)
        # While it runs, the time that is left; at the end, the time that it took.
        seconds = now - self._start if finalize else step_time * (self.target - self._seen)
        count = f"{self._seen:{len(str(self.target))}d}/{self.target}"
        return f"{count} {bar} {_clock(seconds)} {_duration(step_time)}/{self.unit_name}{self._values()}"

    def _plain_line(self, now: float) -> str:
        label = f"{self.label} - " if self.label else ""
        count = f"{self._seen}/{self.target or self._seen}"
        times = f"{_clock(now - self._start)} {_duration(self._step_time(now))}/{self.unit_name}"
        return f"{label}{count} - {times}{self._values()}"

    def _values(self) -> str:
        text = ""
        for name, (total, count) in self._sums.items():
            mean = total / count
            # Four decimals would show a small loss as 0.0001.
            text += f" - {name}: {mean:.4e}" if 0 < abs(mean) <= 1e-3 else f" - {name}: {mean:.4f}"
        return text

    def _step_time(self, now: float) -> float:
        """Return seconds a step; the first one, which is slower, counts only while it is the only one."""
        if self._seen > 1 and self._first_step_end is not None:
            return (now - self._first_step_end) / (self._seen - 1)
        return (now - self._start) / self._seen if self._seen else 0.0


def is_interactive() -> bool:
    """Return whether standard output can rewrite a line: a terminal or a notebook."""
    return sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")


def _mean(value: Any) -> float:
    """Return a number to show: a metric with one value a class shows their mean."""
    return float(value) if not hasattr(value, "mean") else float(value.mean())


def _can_encode(characters: Iterable[str]) -> bool:
    try:
        "".join(characters).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _clock(seconds: float) -> str:
    if seconds > 3600:
        return f"{seconds // 3600:.0f}:{seconds % 3600 // 60:02.0f}:{int(seconds % 60):02d}"
    return f"{seconds // 60:.0f}:{int(seconds % 60):02d}" if seconds > 60 else f"{seconds:.0f}s"


def _duration(seconds: float) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s"
    return f"{seconds * 1e3:.0f}ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us"
