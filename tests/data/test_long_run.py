"""2,000 batches: no memory, file or thread stays behind; and a leak put there on purpose is found."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.long_run import GLIBC, SOURCES
from tests.data.photos import folder

BATCHES, LIMIT = 2000, 100  # bytes a batch
ROOT = Path(__file__).parent.parent.parent
# One arena, nothing held back by it or by threads, all of Python's memory in it: the process has what is in use.
PLAIN = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536", "PYTHONMALLOC": "malloc"}
PLAIN |= {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
OF_C = [name for name, there in (("resident", Path("/proc/self/statm").exists()), ("allocated", GLIBC)) if there]

sources = pytest.mark.parametrize("source", SOURCES)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("photos") / "all", cats=30, dogs=30)


def run(photos, source, leaked, gauges):
    arguments = [source, str(photos), str(BATCHES), str(leaked), *gauges]
    environment = os.environ | ({} if gauges == ["traced"] else PLAIN)
    command = [sys.executable, "-m", "tests.data.long_run", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["batches"] == BATCHES
    assert list(found["slopes"]) == gauges
    return found


@sources
def test_nothing_stays_behind(source, photos):
    found = run(photos, source, 0, OF_C)
    assert [name for name in found["during"]["threads"] if name.startswith("fastcnn-photos")]
    assert found["after"] == found["before"]
    for name, slope in found["slopes"].items():
        assert slope < LIMIT, name


@pytest.mark.parametrize("source", ["iterator", "dataset"])
def test_python_keeps_nothing(source, photos):
    assert run(photos, source, 0, ["traced"])["slopes"]["traced"] < LIMIT


@sources
def test_a_leak_is_found(source, photos):
    # What is free in the heap is filled before the process grows, so that small leaks show in the exact count only.
    for name, slope in run(photos, source, 1000, OF_C)["slopes"].items():
        assert LIMIT < slope < 1200, name


def test_a_small_leak_is_found(photos):
    for gauges in ([name for name in OF_C if name == "allocated"], ["traced"]):
        for name, slope in run(photos, "iterator", 150, gauges)["slopes"].items():
            assert LIMIT < slope < 300, name
