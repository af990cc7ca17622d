"""Batches made in worker threads ahead of need and handed out in order.

The threads know only `_Shared`, never the object that the user holds: when that is closed or garbage collected, its
finalizer wakes the threads and they end.
"""

import os
import threading
import weakref
from collections.abc import Callable, Hashable, Sequence
from numbers import Integral
from typing import Protocol

# A decode takes milliseconds; a thread that hangs in a dead network drive must not hold up the exit for ever.
_JOIN_SECONDS = 5.0
_MOST_WORKERS = 4


def thread_count(workers: int | None) -> int:
    """The number of threads: as asked, else one a usable processor, up to a few.

    Raises:
        ValueError: for a negative number or anything else that is none.
    """
    if workers is None:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(_MOST_WORKERS, usable)
    if not isinstance(workers, Integral) or workers < 0:
        raise ValueError(f"workers must be 0 (no threads) or more. Received: {workers!r}")
    return int(workers)


class Job(Protocol):
    """One batch: `size` independent parts, each filled by one call of `run`; `result` once all are filled."""

    size: int

    def run(self, part: int) -> None:
        """Fills one part. Raises what the consumer shall see."""

    def result(self) -> object:
        """The finished batch."""


class _Entry:
    """A job and how far it is: parts handed out, parts finished, and the first error by position."""

    def __init__(self, job: Job):
        self.job, self.taken, self.finished = job, 0, 0
        self.error: BaseException | None = None
        self.error_part = job.size

    @property
    def open(self) -> bool:
        return self.error is None and self.taken < self.job.size

    @property
    def done(self) -> bool:
        # Parts are handed out in order, so once all that were handed out are finished, the first error is known.
        return self.finished == self.taken and not self.open

    def finish(self, part: int, error: BaseException | None) -> None:
        self.finished += 1
        if error is not None and part < self.error_part:
            self.error, self.error_part = error, part

    def result(self) -> object:
        if self.error is not None:
            raise self.error
        return self.job.result()


class _Shared:
    """What the consumer and the threads both see, under one lock."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector may run a finalizer, and so `close`, inside any block that holds it.
        self.lock = threading.RLock()
        self.work_there = threading.Condition(self.lock)
        self.entry_done = threading.Condition(self.lock)
        self.entries: dict[Hashable, _Entry] = {}
        self.closed = False
        self.threads: list[threading.Thread] = []

    def close(self) -> None:
        with self.lock:
            self.closed = True
            self.entries.clear()
            self.work_there.notify_all()
            self.entry_done.notify_all()
        for thread in self.threads:
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(_JOIN_SECONDS)


def _work(shared: _Shared) -> None:
    """Fills one part after another until closed."""
    while True:
        with shared.lock:
            entry = None  # an idle thread keeps no batch alive
            while not shared.closed:
                entry = next((e for e in shared.entries.values() if e.open), None)
                if entry is not None:
                    break
                shared.work_there.wait()
            if shared.closed:
                return
            part = entry.taken
            entry.taken += 1
        _run(shared, entry, part)


def _run(shared: _Shared, entry: _Entry, part: int) -> None:
    failure = None
    try:
        entry.job.run(part)
    except BaseException as error:
        failure = error
    with shared.lock:
        entry.finish(part, failure)
        if entry.done:
            shared.entry_done.notify_all()


class Ahead:
    """Hands out the results of numbered jobs and keeps the next ones in work.

    make_job : called with a key, in the consumer's thread; must not refer to the object that holds this one.
    workers : threads, started at the first `get`; 0 does everything in the caller's thread.
    """

    def __init__(self, make_job: Callable[[Hashable], Job], workers: int):
        self._make_job, self._workers = make_job, workers
        self._pid: int | None = None
        self._closed = False

    def get(self, key: Hashable, following: Sequence[Hashable] = ()) -> object:
        """Returns the result of job `key`; meanwhile and afterwards the threads work on `following`, in that order.

        Raises:
            RuntimeError: when closed.
            Exception: what the job raised; asking again tries again.
        """
        if self._closed:
            raise RuntimeError("the iterator is closed; make a new one")
        if self._workers == 0:
            job = self._make_job(key)
            for part in range(job.size):
                job.run(part)
            return job.result()
        shared = self._running()
        with shared.lock:
            entry = self._wanted(shared, [key, *following])
            while not entry.done and not shared.closed:
                shared.entry_done.wait()
            if shared.closed:
                raise RuntimeError("the iterator was closed while a batch was awaited")
            del shared.entries[key]
        return entry.result()

    def close(self) -> None:
        """Ends the threads and forgets unfinished batches; may be called again."""
        self._closed = True
        if self._pid == os.getpid():
            self._finalizer()

    def _running(self) -> _Shared:
        """The shared state with its threads; a fork loses threads, so a child process starts its own."""
        if self._pid != os.getpid():
            self._shared = _Shared()
            self._finalizer = weakref.finalize(self, self._shared.close)
            self._pid = os.getpid()
            for number in range(self._workers):
                name = f"fastcnn-photos-{number}"
                # Daemons, or the interpreter would wait for them before it runs the finalizers that end them.
                thread = threading.Thread(target=_work, args=(self._shared,), name=name, daemon=True)
                self._shared.threads.append(thread)
                thread.start()
        return self._shared

    def _wanted(self, shared: _Shared, keys: list[Hashable]) -> _Entry:
        """Brings the entries to exactly `keys`, in this order, and returns the first one's."""
        old = shared.entries
        shared.entries = {key: old.get(key) or _Entry(self._make_job(key)) for key in keys}
        shared.work_there.notify_all()
        return shared.entries[keys[0]]
