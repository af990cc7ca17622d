"""Reading photos in child processes: a photo that kills or hangs its decoder is an error that names it, not the end."""

import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict

import numpy as np

from fastcnn.data.decode import Reading
from fastcnn.data.image_error import ImageError

LENGTHS = struct.Struct("<II")  # a request: bytes of the path, and of the Reading as JSON; both follow
ANSWER = struct.Struct("<?III")  # whether there are pixels; their shape, and they follow; or: 0, 0, bytes of an error
WORKER = "fastcnn.data.decode_worker"
_WATCH_SECONDS = 0.5
_DEATH_SECONDS = 5.0  # from a closed pipe to the end of the process


class _Child:
    """One process that decodes, and since when it has been at the present photo."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", WORKER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603, our own
        self.began: float | None = None
        self.hung = False

    def ask(self, path: bytes, reading: bytes) -> tuple[bool, tuple[int, int, int], bytes]:
        """Raises EOFError or BrokenPipeError when the process ends."""
        self.began = time.monotonic()
        try:
            self.process.stdin.write(LENGTHS.pack(len(path), len(reading)) + path + reading)
            self.process.stdin.flush()
            good, *shape = ANSWER.unpack(self._read(ANSWER.size))
            return good, tuple(shape), self._read(shape[0] * shape[1] * shape[2] if good else shape[2])
        finally:
            self.began = None

    def _read(self, count: int) -> bytes:
        data = self.process.stdout.read(count)
        if len(data) < count:
            raise EOFError("the decoding process ended")
        return data

    def end(self, patience: float = 0) -> int:
        """Waits so many seconds for the process to end, then kills it; returns its exit code."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(patience)
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):  # what was still to be written
                pipe.close()
        return self.process.wait()


class _Children:
    """All child processes of one reader; knows nothing of the reader, so that its end can end them."""

    def __init__(self, limit: float):
        self.limit, self.idle, self.busy = limit, [], set()
        self.lock, self.closed = threading.Lock(), threading.Event()

    def take(self) -> _Child:
        with self.lock:
            if self.closed.is_set():
                raise RuntimeError("the reader is closed")
            child = self.idle.pop() if self.idle else _Child()
            self.busy.add(child)
            return child

    def give_back(self, child: _Child, usable: bool) -> None:
        with self.lock:
            self.busy.discard(child)
            if usable and not self.closed.is_set():
                self.idle.append(child)
                return
        child.end()

    def close(self) -> None:
        self.closed.set()
        with self.lock:
            idle, self.idle = self.idle, []
            busy = list(self.busy)
        for child in busy:  # whoever waits for its answer ends it
            child.process.kill()
        for child in idle:
            child.end()


def _watch(children: _Children) -> None:
    """Kills what takes too long."""
    while not children.closed.wait(_WATCH_SECONDS):
        with children.lock:
            busy = list(children.busy)
        for child in busy:
            began = child.began
            if began is not None and time.monotonic() - began > children.limit:
                child.hung = True
                child.process.kill()


class IsolatedReader:
    """Decodes photos in processes of their own, one for each thread that asks at the same time.

    limit : seconds that one photo may take.
    """

    def __init__(self, limit: float = 60.0):
        self._limit = limit
        self._children = _Children(limit)
        self._watch: threading.Thread | None = None
        self.close = weakref.finalize(self, self._children.close)  # ends the processes; the reader then refuses

    def read(self, path: str, reading: Reading) -> np.ndarray:
        """The photo as fastcnn.data.decode.read_pixels gives it.

        Raises:
            ImageError: whatever is wrong with the file, a crash of the decoder included.
        """
        self._start_watch()
        child, usable = self._children.take(), False
        try:
            good, shape, data = child.ask(os.fsencode(path), json.dumps(asdict(reading)).encode())
            usable = True
        except (EOFError, BrokenPipeError):
            raise self._death(path, child) from None
        finally:
            self._children.give_back(child, usable)
        if good:
            return np.frombuffer(data, np.uint8).reshape(shape)
        error = json.loads(data)
        raise ImageError(path, error["reason"], error["kind"])

    def _start_watch(self) -> None:
        if self._watch is None:
            self._watch = threading.Thread(
                target=_watch, args=(self._children,), name="fastcnn-photos-watch", daemon=True
            )
            self._watch.start()

    def _death(self, path: str, child: _Child) -> ImageError:
        if self._children.closed.is_set():
            return ImageError(path, "reading was ended", "ended")
        if child.hung:
            return ImageError(path, f"the decoder was still at it after {self._limit:g} seconds", "hung")
        code = child.end(_DEATH_SECONDS)
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"exit code {code}"
        return ImageError(path, f"the decoder crashed ({name})", "crashed")
