"""The native model file, `.fcnn`: readable by any safetensors reader, and proof against damage and ill will.

Layout: 8 bytes, length n of the header, little-endian | n bytes of JSON, padded with spaces | the arrays' bytes.
The header's `__metadata__` holds, as strings and in this order:
    fastcnn.sha256     SHA-256 of the whole file with these 64 digits written as zeros
    fastcnn.format     "1"
    fastcnn.config     JSON: everything that decides which arrays there are
    fastcnn.training   JSON, in checkpoints only
Source: the safetensors format, https://huggingface.co/docs/safetensors (the layout); the checksum is ours.
"""

import hashlib
import math
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import numpy as np

from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.header import (
    DAMAGED,
    EXTENSION,
    MAX_CONFIG,
    MAX_HEADER,
    MAX_TRAINING,
    PREFIX,
    Entry,
    ModelFileError,
    hash_of_header,
    in_file_order,
    make_header,
    parse_header,
    parse_object,
)

MAX_PARAMS = 4_000_000_000  # array elements
_CHUNK = 1 << 20  # bytes hashed and written, or read and hashed, while they are in cache

Expected = Callable[[dict], Mapping[str, tuple[tuple[int, ...], object]]]


def write_model(
    path: str | os.PathLike, config: dict, arrays: Mapping[str, np.ndarray], training: dict | None = None
) -> None:
    """Write a model, or with `training` a checkpoint, in one atomic step.

    config : the reader must be able to compute every array's name, shape and dtype from it; tuples come back as lists
    arrays : name -> array of any shape and layout, dtype float, int, unsigned or bool; contiguous ones are
        not copied, others one at a time; they must not change until this returns
    training : what a run needs to go on, or None

    Raises
        ModelFileError for what the format cannot hold, before anything is written
        OSError naming the file and the free space; an earlier file of this name is intact
    """
    try:
        header = make_header(config, arrays, training)
    except ValueError as error:
        raise ModelFileError(path, f"cannot be written: {error}") from None
    atomic_write(path, lambda file: _write_content(file, header, arrays))


def read_model(
    path: str | os.PathLike, expected: Expected, max_params: int = MAX_PARAMS
) -> tuple[dict, dict[str, np.ndarray], dict | None]:
    """Read a model file; nothing in it is run, followed or believed before it is checked.

    expected : config -> {name: (shape, dtype)}, for all arrays that a file with this config holds; it is called before
        the checksum is known, so it must bound what it computes and raise on a config that it does not like
    max_params : refuse a config that asks for more array elements

    Returns config, arrays (in the order of `expected`, owned by the caller), training state or None.

    Raises
        ModelFileError naming the file, the reason and what to do
        OSError when the file cannot be opened or read
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        length, header = _read_header(file, path, size)
        try:
            metadata, entries = parse_header(header, size - 8 - length)
            config = parse_object(metadata, "fastcnn.config", MAX_CONFIG)
            training = parse_object(metadata, "fastcnn.training", MAX_TRAINING)
        except ValueError as error:
            raise ModelFileError(path, f"{error}; {DAMAGED}") from None
        wanted = _call_expected(path, expected, config)
        _check_expected(path, entries, wanted, max_params)
        digest = metadata["fastcnn.sha256"]
        arrays = _read_arrays(file, path, entries, hash_of_header(header), digest)
    return config, {name: arrays[name] for name in wanted}, training


def _write_content(file: BinaryIO, header: bytes, arrays: Mapping[str, np.ndarray]) -> None:
    """Write header and data, hashing each chunk as it goes out, then put the digest over the zeros."""
    digest = hashlib.sha256(header)
    file.write(header)
    for _, array in in_file_order(arrays):
        flat = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)
        for chunk in _chunks(flat):
            digest.update(chunk)
            file.write(chunk)
    file.seek(8 + len(PREFIX))
    file.write(digest.hexdigest().encode("ascii"))


def _chunks(flat: np.ndarray) -> Iterator[memoryview]:
    """Cut an array of bytes, (n,), into pieces that fit the cache."""
    for start in range(0, flat.size, _CHUNK):
        yield memoryview(flat[start : start + _CHUNK])


def open_regular(path: str | os.PathLike) -> BinaryIO:
    """Open a regular file for reading, unbuffered, and nothing else (a pipe would block for ever)."""
    _require_regular(path, os.stat(path))
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _require_regular(path, os.fstat(descriptor))  # it may have been exchanged since
    except ModelFileError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb", buffering=0)


def _require_regular(path: str | os.PathLike, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, socket or device"
        raise ModelFileError(path, f"is {kind}, not a model file: give the path of a {EXTENSION} file")


def _read_header(file: BinaryIO, path: str | os.PathLike, size: int) -> tuple[int, bytes]:
    """Return the header's length and its bytes with the 8 of the length before them."""
    start = file.read(8)
    length = int.from_bytes(start, "little")
    if size < 8 + len(PREFIX) or length > size - 8:
        raise ModelFileError(path, f"ends inside its header ({size:,} bytes) or is no model file; {DAMAGED}")
    if length > MAX_HEADER:
        raise ModelFileError(path, f"has a header of {length:,} bytes, at most {MAX_HEADER:,} are allowed; {DAMAGED}")
    header = start + file.read(length)
    if len(header) != 8 + length:
        raise ModelFileError(path, f"became shorter while it was read; {DAMAGED}")
    if not header.startswith(PREFIX, 8):
        other = header[8:9] == b"{" and b'"data_offsets"' in header
        origin = "a safetensors file that fastcnn did not write" if other else "not a fastcnn model file"
        raise ModelFileError(path, f"is {origin} (no checksum at its start): save the model again with fastcnn")
    return length, header


