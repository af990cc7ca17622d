"""Replace a file in one step: after a crash, a kill or a full disk the path holds the old file or the new one, whole.

Order of work: write a temporary file in the same folder, fsync it, rename it over the target, fsync the folder.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
import time
import zlib
from collections.abc import Callable, Iterable
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: a file that a live process has open cannot be removed there, so no lock is needed
    fcntl = None

Writer = Callable[[BinaryIO], object]

# Without locks a closed file may still be on its way to its rename: leave young ones alone (seconds).
_STRAY_AGE_WITHOUT_LOCKS = 3600.0
# A file system that cannot lock, or cannot fsync a folder, says so with one of these.
_NOT_SUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.ENOLCK}


def atomic_write(path: str | os.PathLike, chunks_or_writer: Iterable[bytes] | Writer) -> None:
    """Write a file so that a reader, or the next start after a crash, sees the old content or the new, never a mixture.

    path : the file to make or to replace; a symbolic link is followed and stays a link
    chunks_or_writer : byte strings (any buffers), or a function that writes to the binary, seekable file it is given

    Raises
        OSError (with the errno, hence the subclass, of the cause) naming the file and the free space; the old file
        is intact and no temporary file stays. Any other exception of `chunks_or_writer` passes through, same promise.
    """
    target = os.path.realpath(os.fspath(path))
    try:
        old_mode = _writable_mode(target)
        sweep_strays(target)
        _write_and_rename(target, chunks_or_writer, old_mode)
    except OSError as error:
        raise _explained(error, target) from error
    _fsync_folder(target)


def sweep_strays(path: str | os.PathLike) -> int:
    """Remove temporary files of this target whose process died while it wrote; returns how many.

    A live writer holds a lock on its file (on Windows: has it open), in whichever process or container it runs.
    """
    folder, name = os.path.split(os.path.realpath(os.fspath(path)))
    pattern = re.compile(re.escape(_temporary_prefix(name)) + r"[0-9a-f]{16}\.tmp")
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if pattern.fullmatch(entry.name)]
    except OSError:  # a folder that can be written but not listed, or one that is missing: the write itself tells
        return 0
    return sum(_remove_if_abandoned(stray) for stray in found)


def _temporary_prefix(name: str) -> str:
    """Return the start of a target's temporary names: readable, bounded in length, unlike any other target's."""
    return f".{name[:40]}.{zlib.crc32(os.fsencode(name)):08x}."


def _writable_mode(target: str) -> int | None:
    """Return the permission bits of the file to replace, None for a new one; refuse what must not be replaced."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a folder of this name exists", target)
    if not stat.S_ISREG(status.st_mode):  # a rename over /dev/null or a pipe would destroy it
        raise OSError(errno.EINVAL, "not a regular file, will not replace it", target)
    if not os.access(target, os.W_OK):  # a rename would ignore the write protection of the file
        raise PermissionError(errno.EACCES, "the existing file is write-protected", target)
    return stat.S_IMODE(status.st_mode)


def _write_and_rename(target: str, chunks_or_writer: Iterable[bytes] | Writer, old_mode: int | None) -> None:
    folder, name = os.path.split(target)
    temporary, file = _create_temporary(folder, name)
    try:
        with file:
            if old_mode is not None and hasattr(os, "fchmod"):
                with contextlib.suppress(PermissionError):  # file systems without permission bits
                    os.fchmod(file.fileno(), old_mode)
            _write_content(file, chunks_or_writer)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:  # rename while the lock is held, so that no sweep comes between
                os.replace(temporary, target)
        if fcntl is None:  # Windows renames closed files only
            os.replace(temporary, target)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _create_temporary(folder: str, name: str) -> tuple[str, BinaryIO]:
    """Create and lock a new file beside the target; returns its path and the open file."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    while True:
        temporary = os.path.join(folder, f"{_temporary_prefix(name)}{secrets.token_hex(8)}.tmp")
        file = os.fdopen(os.open(temporary, flags, 0o666), "w+b")  # 0o666 less the umask, as open() does
        if fcntl is None:
            return temporary, file
        with contextlib.suppress(OSError):  # no locks on this file system: sweeps leave such files alone
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        if os.path.exists(temporary):
            return temporary, file
        file.close()  # another process swept it between creation and lock: take a fresh one


def _write_content(file: BinaryIO, chunks_or_writer: Iterable[bytes] | Writer) -> None:
    if callable(chunks_or_writer):
        chunks_or_writer(file)
        return
    for chunk in chunks_or_writer:
        file.write(chunk)


def _remove_if_abandoned(stray: str) -> bool:
    try:
        if fcntl is None:
            if time.time() - os.stat(stray).st_mtime > _STRAY_AGE_WITHOUT_LOCKS:
                os.unlink(stray)
                return True
            return False
        # non-blocking and without links: a pipe or a link of this name must neither hang us nor lead elsewhere
        descriptor = os.open(stray, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(stray)
        finally:
            os.close(descriptor)
    except OSError:  # locked by its living writer, already gone, or not ours to remove
        return False
    return True


def _fsync_folder(target: str) -> None:
    """Make the rename itself durable; Windows and some file systems have no such call."""
    if os.name == "nt":
        return
    try:
        descriptor = os.open(os.path.dirname(target), os.O_RDONLY)
    except PermissionError:  # a folder that can be written but not listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_SUPPORTED:
            reason = f"saved, but the folder could not be flushed to the disk: {error.strerror}"
            raise OSError(error.errno, reason, target) from error
    finally:
        os.close(descriptor)


def _explained(error: OSError, target: str) -> OSError:
    """Return the same kind of error with the target's name, the free space and the state of the old file."""
    import shutil  # slow to import, needed on failure only

    folder = os.path.dirname(target)
    try:
        space = f"{shutil.disk_usage(folder).free / 1e6:,.1f} MB free in its folder"
    except OSError:
        space = "its folder cannot be read: make it first"
    reason = error.strerror or str(error)
    intact = "; the file that was there is intact" if os.path.exists(target) else ""
    return OSError(error.errno or errno.EIO, f"cannot save: {reason} ({space}{intact})", target)
