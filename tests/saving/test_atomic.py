"""Replacing a file in one step: nothing is lost by an error, a full disk or a wrong order of calls."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fastcnn.saving import atomic
from fastcnn.saving.atomic import atomic_write, sweep_strays

ROOT = str(Path(__file__).parents[2])


def run_child(script: str, *arguments: object) -> str:
    """Run a script in a fresh Python that imports the same fastcnn; returns what it printed."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": ROOT}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_chunks_and_writers_make_the_same_file(tmp_path):
    atomic_write(tmp_path / "chunks", [b"ab", memoryview(b"cd"), bytearray(b"e")])
    atomic_write(tmp_path / "writer", lambda file: file.write(b"abcde"))
    assert (tmp_path / "chunks").read_bytes() == (tmp_path / "writer").read_bytes() == b"abcde"
    assert len(os.listdir(tmp_path)) == 2


def test_file_is_flushed_to_disk_before_the_rename_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(descriptor):
        status = os.fstat(descriptor)
        calls.append("fsync folder" if stat.S_ISDIR(status.st_mode) else f"fsync file of {status.st_size}")
        fsync(descriptor)

    def recorded_replace(source, target):
        assert os.path.dirname(source) == os.path.dirname(target) == str(tmp_path)
        calls.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    atomic_write(tmp_path / "m", [b"x" * 1000, b"y" * 234])
    assert calls == ["fsync file of 1234", "rename", "fsync folder"]


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), MemoryError()])
def test_failing_writer_leaves_the_old_file_and_no_temporary(tmp_path, error):
    path = tmp_path / "m"
    path.write_bytes(b"old")

    def writer(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        atomic_write(path, writer)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_failing_disk_leaves_the_old_file_and_names_it_with_the_free_space(tmp_path, monkeypatch, call):
    path = tmp_path / "m"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=r"Input/output error \([\d,.]+ MB free .* intact.*/m'") as caught:
        atomic_write(path, [b"new"])
    assert caught.value.errno == errno.EIO
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["m"]


def test_folder_that_cannot_be_flushed_is_an_error_only_where_flushing_exists(tmp_path, monkeypatch):
    fsync, refused = os.fsync, []

    def fail_on_folder(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(refused[0], os.strerror(refused[0]))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_on_folder)
    refused.append(errno.EINVAL)
    atomic_write(tmp_path / "m", [b"new"])
    refused[0] = errno.EIO
    with pytest.raises(OSError, match="saved, but the folder could not be flushed"):
        atomic_write(tmp_path / "m", [b"newer"])
    assert (tmp_path / "m").read_bytes() == b"newer"


DISK_FULL = """
import os, resource, sys
from fastcnn.saving.atomic import atomic_write
path = sys.argv[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for size in (100_001, 150_000, 5_000_000):
    try:
        atomic_write(path, [b"n" * 1000] * (size // 1000) + [b"n" * (size % 1000)])
    except OSError as error:
        assert path in str(error) and "MB free" in str(error) and "intact" in str(error), error
        assert open(path, "rb").read() == b"old" and os.listdir(os.path.dirname(path)) == ["m"]
        print("survived")
atomic_write(path, [b"n" * 100_000])
"""


def test_full_disk_keeps_the_old_file_and_the_next_save_works(tmp_path):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    printed = run_child(DISK_FULL, path)
    print(f"{printed.count('survived')} of 3 full disks survived")
    assert printed.count("survived") == 3
    assert path.read_bytes() == b"n" * 100_000


DIE_WHILE_WRITING = """
import os, sys
from fastcnn.saving.atomic import atomic_write
atomic_write(sys.argv[1], lambda file: (file.write(b"half"), file.flush(), os._exit(0)))
"""


def test_next_save_sweeps_temporaries_of_dead_writers_of_the_same_target_only(tmp_path):
    path = tmp_path / "m.fcnn"
    path.write_bytes(b"old")
    for name in ("m.fcnn", "other.fcnn"):
        run_child(DIE_WHILE_WRITING, tmp_path / name)
    strays = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
    assert len(strays) == 2
    atomic_write(path, [b"new"])
    left = [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
    print(f"{len(strays) - len(left)} of 1 stray swept")
    assert len(left) == 1
    assert left[0].startswith(".other.fcnn.")
    assert path.read_bytes() == b"new"


def test_sweep_leaves_the_temporary_of_a_living_writer(tmp_path):
    path = tmp_path / "m"

    def writer(file):
        file.write(b"first")
        assert sweep_strays(path) == 0
        atomic_write(path, [b"second"])  # another writer, and its sweep, in the middle of ours

    atomic_write(path, writer)
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["m"]


def test_sweep_neither_hangs_on_a_pipe_nor_follows_a_link(tmp_path):
    prefix = atomic._temporary_prefix("m")
    (tmp_path / "precious").write_bytes(b"keep")
    os.mkfifo(tmp_path / f"{prefix}{'0' * 16}.tmp")
    os.symlink(tmp_path / "precious", tmp_path / f"{prefix}{'1' * 16}.tmp")
    sweep_strays(tmp_path / "m")
    assert (tmp_path / "precious").read_bytes() == b"keep"


def test_without_file_locks_saving_works_and_only_old_strays_are_swept(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic, "fcntl", None)  # as on Windows
    old, young = (tmp_path / f"{atomic._temporary_prefix('m')}{digit * 16}.tmp" for digit in "01")
    for stray, age in ((old, 7200), (young, 60)):
        stray.write_bytes(b"half")
        os.utime(stray, (time.time() - age, time.time() - age))
    atomic_write(tmp_path / "m", [b"x"])
    assert (tmp_path / "m").read_bytes() == b"x"
    assert sorted(os.listdir(tmp_path)) == [young.name, "m"]


def test_link_stays_a_link_and_its_target_is_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "epoch3").write_bytes(b"old")
    os.symlink(tmp_path / "real" / "epoch3", tmp_path / "latest")
    atomic_write(tmp_path / "latest", [b"new"])
    assert os.path.islink(tmp_path / "latest")
    assert (tmp_path / "real" / "epoch3").read_bytes() == b"new"


def test_permissions_are_those_of_the_old_file_or_of_the_umask(tmp_path):
    old_umask = os.umask(0o027)
    try:
        atomic_write(tmp_path / "new", [b"x"])
    finally:
        os.umask(old_umask)
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o640
    os.chmod(tmp_path / "new", 0o604)
    atomic_write(tmp_path / "new", [b"y"])
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o604


def test_what_is_no_regular_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="not a regular file"):
        atomic_write(tmp_path / "pipe", [b"x"])
    with pytest.raises(IsADirectoryError, match="folder of this name"):
        atomic_write(tmp_path / "folder", [b"x"])
    with pytest.raises(FileNotFoundError, match="make it first"):
        atomic_write(tmp_path / "missing" / "m", [b"x"])
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_write_protected_file_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "m"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(PermissionError, match="write-protected"):
        atomic_write(path, [b"new"])
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 127, "new\nline", "\udcff", ".hidden"])
def test_odd_and_longest_names_can_be_saved(tmp_path, name):
    atomic_write(tmp_path / name, [b"x"])
    atomic_write(tmp_path / name, [b"y"])
    assert (tmp_path / name).read_bytes() == b"y"
    assert len(os.listdir(tmp_path)) == 1
