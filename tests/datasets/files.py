"""Small files in the layouts of the real data sets."""

import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np

RNG = np.random.default_rng(1)


def write_idx(path: Path, values: np.ndarray) -> None:
    """An idx file of bytes, gzipped when its name says so."""
    data = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def digits(train: int = 20, test: int = 6, size: int = 28) -> tuple:
    """Random images and labels of ten classes."""
    return tuple(
        (RNG.integers(0, 256, (n, size, size), dtype=np.uint8), (np.arange(n) % 10).astype(np.uint8))
        for n in (train, test)
    )


def write_mnist(folder: Path, data: tuple, ending: str = ".gz", dot: bool = False) -> None:
    """The four idx files."""
    for part, (x, y) in zip(("train", "t10k"), data, strict=True):
        for kind, values in (("images-idx3", x), ("labels-idx1", y)):
            name = f"{part}-{kind}-ubyte{ending}"
            write_idx(folder / (name.replace("-idx", ".idx") if dot else name), values)


def write_npz(path: Path, data: tuple) -> None:
    """mnist.npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (x_train, y_train), (x_test, y_test) = data
    np.savez(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def _string(text: bytes) -> bytes:
    return b"U" + bytes((len(text),)) + text if len(text) < 256 else b"T" + struct.pack("<I", len(text)) + text


def python_batch(x: np.ndarray, labels: dict[str, list[int]]) -> bytes:
    """A batch as Python 2 wrote it (protocol 2): a dictionary of labels, file names and an (N, 3072) array of bytes."""
    out = [b"\x80\x02}q\x01(", _string(b"batch_label"), b"q\x02", _string(b"training batch 1 of 5")]
    for name, values in labels.items():
        out += [_string(name.encode()), b"]q\x03(", *(b"K" + bytes((value,)) for value in values), b"e"]
    out += [
        _string(b"data"),
        b"cnumpy.core.multiarray\n_reconstruct\nq\x04cnumpy\nndarray\nq\x05K\x00\x85U\x01b\x87Rq\x06",
    ]
    out += [b"(K\x01", b"M" + struct.pack("<H", len(x)), b"M" + struct.pack("<H", x.shape[1]), b"\x86"]
    out += [b"cnumpy\ndtype\nq\x07U\x02u1K\x00K\x01\x87Rq\x08(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"]
    out += [b"\x89", b"T" + struct.pack("<I", x.nbytes) + x.tobytes(), b"tb"]
    out += [_string(b"filenames"), b"]r\x09\x00\x00\x00(", *(_string(b"a.png") for _ in range(len(x))), b"eu."]
    return b"".join(out)


def photos(count: int) -> np.ndarray:
    """Random photos as CIFAR stores them, (N, 3072): all red values, then green, then blue."""
    return RNG.integers(0, 256, (count, 3072), dtype=np.uint8)


def tar(path: Path, members: dict[str, bytes]) -> None:
    """A gzipped tar archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