def _call_expected(path: str | os.PathLike, expected: Expected, config: dict) -> dict[str, tuple]:
    """Ask the caller which arrays the config means; whatever a hostile config makes it raise is a refusal."""
    try:
        arrays = expected(config)
        return {
            name: (tuple(int(side) for side in shape), np.dtype(dtype).newbyteorder("<"))
            for name, (shape, dtype) in arrays.items()
        }
    except Exception as error:
        raise ModelFileError(path, f"its config is refused: {error or type(error).__name__}") from error


def _check_expected(path: str | os.PathLike, entries: list[Entry], wanted: dict[str, tuple], max_params: int) -> None:
    """Compare what the config means with what the file holds, before any array is allocated."""
    total = sum(math.prod(shape) for shape, _ in wanted.values())
    if total > max_params:
        advice = f"pass max_params={total} if you trust the file and have the memory"
        raise ModelFileError(path, f"its config asks for {total:,} numbers, allowed are {max_params:,}; {advice}")
    held = {entry.name: (entry.shape, entry.dtype) for entry in entries}
    advice = "the file was damaged, or made by another version of this model: save it again"
    for what, names in (("lacks", wanted.keys() - held.keys()), ("has unexpected", held.keys() - wanted.keys())):
        if names:
            some = ", ".join(sorted(names)[:3]) + (", ..." if len(names) > 3 else "")
            raise ModelFileError(path, f"{what} {len(names)} of its config's {len(wanted)} arrays ({some}); {advice}")
    for name, (shape, dtype) in wanted.items():
        if held[name] != (shape, dtype):
            found = f"{held[name][0]} {held[name][1].name}"
            raise ModelFileError(path, f"array {name} is {found}, its config means {shape} {dtype.name}; {advice}")


def _read_arrays(
    file: BinaryIO, path: str | os.PathLike, entries: list[Entry], hasher: "hashlib._Hash", digest: str
) -> dict[str, np.ndarray]:
    """Copy the arrays out, hashing the very bytes that are copied; they are handed out only if the checksum matches."""
    arrays = {}
    for entry in entries:
        array = np.empty(entry.shape, entry.dtype)
        flat = array.reshape(-1).view(np.uint8)
        for chunk in _chunks(flat):
            _read_exactly(file, path, chunk)
            hasher.update(chunk)
        if entry.dtype == np.bool_ and flat.size and flat.max() > 1:
            raise ModelFileError(path, f"array {entry.name} holds values that are neither true nor false; {DAMAGED}")
        arrays[entry.name] = array.astype(entry.dtype.newbyteorder("="), copy=False)
    if hasher.hexdigest() != digest:
        raise ModelFileError(path, f"checksum does not match; {DAMAGED}")
    return arrays


def _read_exactly(file: BinaryIO, path: str | os.PathLike, chunk: memoryview) -> None:
    while len(chunk):
        count = file.readinto(chunk)
        if not count:
            raise ModelFileError(path, f"became shorter while it was read; {DAMAGED}")
        chunk = chunk[count:]
