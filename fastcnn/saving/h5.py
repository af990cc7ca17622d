"""HDF5 files that nobody vouches for: every link, type and size is checked before the library may act on it.

An HDF5 file can name other files (external links, external storage, virtual data sets), hold objects that are not
numbers, and claim sizes that it does not have. Nothing of that is followed, read or allocated here.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from fastcnn.saving.header import DAMAGED, ModelFileError

if TYPE_CHECKING:
    import h5py

SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_EXPANSION = 1_000  # a data set's bytes, as times those stored for it
MAX_MEMBERS = 100_000  # names in one group
MAX_GROUPS = 20_000  # in a file
MAX_TEXT = 64_000_000  # bytes of one attribute
MAX_PATH = 64  # groups on the way to a data set
# Numbers that HDF5 gives its own filters: deflate, shuffle, fletcher32 and h5py's lzf. Others are loaded as plug-ins.
_FILTERS = {1, 2, 3, 32000}


@contextmanager
def open_h5(file: BinaryIO, path: str | os.PathLike) -> Iterator["Group"]:
    """The root group of an HDF5 file that is open for reading; `path` is for messages.

    Raises
        ModelFileError for a file that is damaged or holds what is refused here, also while the group is used
    """
    import h5py

    with refusing(path, "it is no HDF5 file, or a damaged one"):
        opened = h5py.File(file, "r")
    with opened:
        yield Group(opened, path, "")


@contextmanager
def refusing(path: str | os.PathLike, what: str) -> Iterator[None]:
    """Turns whatever the library raises on a damaged file into a ModelFileError that says `what`."""
    try:
        yield
    except ModelFileError:
        raise
    except Exception as error:  # damaged files make it raise six types at least
        raise ModelFileError(path, f"{what} ({error or type(error).__name__}); {DAMAGED}") from error


class _Member:
    """What is in a file, where it is, and the file's name."""

    def __init__(self, found: object, path: str | os.PathLike, place: str):
        self._found, self.path, self.place = found, path, place

    def refuse(self, reason: str) -> ModelFileError:
        """The error that says what is wrong here."""
        return ModelFileError(self.path, f"{self.place or 'its root'} {reason}")

    def _reading(self) -> object:
        return refusing(self.path, f"{self.place or 'its root'} cannot be read")

    def text(self, name: str) -> str | None:
        """An attribute that is one string; None where there is none."""
        found = self.texts(name)
        return None if found is None else "".join(found[:1])

    def texts(self, name: str) -> list[str] | None:
        """An attribute that is a string or a list of strings."""
        import h5py

        with self._reading():
            if not h5py.h5a.exists(self._found.id, name.encode()):
                return None
            attribute = h5py.h5a.open(self._found.id, name.encode())
            kind, shape = attribute.get_type(), attribute.shape
            size = kind.get_size() * math.prod(shape)
            if size > MAX_TEXT or (kind.get_class() != h5py.h5t.STRING and math.prod(shape)):
                raise self.refuse(f"has an attribute {name!r} that is not text, or too long")
            value = np.asarray(self._found.attrs[name], dtype=object).reshape(-1).tolist() if size else []
            texts = [item.decode("utf-8") if isinstance(item, bytes) else str(item) for item in value]
            "".join(texts).encode("utf-8")  # bytes that are no text come as lone surrogates
            return texts


class Group(_Member):
    """A group; `place` is its path in the file."""

    _found: "h5py.Group"

    def names(self) -> list[str]:
        """What is in the group."""
        with self._reading():
            if len(self._found) > MAX_MEMBERS:
                raise self.refuse(f"holds more than {MAX_MEMBERS:,} names")
            names = list(self._found)
        if not all(isinstance(name, str) for name in names):
            raise self.refuse("holds names that are no text")
        return names

    def group(self, name: str) -> "Group | None":
        """The group of that name, which may be a path; None where there is none."""
        found = self._member(name)
        if found is not None and not isinstance(found, Group):
            raise found.refuse("is a data set in place of a group")
        return found

    def dataset(self, name: str) -> "Dataset":
        """The data set of that name, which may be a path."""
        found = self._member(name)
        if not isinstance(found, Dataset):
            raise self.refuse(f"has no data set {name!r}")
        return found

    def _member(self, name: str) -> "Group | Dataset | None":
        """What a path leads to, by hard links alone."""
        import h5py

        parts = [part for part in name.split("/") if part]
        if len(parts) + self.place.count("/") > MAX_PATH or "." in parts or ".." in parts:
            raise self.refuse(f"is asked for the impossible path {name[:80]!r}")
        found, place = self._found, self.place
        with self._reading():
            for part in parts:
                link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
                if link is None:
                    return None
                place = f"{place}/{part}".lstrip("/")
                if not isinstance(link, h5py.HardLink):
                    kind = type(link).__name__
                    raise ModelFileError(self.path, f"{place} is a {kind}: links to other places are never followed")
                found = found[part]
        if isinstance(found, h5py.Dataset):
            return Dataset(found, self.path, place)
        if isinstance(found, h5py.Group):
            return Group(found, self.path, place)
        raise ModelFileError(self.path, f"{place} is neither a group nor a data set")

    def datasets(self) -> Iterator["Dataset"]:
        """All data sets in the group and below it."""
        waiting, visited = [self], 0
        while waiting:
            group, visited = waiting.pop(), visited + 1
            if visited > MAX_GROUPS:  # groups may be linked to in a circle
                raise self.refuse(f"leads to more than {MAX_GROUPS:,} groups")
            for name in group.names():
                found = group._member(name)
                if isinstance(found, Dataset):
                    yield found
                elif found is not None:
                    waiting.append(found)


class Dataset(_Member):
    """An array in the file, checked: plain numbers, stored in this file, about as many bytes as it claims."""

    _found: "h5py.Dataset"

    def __init__(self, found: "h5py.Dataset", path: str | os.PathLike, place: str):
        super().__init__(found, path, place)
        with self._reading():
            self._check()

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the array."""
        return self._found.shape

    def _check(self) -> None:
        found = self._found
        if found.is_virtual or found.external:
            raise self.refuse("keeps its numbers in another file or data set: that is never read")
        if found.shape is None or found.dtype.kind not in "fiub" or found.dtype.subdtype is not None:
            raise self.refuse(f"holds no plain numbers but {found.dtype}")
        plist = found.id.get_create_plist()
        filters = {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
        if not filters <= _FILTERS:
            raise self.refuse(f"is packed with a filter that is not allowed: {sorted(filters - _FILTERS)}")
        claimed, stored = math.prod(found.shape) * found.dtype.itemsize, found.id.get_storage_size()
        if claimed > MAX_EXPANSION * stored:
            raise self.refuse(f"claims {claimed:,} bytes, only {stored:,} are stored")

    def read(self, dtype: object = None) -> np.ndarray:
        """The numbers, as `dtype`; the caller has compared the shape with what it expects."""
        with self._reading():
            array = np.empty(self.shape, self._found.dtype if dtype is None else dtype)
            if array.ndim and array.size:
                self._found.read_direct(array)
            elif array.size:
                array[()] = self._found[()]
            return array

    def scalar(self) -> float:
        """The one number that it holds."""
        if math.prod(self.shape) != 1:
            raise self.refuse(f"must be one number. It has the shape {self.shape}")
        return self.read().item()
