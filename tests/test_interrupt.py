"""Ctrl-C while training: the step is finished, the model stays usable, the process ends as Python does."""

import signal
import subprocess
import sys

import pytest

SCRIPT = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs with it ignored
import numpy as np
from fastcnn import Sequential, callbacks, layers

class Report(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            print("running", flush=True)
            sys.stdin.readline()  # the parent has sent the signal before it writes this line

model = Sequential([layers.Input((4,)), layers.Dense(2)], backend="numpy")
model.compile("sgd", "mse")
x, y = np.ones((100, 4), "f4"), np.zeros((100, 2), "f4")
{body}
"""
CAUGHT = """
try:
    model.fit(x, y, batch_size=1, verbose=0, callbacks=[Report()])
except KeyboardInterrupt as error:
    print(error)
    print(model.optimizer.iterations, np.isfinite(model.predict(x, verbose=0)).all())
    print(np.isfinite(model.train_on_batch(x, y)))
    print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
UNCAUGHT = "model.fit(x, y, batch_size=1, verbose=0, callbacks=[Report()])"


def interrupted(body: str) -> tuple[int, list[str], str]:
    """Runs the script, interrupts it in its third step; exit code, lines printed after that, errors."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", SCRIPT.format(body=body)], **pipes) as process:
        assert process.stdout.readline() == "running\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate("go on\n")
        return process.returncode, out.splitlines(), err


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send SIGINT to a child alone")


@needs_signals
def test_interrupt_stops_after_the_step_and_leaves_a_usable_model():
    code, lines, err = interrupted(CAUGHT)
    assert (code, err) == (0, "")
    assert lines == ["training stopped after the step; the model is usable", "3 True", "True", "True"]


@needs_signals
def test_interrupt_that_nobody_catches_ends_the_process_with_keyboard_interrupt():
    code, lines, err = interrupted(UNCAUGHT)
    assert code != 0
    assert lines == []
    assert err.rstrip().endswith("KeyboardInterrupt: training stopped after the step; the model is usable")
