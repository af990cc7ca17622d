"""Runs one compiled core on several threads.

Plain Python threads, since a core releases the interpreter's lock: any number of threads, any number of callers at a
time, and a forked child simply starts its own, none of which Numba's threading layers offer together.
"""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

import numpy as np

from fastcnn.kernels import threads

SERIAL_COST = 400_000  # multiply-adds, about 10 microseconds: below, waking a thread costs more than it saves


class _Job:
    """One call of a core; threads may join until it is closed."""

    def __init__(self, core: Callable, args: tuple):
        self._core, self._args = core, (np.zeros(1, np.int64), *args)
        self._lock, self._empty = threading.Lock(), threading.Lock()
        self._joined, self._active, self._open = 1, 0, True
        self._error: BaseException | None = None
        self._empty.acquire()

    def join(self) -> None:
        """Called by a pool's thread: takes blocks as worker number 1, 2, ... unless the caller is done already."""
        with self._lock:
            if not self._open:
                return
            worker, self._joined, self._active = self._joined, self._joined + 1, self._active + 1
        counter, *args = self._args
        try:
            self._core(counter, worker, *args)
        except BaseException as error:  # handed to the caller's thread
            self._error = error
        with self._lock:
            self._active -= 1
            if self._active == 0 and not self._open:
                self._empty.release()

    def lead(self) -> None:
        """Called by the caller's thread: takes blocks as worker 0, then waits for those who joined."""
        counter, *args = self._args
        try:
            self._core(counter, 0, *args)
        finally:
            with self._lock:
                self._open, wait = False, self._active > 0
            if wait:
                self._empty.acquire()
        if self._error is not None:
            raise self._error


class _Pool:
    def __init__(self):
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._size, self._lock = 0, threading.Lock()

    def run(self, job: _Job, helpers: int) -> None:
        if self._size < helpers:
            self._grow(helpers)
        for _ in range(helpers):
            self._jobs.put(job)
        job.lead()

    def _grow(self, size: int) -> None:
        with self._lock:
            while self._size < size:
                threading.Thread(target=self._serve, name=f"fastcnn-{self._size}", daemon=True).start()
                self._size += 1

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            job.join()
            del job  # its arrays must not live until the next one


_pool = _Pool()


def _forget_threads() -> None:
    """A forked child has none of its parent's threads."""
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def run(core: Callable, blocks: int, cost: int, *args: object, slots: int | None = None) -> None:
    """core(counter, worker, *args) on as many threads as are allowed, useful and have a scratch slot.

    blocks : how many blocks the core will take; cost : about how many multiply-adds they are in all.
    slots : how many workers there is scratch memory for; None when the core needs none.
    """
    count = 1 if cost < SERIAL_COST else min(threads.get_num_threads(), blocks, slots or blocks)
    if count == 1:
        core(np.zeros(1, np.int64), 0, *args)
    else:
        _pool.run(_Job(core, args), count - 1)


def slots() -> int:
    """For how many workers a kernel should ask scratch memory."""
    return max(threads.get_num_threads(), threads.available_threads())
