"""Event files as TensorBoard reads them: records with checksums, around a few protocol buffers.

Sources: the TFRecord format (length, masked CRC-32C of the length, data, masked CRC-32C of the data) and the field
numbers of TensorFlow's event.proto, summary.proto and tensor.proto.
"""

import itertools
import os
import platform
import struct
import time
from collections.abc import Iterable

import numpy as np

_POLYNOMIAL, _MASK = 0x82F63B78, 0xA282EAD8  # CRC-32C (Castagnoli), reflected
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
_DT_STRING = 7
_BUCKETS = 30
_number = itertools.count()


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def masked_crc(data: bytes) -> int:
    """CRC-32C of the data, rotated and shifted as TFRecord files want it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """One record of a TFRecord file."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc(length)) + data + struct.pack("<I", masked_crc(data))


def _varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF  # negative numbers as two's complement in 64 bits
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def _field(number: int, value: object) -> bytes:
    """One field: an int as varint, a float as double, a np.float32 as float, text and bytes with their length."""
    if isinstance(value, np.float32):
        return _varint(number << 3 | _FLOAT) + struct.pack("<f", value)
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | _DOUBLE) + struct.pack("<d", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _nonzero(number: int, value: object) -> bytes:
    """One field, which is left out when it is zero or empty, as protocol buffers do."""
    return _field(number, value) if value else b""


def _doubles(number: int, values: Iterable[float]) -> bytes:
    return _field(number, np.asarray(values, "<f8").tobytes())


def scalar_value(tag: str, value: float) -> bytes:
    """Summary.Value of one number."""
    return _field(1, tag) + _field(2, np.float32(value))


def histogram_value(tag: str, values: np.ndarray) -> bytes:
    """Summary.Value of the distribution of an array, in 30 bins; values that are not finite are left out."""
    flat = np.asarray(values, np.float64).ravel()
    flat = flat[np.isfinite(flat)]
    counts, edges = np.histogram(flat, _BUCKETS) if flat.size else (np.zeros(1), np.zeros(2))
    low, high = (flat.min(), flat.max()) if flat.size else (0.0, 0.0)
    numbers = (low, high, flat.size, flat.sum(), np.square(flat).sum())
    head = b"".join(_nonzero(i, float(number)) for i, number in enumerate(numbers, 1))
    return _field(1, tag) + _field(5, head + _doubles(6, edges[1:]) + _doubles(7, counts))


def image_value(tag: str, png: bytes, height: int, width: int, channels: int) -> bytes:
    """Summary.Value of a picture in PNG format."""
    sizes = _field(1, height) + _field(2, width) + _field(3, channels)
    return _field(1, tag) + _field(4, sizes + _field(4, png))


def text_value(tag: str, text: str, plugin: str, content: bytes = b"") -> bytes:
    """Summary.Value of a text for the plugin of that name."""
    tensor = _field(1, _DT_STRING) + _field(2, b"") + _field(8, text)
    metadata = _field(1, _field(1, plugin) + _nonzero(2, content))
    return _field(1, tag) + _field(8, tensor) + _field(9, metadata)


class EventFile:
    """A new event file in `folder`, which is made if need be; events are in the file when `write` returns."""

    def __init__(self, folder: str | os.PathLike):
        os.makedirs(folder, exist_ok=True)
        now = time.time()
        unique = f"{platform.node()}.{os.getpid()}.{next(_number)}"
        self.path = os.path.join(folder, f"events.out.tfevents.{int(now):010d}.{unique}")
        self._file = open(self.path, "xb")  # noqa: SIM115 (closed by close)
        self._add(_field(1, now) + _field(3, "brain.Event:2"))

    def write(self, values: Iterable[bytes], step: int) -> None:
        """Appends one event with these summary values."""
        summary = b"".join(_field(1, value) for value in values)
        self._add(_field(1, time.time()) + _nonzero(2, int(step)) + _field(5, summary))

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _add(self, event: bytes) -> None:
        self._file.write(record(event))
        self._file.flush()
