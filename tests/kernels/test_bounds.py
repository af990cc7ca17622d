"""No kernel touches memory outside its arrays: each case runs on arrays that border on forbidden pages."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fastcnn.kernels import backends
from tests.kernels.cases import all_cases, offered

ROOT = Path(__file__).parents[2]
BACKENDS = [name for name, reason in backends.available().items() if reason is None]
SIDES = ["low", "high"]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="forbidden pages are made with mprotect")


def guarded_run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "tests.kernels.guard", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", BACKENDS)
def test_no_kernel_touches_memory_outside_its_arrays(name, side, dtype):
    run = guarded_run(name, dtype, side)
    last = run.stdout.splitlines()[-1:]
    assert run.returncode == 0, f"exit {run.returncode} in {last}\n{run.stderr[-2000:]}"
    finished, count = last[0].split()
    assert finished == "done"
    expected = [case for case in all_cases() if offered(backends.load(name), case)]
    assert int(count) == len(expected) > 400


@pytest.mark.parametrize("side", SIDES)
def test_a_kernel_that_reads_one_number_too_many_is_killed(side):
    assert guarded_run("off_by_one", "float32", side).returncode in (-signal.SIGSEGV, -signal.SIGBUS)
