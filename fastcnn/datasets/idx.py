"""MNIST's own file format, and mnist.npz."""

import gzip
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fastcnn.datasets.locate import Layout, Pair

_BYTES = 8  # the format's number for unsigned bytes


def read_idx(path: Path) -> np.ndarray:
    """The array of an idx file of bytes, gzipped or not.

    Raises:
        ValueError: for another format, and for a file that is too short or too long.
    """
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if len(data) < 4 or data[:3] != bytes((0, 0, _BYTES)):
        raise ValueError(f"{path.name} is no idx file of bytes")
    rank = data[3]
    if len(data) < 4 + 4 * rank:
        raise ValueError(f"{path.name} is too short")
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if values.size != np.prod(shape, dtype=object):
        raise ValueError(f"{path.name} should hold {shape} values. It holds {values.size}")
    return values.reshape(shape).copy()


def _from_idx(paths: Sequence[Path]) -> tuple[Pair, Pair]:
    x_train, y_train, x_test, y_test = map(read_idx, paths)
    return _checked((x_train, y_train), (x_test, y_test))


def _from_npz(paths: Sequence[Path]) -> tuple[Pair, Pair]:
    with np.load(paths[0], allow_pickle=False) as archive:
        return _checked((archive["x_train"], archive["y_train"]), (archive["x_test"], archive["y_test"]))


def _checked(train: Pair, test: Pair) -> tuple[Pair, Pair]:
    for x, y in (train, test):
        if x.ndim != 3 or y.shape != x.shape[:1]:
            raise ValueError(f"images {x.shape} and labels {y.shape} do not belong together")
    return train, test


def _spellings(part: str, kind: str) -> tuple[str, ...]:
    plain = (f"{part}-{kind}-ubyte", f"{part}-{kind.replace('-idx', '.idx')}-ubyte")
    return (f"{plain[0]}.gz", *plain, f"{plain[1]}.gz")


IDX = Layout(
    tuple(_spellings(part, kind) for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")), _from_idx
)


def npz(name: str) -> Layout:
    """The form of one .npz file."""
    return Layout(((name,),), _from_npz)
