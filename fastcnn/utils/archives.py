"""Zip and tar files, unpacked so that nothing is written outside the folder that was named."""

import os
import secrets
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_Member = tuple[PurePosixPath, Callable[[], BinaryIO] | None]  # path inside, and how to open it; None for a folder


def extract_archive(path: Path, folder: Path, archive_format: str | None = "auto", only: str | None = None) -> None:
    """Unpacks an archive into `folder`, unless that was done before.

    archive_format : "zip", "tar" or "auto".
    only : the one folder at the archive's top; it alone is made anew, and `folder` may hold other things.

    Raises:
        ValueError: for what is no archive, for links, devices and paths that lead elsewhere; nothing is kept then.
    """
    target = folder / only if only else folder
    if target.exists():
        return
    if archive_format not in (None, "auto", "zip", "tar"):
        raise ValueError(f"archive_format must be 'auto', 'zip' or 'tar'. Received: {archive_format!r}")
    partial = folder.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        with _members(path, archive_format or "auto") as members:
            for inside, opened in members:
                _write(partial / inside, opened)
        made = partial / only if only else partial
        if not made.is_dir():
            raise ValueError(f"{path} holds no folder {only!r}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(made, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _members(path: Path, archive_format: str) -> Iterator[Iterator[_Member]]:
    """The members of an archive, checked; it is open inside the block."""
    if archive_format != "tar" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _zipped(archive)
    elif archive_format != "zip" and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            yield _tarred(archive)
    else:
        raise ValueError(f"{path} is neither a zip nor a tar file")


def _zipped(archive: zipfile.ZipFile) -> Iterator[_Member]:
    for info in archive.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError(f"{info.filename}: links and devices in archives are refused")
        yield _checked(info.filename), None if info.is_dir() else lambda info=info: archive.open(info)


def _tarred(archive: tarfile.TarFile) -> Iterator[_Member]:
    for info in archive:
        if not (info.isfile() or info.isdir()):
            raise ValueError(f"{info.name}: links and devices in archives are refused")
        yield _checked(info.name), None if info.isdir() else lambda info=info: archive.extractfile(info)


def _checked(name: str) -> PurePosixPath:
    """A path below the folder.

    Raises:
        ValueError: for one that leads elsewhere.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in (path.parts or ("",))[0]:
        raise ValueError(f"{name!r} in the archive leads outside its folder")
    return path


def _write(path: Path, opened: Callable[[], BinaryIO] | None) -> None:
    if opened is None:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened() as source, path.open("xb") as target:
        shutil.copyfileobj(source, target)
