"""Decoded photos kept for later epochs, in memory or in a temporary file, up to a limit that is told beforehand."""

import os
import shutil
import tempfile
import threading
import warnings
import weakref
from math import prod
from typing import Protocol

import numpy as np

from fastcnn.data.room import available_memory

KINDS = ("ram", "disk")
_SHARE = 0.5  # of what is free may be taken without being asked for


class PhotoCache(Protocol):
    """Photos by number."""

    def get(self, index: int) -> np.ndarray | None:
        """The photo, not to be written to; None when it is not kept."""

    def put(self, index: int, photo: np.ndarray) -> None:
        """Keeps a photo (H, W, C) uint8, if there is room left."""


class NoCache:
    """Keeps nothing."""

    def get(self, index: int) -> None:
        """None."""

    def put(self, index: int, photo: np.ndarray) -> None:
        """Does nothing."""


class RamCache:
    """Photos in memory, `limit` bytes of them."""

    def __init__(self, limit: int):
        self._left, self._photos, self._lock = limit, {}, threading.Lock()

    def get(self, index: int) -> np.ndarray | None:
        """See PhotoCache."""
        return self._photos.get(index)

    def put(self, index: int, photo: np.ndarray) -> None:
        """See PhotoCache."""
        with self._lock:
            if index in self._photos or photo.nbytes > self._left:
                return
            self._left -= photo.nbytes
            self._photos[index] = np.array(photo, order="C")  # a copy: `photo` may be a view of something larger


class DiskCache:
    """Photos in a file without a name, which is gone when this object or the process is; `limit` bytes of them.

    Such a file cannot be damaged by others or be left over from another run. When the disk is full, photos that came
    before stay, and one warning is given.
    """

    def __init__(self, limit: int, folder: str | None = None):
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115, it lives as long as this object
        weakref.finalize(self, self._file.close)
        self._limit, self._end = limit, 0
        self._places: dict[int, tuple[int, tuple[int, ...]]] = {}  # number -> where in the file, shape
        self._lock = threading.Lock()

    def get(self, index: int) -> np.ndarray | None:
        """See PhotoCache."""
        place = self._places.get(index)
        if place is None:
            return None
        start, shape = place
        pixels = np.empty(shape, np.uint8)
        with self._lock:
            self._file.seek(start)
            count = self._file.readinto(pixels)
        if count != pixels.nbytes:
            raise OSError(f"the cache of decoded photos gave {count} of {pixels.nbytes} bytes")
        return pixels

    def put(self, index: int, photo: np.ndarray) -> None:
        """See PhotoCache."""
        with self._lock:
            if index in self._places or self._end + photo.nbytes > self._limit:
                return
            try:
                self._file.seek(self._end)
                self._write(memoryview(np.ascontiguousarray(photo)).cast("B"))
            except OSError as error:
                self._limit = 0
                warnings.warn(f"the cache of decoded photos takes no more: {error.strerror}", stacklevel=2)
                return
            self._places[index] = (self._end, photo.shape)
            self._end += photo.nbytes

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[self._file.write(data) :]


def make_cache(
    cache: str | bool | None, limit: int | None, photos: int, shape: tuple[int, int, int], folder: str | None = None
) -> tuple[PhotoCache, str]:
    """The cache that `cache` ("ram", "disk" or False) names, and one sentence on what it will take.

    limit : bytes; None means half of the memory, or of the disk, that is free now.
    shape : of one decoded photo, (H, W, C) uint8.
    folder : of the file; None means the system's folder for temporary files.

    Raises:
        ValueError: for another kind or a negative limit.
    """
    if cache in (None, False):
        return NoCache(), ""
    if cache not in KINDS:
        raise ValueError(f'cache must be "ram", "disk" or False. Received: {cache!r}')
    if limit is not None and limit < 0:
        raise ValueError(f"cache_limit is a number of bytes, 0 or more. Received: {limit!r}")
    folder = folder or tempfile.gettempdir()
    if limit is None:
        limit = int(_SHARE * (available_memory() if cache == "ram" else shutil.disk_usage(folder).free))
    made = RamCache(limit) if cache == "ram" else DiskCache(limit, folder)
    return made, _told(cache, limit, photos, prod(shape), folder)


def _told(cache: str, limit: int, photos: int, each: int, folder: str) -> str:
    place = "memory" if cache == "ram" else f"a temporary file in {os.fsdecode(folder)}"
    fitting = min(photos, limit // each)
    text = f"Decoded photos are kept in {place}: {fitting * each / 2**20:,.1f} MiB"
    if fitting == photos:
        return f"{text} for {photos:,} photos."
    return (
        f"{text} for {fitting:,} of {photos:,} photos; all would take {photos * each / 2**20:,.1f} MiB "
        f"and cache_limit is {limit / 2**20:,.1f} MiB. The others are read again in every epoch."
    )
