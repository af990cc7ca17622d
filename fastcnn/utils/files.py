"""Files from the network, kept in Keras's cache folder."""

import contextlib
import hashlib
import os
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from fastcnn.compat import keras_file
from fastcnn.saving.atomic import atomic_write
from fastcnn.utils.archives import extract_archive

_CHUNK = 1 << 16
_TIMEOUT = 30.0  # seconds without an answer
_DIGITS = {32: "md5", 40: "sha1", 64: "sha256"}  # of a checksum in hexadecimal


def get_file(
    fname: str | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | None = "auto",
    cache_dir: str | os.PathLike | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file from the network; it is fetched when the cache does not hold it.

    fname : its name in the cache; None for the name in `origin`. origin : an http, https or file address.
    file_hash : MD5, SHA-1 or SHA-256 in hexadecimal; a file of another checksum is fetched anew, or refused.
    extract : unpack the archive; the path is then that of a folder, <name>_extracted, and what it holds can also be
        found beside the archive, where Keras 2 put it.
    untar : the same in the older form: the archive holds the folder `fname`, whose path is returned.

    Raises:
        ValueError: for a wrong checksum, an address of another kind, or an archive that would write elsewhere.
        OSError: when the file cannot be fetched.
    """
    if not origin:
        raise ValueError("get_file: expected origin, the file's address")
    name = fname or os.path.basename(urllib.parse.urlsplit(origin).path)
    if not name or os.path.basename(name) != name:
        raise ValueError(f"get_file: fname must be a file's name without folders. Received: {fname!r}")
    folder = Path(cache_dir or keras_file.home()).expanduser() / cache_subdir
    archive = name
    if untar or (extract and "." not in name):
        archive = f"{name}.tar.gz" if untar else f"{name}_archive"
    path = folder / archive
    digest = file_hash or md5_hash
    if force_download or not path.is_file() or not _matches(path, digest, hash_algorithm):
        _fetch(origin, path, digest, hash_algorithm)
    if untar:
        extract_archive(path, folder, archive_format, only=name)
        return str(folder / name)
    if extract:
        unpacked = folder / (f"{name.partition('.')[0]}_extracted" if archive == name else name)
        extract_archive(path, unpacked, archive_format)
        _show_beside(unpacked, folder)
        return str(unpacked)
    return str(path)


def _fetch(origin: str, path: Path, digest: str | None, algorithm: str) -> None:
    """Writes the file in one step, once its checksum is known to be right."""
    scheme = urllib.parse.urlsplit(origin).scheme
    if scheme not in ("http", "https", "file"):
        raise ValueError(f"get_file: origin must be an http, https or file address. Received: {origin!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    print(f"Downloading {origin}")
    try:
        atomic_write(path, _chunks(origin, digest, algorithm))
    except _UnreachableError as error:
        raise ConnectionError(str(error)) from error


class _UnreachableError(Exception):
    """The network failed; no OSError, which would be taken for one of the disk."""


def _received(origin: str) -> Iterator[bytes]:
    from urllib.request import urlopen  # slow to import

    try:
        with contextlib.closing(urlopen(origin, timeout=_TIMEOUT)) as answer:  # noqa: S310 (the scheme was checked)
            length, received = answer.headers.get("Content-Length"), 0
            while chunk := answer.read(_CHUNK):
                received += len(chunk)
                yield chunk
    except OSError as error:
        raise _UnreachableError(f"{origin}: {error}") from error
    if length is not None and received != int(length):
        raise _UnreachableError(f"{origin} broke off after {received:,} of {int(length):,} bytes")


def _chunks(origin: str, digest: str | None, algorithm: str) -> Iterator[bytes]:
    summing = _hasher(digest, algorithm) if digest else None
    for chunk in _received(origin):
        if summing is not None:
            summing.update(chunk)
        yield chunk
    if summing is not None and summing.hexdigest() != digest.lower():
        raise ValueError(f"{origin} is not the file that was expected: its {summing.name} is {summing.hexdigest()}")


def _matches(path: Path, digest: str | None, algorithm: str) -> bool:
    if not digest:
        return True
    summing = _hasher(digest, algorithm)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            summing.update(chunk)
    return summing.hexdigest() == digest.lower()


def _hasher(digest: str, algorithm: str) -> "hashlib._Hash":
    name = _DIGITS.get(len(digest)) if algorithm == "auto" else algorithm
    if name not in _DIGITS.values():
        raise ValueError(f"get_file: expected an MD5, SHA-1 or SHA-256 checksum. Received: {digest!r}, {algorithm!r}")
    return hashlib.new(name, usedforsecurity=False)


def _show_beside(unpacked: Path, folder: Path) -> None:
    """Links to what an archive held, where scripts for Keras 2 look for it."""
    for inside in unpacked.iterdir():
        with contextlib.suppress(OSError):  # taken already, or a file system without links
            (folder / inside.name).symlink_to(inside.relative_to(folder), target_is_directory=inside.is_dir())
