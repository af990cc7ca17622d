"""Writes the values of every epoch into a CSV file."""

import csv
import os
from typing import Any, TextIO

from fastcnn.callbacks.base import Callback, Logs

_MISSING = "NA"


class CSVLogger(Callback):
    """Write one row an epoch: ``epoch`` (from 0), then the logs in the order of their names, ``NA`` where one is
    missing.

    Each row reaches the file before the next epoch begins. ``append`` continues a file, in its columns, as does a
    training that goes on from a backup. When a later
    epoch brings new names (validation that does not run every epoch), the file is rewritten with the new columns.
    """

    def __init__(self, filename: str | os.PathLike, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename, self.sep, self.append = os.fspath(filename), separator, append
        self.keys: list[str] | None = None
        self.csv_file: TextIO | None = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Open the file, so that a path that cannot be written is an error before any training is done."""
        self._close()
        run = getattr(self.model, "training_run", None)
        resumed = run is not None and run.resumed
        rows = self._rows() if (self.append or resumed) and os.path.exists(self.filename) else []
        if resumed:  # epochs that come again
            while len(rows) > 1 and int(rows[-1][0]) >= run.epoch:
                rows.pop()
            self._rewrite(rows)
        self.keys = rows[0][1:] if rows else None
        self.csv_file = self._open("a" if rows or self.append else "w")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the epoch's row."""
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            self._write(["epoch", *self.keys])
        elif not set(logs) <= set(self.keys):
            self._add_columns(sorted(set(logs) - set(self.keys)))
        self._write([epoch, *(_cell(logs.get(key, _MISSING)) for key in self.keys)])

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the file."""
        self._close()

    def _write(self, row: list[Any]) -> None:
        csv.writer(self.csv_file, delimiter=self.sep, lineterminator="\n").writerow(row)
        self.csv_file.flush()

    def _add_columns(self, names: list[str]) -> None:
        self._close()
        _, *rows = self._rows()
        self.keys = [*self.keys, *names]
        self._rewrite([["epoch", *self.keys], *([*row, *[_MISSING] * len(names)] for row in rows)])
        self.csv_file = self._open("a")

    def _rewrite(self, rows: list[list[str]]) -> None:
        # Beside the file and then in its place, so that no row is lost if the machine stops between the two.
        path, self.filename = self.filename, f"{self.filename}.new"
        self.csv_file = self._open("w")
        for row in rows:
            self._write(row)
        self._close()
        os.replace(self.filename, path)
        self.filename = path

    def _rows(self) -> list[list[str]]:
        with open(self.filename, newline="", encoding="utf-8") as file:
            return list(csv.reader(file, delimiter=self.sep))

    def _open(self, mode: str) -> TextIO:
        return open(self.filename, mode, newline="", encoding="utf-8")

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = None


def _cell(value: Any) -> Any:
    """A metric with one value a class takes one cell."""
    return f"[{', '.join(map(str, value))}]" if getattr(value, "ndim", 0) else value
