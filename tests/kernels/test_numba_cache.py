"""The Numba backend's cache on disk: only a directory that is ours alone is used, and damage only costs time."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from fastcnn.kernels import backends

REASON = backends.available()["numba"]
pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))
ROOT = Path(__file__).parents[2]
SCRIPT = """
import warnings
import numpy as np
from fastcnn.kernels import backends
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    backend = backends.load("numba")
    x = np.arange(5, dtype=np.float32)
    y = np.empty_like(x)
    backend.scale_forward(x, y, scale=2.0, offset=1.0)
assert y.tolist() == [1, 3, 5, 7, 9], y
from fastcnn.kernels.numba_backend import elementwise
print(sum(elementwise._scale.stats.cache_hits.values()))
for warning in caught:
    print(warning.category.__name__, warning.message)
"""


def start(folder: Path | None, **variables: str) -> subprocess.Popen:
    hidden = ("FASTCNN_CACHE_DIR", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")
    environment = {k: v for k, v in os.environ.items() if k not in hidden} | variables
    if folder is not None:
        environment["FASTCNN_CACHE_DIR"] = str(folder)
    command = [sys.executable, "-c", SCRIPT]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=environment, **pipes)


def finish(process: subprocess.Popen) -> tuple[int, list[str]]:
    """(functions found in the cache, warnings)."""
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    hits, *caught = output.splitlines()
    return int(hits), caught


def scale(folder: Path | None, **variables: str) -> tuple[int, list[str]]:
    return finish(start(folder, **variables))


def entries(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.rglob(f"elementwise._scale*{suffix}"))


class Touch:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_second_process_takes_the_code_from_a_closed_directory(tmp_path):
    folder = tmp_path / "cache"
    assert scale(folder) == (0, [])
    assert scale(folder) == (1, [])
    inner = entries(folder, ".nbi")[0].parent
    assert inner.stat().st_mode & 0o077 == 0
    assert not list((ROOT / "kernels" / "numba_backend").rglob("*.nb[ci]"))


def test_directory_that_others_can_write_is_refused_with_one_warning(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    hits, caught = scale(folder)
    assert (hits, len(caught)) == (0, 1)
    assert "open to other users" in caught[0]
    assert not any(folder.iterdir())


def test_inner_directory_that_others_can_write_is_refused_though_its_files_are_sound(tmp_path):
    folder = tmp_path / "cache"
    scale(folder)
    inner = entries(folder, ".nbi")[0].parent
    inner.chmod(0o777)
    hits, caught = scale(folder)
    assert (hits, len(caught)) == (0, 1)
    assert "open to other users" in caught[0]


def test_directory_of_another_user_is_refused(tmp_path, monkeypatch):
    from fastcnn.kernels.numba_backend import cache

    monkeypatch.setenv("FASTCNN_CACHE_DIR", str(tmp_path))
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert cache.directory.__wrapped__() is None


def test_link_to_a_directory_is_refused(tmp_path):
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / "cache").symlink_to(tmp_path / "target")
    hits, caught = scale(tmp_path / "cache")
    assert (hits, len(caught)) == (0, 1)
    assert not any((tmp_path / "target").iterdir())


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_planted_pickle_is_not_executed(tmp_path, suffix):
    folder, mark = tmp_path / "cache", tmp_path / "executed"
    scale(folder)
    for path in entries(folder, suffix):
        path.write_bytes(pickle.dumps(Touch(mark)))
    assert scale(folder) == (0, [])
    assert not mark.exists()
    pickle.loads(pickle.dumps(Touch(mark)))
    assert mark.exists()  # so the plant does work where something unpickles it


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:99] + b"?" + b[100:]])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_damaged_entry_is_compiled_again(tmp_path, suffix, damage):
    folder = tmp_path / "cache"
    scale(folder)
    (path,) = entries(folder, suffix)
    path.write_bytes(damage(path.read_bytes()))
    assert scale(folder) == (0, [])
    assert scale(folder) == (1, [])


def test_home_that_cannot_be_written_costs_only_the_cache(tmp_path):
    home = tmp_path / "file"
    home.touch()  # no directory can be made in it, not even by root
    hits, caught = scale(None, HOME=str(home))
    assert (hits, len(caught)) == (0, 1)
    assert "FASTCNN_CACHE_DIR" in caught[0]


def test_eight_processes_may_fill_one_cache_at_once(tmp_path):
    running = [start(tmp_path / "cache") for _ in range(8)]
    assert [caught for _, caught in map(finish, running)] == [[]] * 8
    assert scale(tmp_path / "cache") == (1, [])


NOTED = """
from fastcnn.kernels.numba_backend import cache
cache._Note.AFTER = {after}
import numpy as np
from fastcnn.kernels import backends
backend = backends.load("numba")
x = np.ones(5, np.float32)
for kernel in ("sigmoid_forward", "tanh_forward"):
    getattr(backend, kernel)(x, np.empty_like(x))
backend.scale_forward(x, np.empty_like(x), scale=2.0, offset=1.0)
"""


def said(folder: Path, after: float) -> list[str]:
    """Lines on standard error of a process that compiles (or loads) three kernels."""
    environment = os.environ | {"FASTCNN_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", NOTED.format(after=after)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_compiling_for_long_is_said_once_and_only_when_something_is_compiled(tmp_path):
    tmp_path.chmod(0o700)
    assert said(tmp_path, after=3600) == []
    folder = tmp_path / "second"
    (line,) = said(folder, after=0)
    assert line.startswith(f"fastcnn: compiling Numba kernels for this machine, once; kept in {folder}")
    assert said(folder, after=0) == []


def test_only_outermost_compilations_add_up(monkeypatch, capsys):
    from fastcnn.kernels.numba_backend import cache

    note, now = cache._Note(), iter([0.0, 0.4, 0.6, 0.7, 1.5, 1.6])
    monkeypatch.setattr(cache.time, "perf_counter", lambda: next(now))
    for step in (note.compilation_begins, note.compilation_begins, note.compilation_ends):  # 0 to ..., 0.4 inside
        step()
    note.compilation_ends()  # at 0.6
    note.compilation_begins()  # at 0.7
    assert (note.spent, capsys.readouterr().err) == (0.6, "")
    note.compilation_ends()  # at 1.5
    note.compilation_begins()
    assert capsys.readouterr().err.count("\n") == 1
