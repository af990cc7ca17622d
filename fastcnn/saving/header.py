"""The header of a native model file: which arrays lie where, the config, the training state, the checksum.

Nothing here opens a file or allocates an array; a header is made from, or checked down to, plain integers and strings.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from fastcnn.saving.strict_json import dump_json, parse_json

EXTENSION = ".fcnn"
FORMAT = "1"
MAX_HEADER = 16_000_000  # bytes
MAX_CONFIG = 1_000_000  # bytes
MAX_TRAINING = 4_000_000  # bytes

DTYPES = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"),
    "U16": np.dtype("<u2"),
    "U8": np.dtype("u1"),
    "BOOL": np.dtype("bool"),
}
_CODES = {dtype: code for code, dtype in DTYPES.items()}
_NAME = re.compile(r"[A-Za-z0-9_./-]{1,200}")
PREFIX = b'{"__metadata__":{"fastcnn.sha256":"'
_DIGEST = slice(8 + len(PREFIX), 8 + len(PREFIX) + 64)  # where the checksum's digits are, in bytes of the file
_KEYS = {"fastcnn.sha256", "fastcnn.format", "fastcnn.config", "fastcnn.training"}
_HEADER_DEPTH = 3  # {"name": {"shape": [...]}}
_ALIGNMENT = 64  # bytes; the data start on a cache line
DAMAGED = "the file is damaged or incomplete: copy it again, or use another checkpoint"


class ModelFileError(ValueError):
    """A model file was refused, or cannot be written; the message names the file, why, and what to do."""

    def __init__(self, path: str | os.PathLike, reason: str):
        super().__init__(f"{_printable(path)}: {reason}")


class Entry(NamedTuple):
    """One array in the file: `begin` and `end` are byte offsets in the data."""

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    begin: int
    end: int


def make_header(config: dict, arrays: Mapping[str, np.ndarray], training: dict | None) -> bytes:
    """Return the length and the header, with zeros for the checksum; ValueError for what the format cannot hold."""
    metadata = {"fastcnn.sha256": "0" * 64, "fastcnn.format": FORMAT}
    metadata["fastcnn.config"] = _dump_object("config", config, MAX_CONFIG)
    if training is not None:
        metadata["fastcnn.training"] = _dump_object("training", training, MAX_TRAINING)
    header: dict[str, object] = {"__metadata__": metadata}
    offset = 0
    for name, array in in_file_order(arrays):
        header[name] = {
            "dtype": _CODES[array.dtype.newbyteorder("<")],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    if len(text) > MAX_HEADER:
        raise ValueError(f"the header would take {len(text):,} bytes, at most {MAX_HEADER:,}: use fewer arrays")
    return len(text).to_bytes(8, "little") + text


def _dump_object(what: str, value: dict, max_bytes: int) -> str:
    if type(value) is not dict:
        raise ValueError(f"{what} must be a dict. Received: {type(value).__name__}")
    try:
        return dump_json(value, max_bytes)
    except ValueError as error:
        raise ValueError(f"{what} {error}") from None


def in_file_order(arrays: Mapping[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Check names and dtypes, and put wide items first: then every array is aligned to its own item size."""
    for name, array in arrays.items():
        if type(name) is not str or not _is_name(name):
            raise ValueError(
                f"an array's name must be 1 to 200 of A-Z a-z 0-9 _ . / - without '..'. Received: {ascii(name)[:80]}"
            )
        if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<") not in _CODES:
            kind = array.dtype if isinstance(array, np.ndarray) else f"an object of {type(array)}"
            raise ValueError(f"array {name} must be a NumPy array of {', '.join(_CODES.values())}. Received: {kind}")
    return sorted(arrays.items(), key=lambda item: -item[1].dtype.itemsize)


