"""Decoded photos kept in memory or on disk: the same bytes, within the limit, and what they will take is told."""

import errno

import numpy as np
import pytest

from fastcnn.data import photo_cache, room
from fastcnn.data.photo_cache import DiskCache, RamCache, make_cache
from fastcnn.preprocessing.image import ImageDataGenerator
from tests.data.photos import folder, pixels

KINDS = {"ram": RamCache, "disk": DiskCache}
kinds = pytest.mark.parametrize("kind", KINDS)


@kinds
def test_photos_of_different_sizes_come_back(kind):
    cache = KINDS[kind](10**6)
    photos = {i: pixels(i, 5 + i, 9, 1 + i % 4) for i in range(20)}
    for i, photo in photos.items():
        assert cache.get(i) is None
        cache.put(i, photo)
    for i, photo in photos.items():
        np.testing.assert_array_equal(cache.get(i), photo)


@kinds
def test_the_limit_is_kept_and_a_part_of_padded_memory_counts_as_what_it_is(kind):
    cache = KINDS[kind](3 * 12 * 10 * 3 + 5)
    padded = np.zeros((12, 10, 4), np.uint8)
    for i in range(5):
        padded[...] = i
        cache.put(i, padded[:, :, :3])
    assert [cache.get(i) is not None for i in range(5)] == [True] * 3 + [False] * 2
    assert cache.get(2).shape == (12, 10, 3)
    assert (cache.get(2) == 2).all()


def test_a_full_disk_ends_the_keeping_with_a_warning_and_harms_nothing(monkeypatch):
    cache = DiskCache(10**6)
    cache.put(0, pixels(0))

    def full(data: memoryview) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache, "_write", full)
    with pytest.warns(UserWarning, match="takes no more: No space left"):
        cache.put(1, pixels(1))
    cache.put(2, pixels(2))  # in silence now
    np.testing.assert_array_equal(cache.get(0), pixels(0))
    assert cache.get(1) is None
    assert cache.get(2) is None


def test_a_cache_file_that_was_cut_is_an_error():
    cache = DiskCache(10**6)
    cache.put(0, pixels(0))
    cache._file.truncate(10)
    with pytest.raises(OSError, match="gave 10 of 360 bytes"):
        cache.get(0)


@pytest.mark.parametrize(
    ("limit", "text"),
    [
        (None, "memory: 0.0 MiB for 7 photos."),
        (0, "memory: 0.0 MiB for 0 of 7 photos; all would take 0.0 MiB and cache_limit is 0.0 MiB."),
    ],
)
def test_what_it_will_take_is_told_beforehand(tmp_path, capsys, limit, text):
    top = folder(tmp_path / "photos", cats=4, dogs=3)
    ImageDataGenerator().flow_from_directory(top, (12, 10), cache="ram", cache_limit=limit)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Found 7 images belonging to 2 classes."
    assert second.startswith(f"Decoded photos are kept in {text}")


def test_a_cache_on_disk_tells_its_folder(tmp_path):
    assert (
        f"a temporary file in {tmp_path}: 12.0 MiB for 16 photos"
        in make_cache("disk", 2**30, 16, (512, 512, 3), str(tmp_path))[1]
    )
    assert not list(tmp_path.iterdir())  # the file has no name


@pytest.mark.parametrize(
    ("options", "message"),
    [({"cache": "memory"}, 'cache must be "ram", "disk" or False'), ({"cache": "ram", "cache_limit": -1}, "0 or more")],
)
def test_arguments_are_checked(tmp_path, options, message):
    top = folder(tmp_path / "photos", cats=1, dogs=1)
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator().flow_from_directory(top, **options)


def test_free_memory_is_that_of_the_machine_or_of_its_container(tmp_path, monkeypatch):
    assert 2**20 < room.available_memory() < 2**50
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n")
    monkeypatch.setattr(room, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(room, "_GROUP", tmp_path)
    assert room.available_memory() == 4000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert room.available_memory() == 4000 * 1024
    (tmp_path / "memory.max").write_text("3000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert room.available_memory() == 2000000
    monkeypatch.setattr(photo_cache, "available_memory", room.available_memory)
    assert "cache_limit is 1.0 MiB" in make_cache("ram", None, 10**6, (10, 10, 3))[1]
