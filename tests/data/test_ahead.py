"""Reading ahead: order, errors, and that nothing is left behind."""

import gc
import os
import subprocess
import sys
import threading
import time

import pytest

from fastcnn.data.ahead import Ahead

WORKERS = pytest.mark.parametrize("workers", [0, 1, 2, 4])


class Squares:
    """A job whose parts take different times."""

    size = 5

    def __init__(self, key, fails=()):
        self.key, self.fails, self.values = key, fails, [None] * self.size

    def run(self, part):
        time.sleep(0.002 * ((self.key * 7 + part * 3) % 4))
        if (self.key, part) in self.fails:
            raise ValueError(f"part {part} of {self.key}")
        self.values[part] = self.key * self.key

    def result(self):
        return self.values


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("fastcnn-photos")]


@WORKERS
def test_results_come_in_the_order_asked_for(workers):
    ahead = Ahead(Squares, workers)
    assert [ahead.get(k, [k + 1, k + 2]) for k in range(12)] == [[k * k] * 5 for k in range(12)]
    ahead.close()


@WORKERS
def test_any_key_may_be_asked_for_at_any_time(workers):
    ahead = Ahead(Squares, workers)
    for key in (3, 9, 3, 4, 0, 0, 8):
        assert ahead.get(key, [key + 1]) == [key * key] * 5
    ahead.close()


@WORKERS
def test_the_first_error_of_a_job_reaches_the_consumer(workers):
    fails = {(1, 4), (1, 2), (1, 3)}
    ahead = Ahead(lambda key: Squares(key, fails), workers)
    assert ahead.get(0, [1, 2]) == [0] * 5
    for _ in range(3):
        with pytest.raises(ValueError, match="part 2 of 1"):
            ahead.get(1, [2])
    assert ahead.get(2) == [4] * 5
    ahead.close()


def test_work_goes_on_while_nobody_asks():
    made = []
    done = threading.Event()

    class Noted(Squares):
        def run(self, part):
            super().run(part)
            made.append((self.key, part))
            if made.count((2, 4)):
                done.set()

    ahead = Ahead(Noted, 1)
    ahead.get(0, [1, 2])
    assert done.wait(30)
    ahead.close()
    assert {key for key, _ in made} == {0, 1, 2}  # two ahead, and no further


def test_memory_ahead_is_bounded():
    alive = set()

    class Counted(Squares):
        def __init__(self, key):
            super().__init__(key)
            alive.add(key)

        def __del__(self):
            alive.discard(self.key)

    ahead = Ahead(Counted, 2)
    for key in [*range(10), *range(100, 400, 10)]:
        ahead.get(key, [key + 1, key + 2])
        gc.collect()
        # Two ahead; besides, each of the two threads may still hold the last one it worked on.
        assert len(alive) <= 4
    ahead.get(0)
    for _ in range(3000):  # until the threads are idle: then they hold nothing
        if not alive:
            break
        time.sleep(0.01)
    assert not alive
    ahead.close()


@pytest.mark.parametrize("end", ["close", "collect"])
def test_threads_end_with_the_object(end):
    before = threading.active_count()
    ahead = Ahead(Squares, 3)
    ahead.get(0, [1, 2])
    assert len(threads()) == 3
    if end == "close":
        ahead.close()
        ahead.close()
    del ahead
    gc.collect()
    assert threading.active_count() == before


def test_a_closed_object_says_so():
    ahead = Ahead(Squares, 1)
    ahead.get(0)
    ahead.close()
    with pytest.raises(RuntimeError, match="closed"):
        ahead.get(1)


def test_closing_wakes_a_consumer_that_waits():
    release = threading.Event()

    class Stuck(Squares):
        def run(self, part):
            release.wait(30)

    ahead = Ahead(Stuck, 1)
    seen = []

    def consume():
        try:
            ahead.get(0)
        except RuntimeError as error:
            seen.append(str(error))

    consumer = threading.Thread(target=consume)
    consumer.start()
    while not threads():
        time.sleep(0.001)
    threading.Timer(0.05, release.set).start()
    ahead.close()
    consumer.join(30)
    assert seen == ["the iterator was closed while a batch was awaited"]


SCRIPT = """
import os, signal, sys, threading, time
from fastcnn.data.ahead import Ahead

class Job:
    size = 2
    def __init__(self, key): self.key = key
    def run(self, part): time.sleep(30 if self.key else 0)
    def result(self): return self.key

ahead = Ahead(Job, 2)
ahead.get(0)
mode = sys.argv[1]
if mode == "exit":
    sys.exit(7)
if mode == "interrupt":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs with it ignored
    sent = []
    def interrupt_once(self, part):  # runs once the main thread waits
        if not sent:
            sent.append(True)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.2)
    Job.run = interrupt_once
    try:
        ahead.get(1)
    except KeyboardInterrupt:
        assert ahead.get(1) == 1
        sys.exit(8)
if mode == "fork":
    child = os.fork()
    if child == 0:
        os._exit(ahead.get(0) + 9)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.parametrize(("mode", "status"), [("exit", 7), ("interrupt", 8), ("fork", 9)])
def test_exit_interrupt_and_fork_find_no_hanging_thread(mode, status):
    if mode == "fork" and not hasattr(os, "fork"):
        mode, status = "exit", 7
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT, mode], timeout=60, capture_output=True)
    assert (done.returncode, done.stderr) == (status, b"")