def parse_header(header: bytes, data_size: int) -> tuple[dict[str, str], list[Entry]]:
    """Return the metadata and the arrays' entries in the order of their bytes; ValueError for a broken rule."""
    try:
        fields = parse_json(header[8:], MAX_HEADER, _HEADER_DEPTH)
    except ValueError as error:
        raise ValueError(f"its header {error}") from None
    if type(fields) is not dict or type(fields.get("__metadata__")) is not dict:
        raise ValueError("its header is no JSON object with __metadata__")
    metadata = fields.pop("__metadata__")
    _check_metadata(metadata)
    if metadata["fastcnn.sha256"].encode("utf-8", "surrogatepass") != header[_DIGEST]:  # written with JSON escapes
        raise ValueError("its checksum is not 64 plain digits")
    entries = [_parse_entry(name, entry) for name, entry in fields.items()]
    entries.sort(key=lambda entry: (entry.begin, entry.end))
    position = 0
    for entry in entries:
        if entry.begin != position:
            raise ValueError(f"array {entry.name} starts at byte {entry.begin:,} of the data in place of {position:,}")
        position = entry.end
    if position != data_size:
        raise ValueError(f"it holds {data_size:,} bytes of arrays, its header describes {position:,}")
    return metadata, entries


def _check_metadata(metadata: dict) -> None:
    for key, value in metadata.items():
        if key not in _KEYS:
            raise ValueError(f"its __metadata__ has the unknown key {ascii(key)[:80]}")
        if type(value) is not str:
            raise ValueError(f"{key} is no string")
    if metadata.get("fastcnn.format") != FORMAT:
        received = ascii(metadata.get("fastcnn.format"))[:40]
        raise ValueError(f"fastcnn.format is {received}, this version of fastcnn reads {FORMAT!r} (upgrade it?)")


def _parse_entry(name: str, entry: object) -> Entry:
    """Check one array's description by itself: name, keys, dtype, shape, and that its length is theirs."""
    if not _is_name(name):
        raise ValueError(f"an array has the forbidden name {ascii(name)[:80]}")
    if type(entry) is not dict or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"array {name} is not described by dtype, shape and data_offsets")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if type(code) is not str or code not in DTYPES:
        raise ValueError(f"array {name} has the unknown dtype {ascii(code)[:40]}")
    if not _are_sizes(shape) or len(shape) > 32 or math.prod(max(side, 1) for side in shape) > 2**48:
        raise ValueError(f"array {name} has the impossible shape {ascii(shape)[:80]}")
    if not _are_sizes(offsets) or len(offsets) != 2:
        raise ValueError(f"array {name} has the impossible data_offsets {ascii(offsets)[:80]}")
    begin, end = offsets
    if end - begin != math.prod(shape) * DTYPES[code].itemsize:
        raise ValueError(f"array {name} of shape {tuple(shape)} and dtype {code} cannot take {end - begin:,} bytes")
    return Entry(name, DTYPES[code], tuple(shape), begin, end)


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and ".." not in name and name != "__metadata__"


def _are_sizes(value: object) -> bool:
    """Tell whether a JSON value is a list of integers >= 0 (true is none)."""
    return type(value) is list and all(type(item) is int and item >= 0 for item in value)


def parse_object(metadata: dict[str, str], key: str, max_bytes: int) -> dict | None:
    """Parse one JSON object inside the metadata; None if a key that may be absent is."""
    if key not in metadata:
        if key == "fastcnn.config":
            raise ValueError(f"it has no {key}")
        return None
    try:
        value = parse_json(metadata[key].encode("utf-8", "surrogatepass"), max_bytes)
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None
    if type(value) is not dict:
        raise ValueError(f"{key} is no JSON object")
    return value


def hash_of_header(header: bytes) -> "hashlib._Hash":
    """Start the checksum with the header as it was before its digest was put in."""
    hasher = hashlib.sha256(header[: _DIGEST.start])
    hasher.update(b"0" * 64)
    hasher.update(header[_DIGEST.stop :])
    return hasher


def _printable(path: str | os.PathLike) -> str:
    """Return a path for a message: a name may hold newlines, escape sequences and bytes that are no text."""
    text = os.fsdecode(path)
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
