"""CIFAR's files: batches for Python or in binary, in folders or in one tar archive, which is read without unpacking."""

import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from fastcnn import config
from fastcnn.datasets.batches import read_batch
from fastcnn.datasets.locate import Layout, Pair

_PIXELS = 3 * 32 * 32
_MOST_BYTES = 1 << 28  # of one member of an archive: five times the largest there is
_Read = Callable[[bytes], Pair]


def layouts(name: str, train: Sequence[str], test: str, labels: str, kinds: Sequence[str]) -> list[Layout]:
    """All forms of a data set.

    name : "cifar-10" or "cifar-100". train, test : names of the batches. labels : the label that is wanted, among the
    `kinds` that a binary record begins with.
    """
    folder = {"cifar-10": "cifar-10-batches-py", "cifar-100": "cifar-100-python"}[name]
    binary = {"cifar-10": "cifar-10-batches-bin", "cifar-100": "cifar-100-binary"}[name]
    names = (*train, test)
    of_python = partial(_python_batch, labels=labels)
    of_binary = partial(_binary_batch, place=list(kinds).index(labels), count=len(kinds))
    archives = (f"{name}-python.tar.gz", f"{folder}.tar.gz", f"{folder}-target_archive", f"{folder}-target.tar.gz")
    below = (f"{folder}/", f"{folder}-target/{folder}/", "")
    files = tuple(tuple(f"{start}{n}" for start in below) for n in names)
    binaries = tuple((f"{binary}/{n}.bin", f"{n}.bin") for n in names)
    members = tuple(f"{n}.bin" for n in names)
    return [
        Layout(files, partial(_from_files, read=of_python)),
        Layout((archives,), partial(_from_archive, names=names, read=of_python)),
        Layout(binaries, partial(_from_files, read=of_binary)),
        Layout(((f"{name}-binary.tar.gz",),), partial(_from_archive, names=members, read=of_binary)),
    ]


def oriented(data: tuple[Pair, Pair]) -> tuple[Pair, Pair]:
    """Images in the order of axes that config.image_data_format says; labels (N, 1)."""
    first = config.image_data_format == "channels_first"
    (x_train, y_train), (x_test, y_test) = data
    x_train, x_test = (x if first else np.ascontiguousarray(x.transpose(0, 2, 3, 1)) for x in (x_train, x_test))
    return (x_train, y_train[:, np.newaxis]), (x_test, y_test[:, np.newaxis])


def _python_batch(data: bytes, labels: str) -> Pair:
    batch = read_batch(data)
    x, y = batch.get("data"), batch.get(labels)
    if not isinstance(x, np.ndarray) or not isinstance(y, list) or x.ndim != 2 or x.shape != (len(y), _PIXELS):
        raise ValueError(f"expected data of {_PIXELS} bytes a photo and as many {labels}")
    return x.reshape(-1, 3, 32, 32), np.array(y, np.uint8)


def _binary_batch(data: bytes, place: int, count: int) -> Pair:
    if not data or len(data) % (count + _PIXELS):
        raise ValueError(f"expected records of {count + _PIXELS} bytes. Received: {len(data)} bytes")
    records = np.frombuffer(data, np.uint8).reshape(-1, count + _PIXELS)
    return records[:, count:].reshape(-1, 3, 32, 32).copy(), records[:, place].copy()


def _from_files(paths: Sequence[Path], read: _Read) -> tuple[Pair, Pair]:
    return _joined([read(path.read_bytes()) for path in paths])


def _from_archive(paths: Sequence[Path], names: Sequence[str], read: _Read) -> tuple[Pair, Pair]:
    found = {name: read(data) for name, data in _members(paths[0], set(names))}
    missing = sorted(set(names) - set(found))
    if missing:
        raise ValueError(f"the archive lacks {', '.join(missing)}")
    return _joined([found[name] for name in names])


def _members(path: Path, names: set[str]) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = os.path.basename(member.name)
                if name in names and member.isfile():
                    if member.size > _MOST_BYTES:
                        raise ValueError(f"{member.name} is too large: {member.size:,} bytes")
                    yield name, archive.extractfile(member).read()
    except tarfile.TarError as error:
        raise ValueError(str(error)) from error


def _joined(batches: list[Pair]) -> tuple[Pair, Pair]:
    """All batches but the last are for training."""
    x, y = zip(*batches[:-1], strict=True)
    return (np.concatenate(x), np.concatenate(y)), batches[-1]
