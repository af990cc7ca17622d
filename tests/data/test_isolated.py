"""Decoding in child processes: a decoder that dies or hangs costs its photo and nothing else."""

import gc
import os
import random
import signal
import threading
import time

import numpy as np
import pytest

from fastcnn.data import isolated
from fastcnn.data.decode import Reading, read_pixels
from fastcnn.data.image_error import ImageError
from fastcnn.data.isolated import IsolatedReader
from fastcnn.preprocessing.image import ImageDataGenerator
from fastcnn.utils import image_dataset_from_directory
from tests.data.photos import pixels, save

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals that kill")


@pytest.fixture
def fragile(monkeypatch):
    """Decoders that die of files with certain names."""
    monkeypatch.setattr(isolated, "WORKER", "tests.data.fragile_worker")


def children() -> set[int]:
    """Processes whose parent is this one."""
    found = set()
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(name))
    return found


def named(folder, *names):
    """Photos of those names."""
    return [str(save(folder / f"{name}.png", pixels(i))) for i, name in enumerate(names)]


def test_photos_and_errors_are_those_of_the_decoder_itself(tmp_path):
    paths = named(tmp_path, "plain", "odd \udcff\n name")
    (tmp_path / "no.png").write_bytes(b"no photo")
    reader = IsolatedReader()
    for reading in (Reading(), Reading("grayscale", (5, 7), "bilinear", background=(1, 2, 3))):
        for path in paths:
            np.testing.assert_array_equal(reader.read(path, reading), read_pixels(path, reading))
    for path in (str(tmp_path / "no.png"), str(tmp_path / "absent.png")):
        with pytest.raises(ImageError) as expected:
            read_pixels(path, Reading())
        with pytest.raises(ImageError) as got:
            reader.read(path, Reading())
        assert (str(got.value), got.value.kind) == (str(expected.value), expected.value.kind)
    reader.close()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("SIGSEGV", r"the decoder crashed \(SIGSEGV\)"),
        ("SIGABRT", r"the decoder crashed \(SIGABRT\)"),
        ("exits", r"the decoder crashed \(exit code 3\)"),
        ("hangs", "the decoder was still at it after 0.2 seconds"),
    ],
)
def test_a_decoder_that_dies_or_hangs_is_an_error_and_the_next_photo_comes(tmp_path, fragile, name, reason):
    bad, good = named(tmp_path, name, "prints")
    reader = IsolatedReader(limit=0.2)
    with pytest.raises(ImageError, match=rf"{name}\.png: {reason}"):
        reader.read(bad, Reading())
    reader._children.limit = 60
    np.testing.assert_array_equal(reader.read(good, Reading()), pixels(1))
    reader.close()


@pytest.mark.parametrize("workers", [0, 3])
def test_an_epoch_goes_on_past_20_crashes_and_names_every_file(tmp_path, fragile, workers):
    rng = random.Random(5)
    deadly = set(rng.sample(range(90), 20))
    for i in range(90):
        name = f"{i:02}-{rng.choice(('SIGSEGV', 'SIGABRT', 'SIGKILL'))}" if i in deadly else f"{i:02}"
        save(tmp_path / ("cats" if i < 45 else "dogs") / f"{name}.png", pixels(i))
    options = {"class_mode": "binary", "batch_size": 8, "shuffle": False, "on_error": "skip", "max_skipped": 0.5}
    it = ImageDataGenerator().flow_from_directory(tmp_path, (12, 10), isolate=True, workers=workers, **options)
    weights = np.concatenate(
        [(batch[2] if len(batch) == 3 else np.ones(len(batch[0]))) for batch in (it[i] for i in range(len(it)))]
    )
    assert np.flatnonzero(weights == 0).tolist() == sorted(deadly)
    assert [int(os.path.basename(path)[:2]) for path, _ in it.skipped] == sorted(deadly)
    assert all("the decoder crashed (SIG" in reason for _, reason in it.skipped)
    it.close()


def test_without_skipping_the_crash_stops_at_the_file_by_name(tmp_path, fragile):
    save(tmp_path / "cats" / "SIGSEGV.png", pixels(1))
    save(tmp_path / "dogs" / "fine.png", pixels(2))
    dataset = image_dataset_from_directory(tmp_path, image_size=(12, 10), verbose=False, isolate=True)
    with pytest.raises(ImageError, match=r"SIGSEGV\.png: the decoder crashed \(SIGSEGV\)"):
        list(dataset)


def test_nothing_is_left_behind(tmp_path):
    for i in range(12):
        save(tmp_path / "cats" / f"{i}.png", pixels(i))
    processes, threads = children(), set(threading.enumerate())
    it = ImageDataGenerator().flow_from_directory(tmp_path, (12, 10), class_mode=None, isolate=True, workers=2)
    for _ in range(6):
        next(it)
    assert len(children() - processes) in (1, 2)
    it.close()
    del it
    gc.collect()
    deadline = time.monotonic() + 20
    while (children() - processes or set(threading.enumerate()) - threads) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not children() - processes
    assert not set(threading.enumerate()) - threads


def test_ctrl_c_does_not_end_the_processes(tmp_path):
    (path,) = named(tmp_path, "plain")
    reader = IsolatedReader()
    reader.read(path, Reading())
    (child,) = reader._children.idle
    os.kill(child.process.pid, signal.SIGINT)
    time.sleep(0.1)
    assert reader.read(path, Reading()).shape == (12, 10, 3)
    assert reader._children.idle == [child]
    reader.close()
    with pytest.raises(RuntimeError, match="the reader is closed"):
        reader.read(path, Reading())
