"""Where photos come from, by number: files or an array."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fastcnn.data.image_error import ImageError
from fastcnn.data.photo_cache import NoCache, PhotoCache
from fastcnn.data.skipping import Omissions

if TYPE_CHECKING:
    from fastcnn.data.decode import Reading


class Photos(Protocol):
    """A numbered collection of photos."""

    def photo(self, index: int) -> np.ndarray | None:
        """Photo `index` as (H, W, C) uint8 or floating point, not to be written to; None when it is left out.

        C may be 4 where three channels are meant.
        """


def read_file(path: str, reading: "Reading") -> np.ndarray:
    """fastcnn.data.decode.read_padded, imported when first used, since Pillow comes with it."""
    from fastcnn.data.decode import read_padded

    return read_padded(path, reading)


def reader(isolate: bool) -> "Callable[[str, Reading], np.ndarray]":
    """What makes pixels of a path: in this process, or in child processes, which a crash does not spread from."""
    if not isolate:
        return read_file
    from fastcnn.data.isolated import IsolatedReader

    return IsolatedReader().read


@dataclass(frozen=True)
class FilePhotos:
    """Photos in files, each decoded once as long as the cache has room.

    channels : of the wanted photos; the cache keeps no more than these.
    read : makes pixels of a path; raises ImageError.
    """

    paths: Sequence[str]
    reading: "Reading"
    channels: int
    omissions: Omissions
    cache: PhotoCache = field(default_factory=NoCache)
    read: "Callable[[str, Reading], np.ndarray]" = read_file

    def photo(self, index: int) -> np.ndarray | None:
        """Reads photo `index`.

        Raises:
            ImageError: when it cannot be used and may not be left out.
        """
        kept = self.cache.get(index)
        if kept is not None or index in self.omissions:
            return kept
        try:
            pixels = self.read(self.paths[index], self.reading)
        except ImageError as error:
            self.omissions.add(index, error)
            return None
        self.cache.put(index, pixels[:, :, : self.channels])
        return pixels


@dataclass(frozen=True)
class ArrayPhotos:
    """Photos in an array x, (N, H, W, C) or (N, C, H, W)."""

    x: np.ndarray
    channel_axis: int

    def photo(self, index: int) -> np.ndarray:
        """Returns a view of photo `index`."""
        return np.moveaxis(self.x[index], self.channel_axis - 1, 2)
