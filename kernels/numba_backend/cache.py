"""Numba's on-disk cache, kept where nobody else can plant a file: Numba's entries are pickles, and pickles run code.

The directory must belong to this user and be closed to others, or there is no cache, and one warning says so. Every
file carries a checksum; a damaged or foreign one is deleted and compiled again.
"""

import hashlib
import os
import pickle
import stat
import sys
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, NullCache, _CacheLocator

DIGEST = 32  # bytes of SHA-256


def base_directory() -> Path:
    """FASTCNN_CACHE_DIR, else fastcnn/ in the user's cache directory."""
    if chosen := os.environ.get("FASTCNN_CACHE_DIR"):
        return Path(chosen)
    root = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    return Path(root or Path.home() / ".cache") / "fastcnn"


def _check_owned(folder: Path, forbidden: int) -> None:
    """Raises OSError unless `folder` is a real directory of this user without the `forbidden` permissions."""
    if not hasattr(os, "getuid"):
        return
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(f"{folder} is not a directory")
    if found.st_uid != os.getuid():
        raise OSError(f"{folder} belongs to another user")
    if found.st_mode & forbidden:
        raise OSError(f"{folder} is open to other users (mode {stat.S_IMODE(found.st_mode):o})")


@cache
def directory() -> Path | None:
    """The cache's directory, made and checked once a process; None, after one warning, when there is no safe one."""
    try:
        base = base_directory()
        folder = base / f"numba-{numba.__version__}"
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_owned(base, stat.S_IWGRP | stat.S_IWOTH)
        folder.mkdir(exist_ok=True, mode=0o700)
        _check_owned(folder, stat.S_IRWXG | stat.S_IRWXO)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except (OSError, RuntimeError) as error:
        warnings.warn(
            f"fastcnn compiles its Numba kernels afresh in every process, because there is no safe place to keep "
            f"them: {error}. Set FASTCNN_CACHE_DIR to a directory that only you can write.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return folder


@cache
def _source_stamp() -> str:
    """Hash of the whole folder's source, since compiled code contains functions of other files."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


class _Locator(_CacheLocator):
    """Names the one directory; the file name and line tell functions apart."""

    def __init__(self, function):
        self._line = function.__code__.co_firstlineno
        place = hashlib.sha256(str(Path(__file__).parent).encode()).hexdigest()[:8]
        self._disambiguator = f"{self._line}-{place}"

    def get_cache_path(self):
        return str(directory())

    def get_source_stamp(self):
        return _source_stamp()

    def get_disambiguator(self):
        return self._disambiguator

    def ensure_cache_path(self):
        """Nothing to do: `directory` has made it."""


class _Entries(CompileResultCacheImpl):
    def __init__(self, function):
        self._lineno = function.__code__.co_firstlineno
        self._locator = _Locator(function)
        name = f"{Path(function.__code__.co_filename).stem}.{function.__qualname__}"
        self._filename_base = self.get_filename_base(name, "")


class _SealedFile(IndexDataCacheFile):
    """Index and data files that begin with the SHA-256 of the rest, checked before anything is unpickled."""

    def _read(self, path: str) -> bytes:
        content = Path(path).read_bytes()
        seal, body = content[:DIGEST], content[DIGEST:]
        if hashlib.sha256(body).digest() != seal:
            raise ValueError(f"{path} is damaged")
        return body

    def _write(self, path: str, body: bytes) -> None:
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(body).digest() + body)

    def _load_index(self):
        try:
            stamp, overloads = pickle.loads(self._read(self._index_path))  # noqa: S301 - directory is ours alone
        except FileNotFoundError:
            return {}
        except Exception:  # whatever a damaged pickle raises
            self._forget(self._index_path)
            return {}
        return overloads if stamp == self._source_stamp else {}

    def _save_index(self, overloads):
        self._write(self._index_path, self._dump((self._source_stamp, overloads)))

    def _load_data(self, name):
        path = self._data_path(name)
        try:
            return pickle.loads(self._read(path))  # noqa: S301 - directory is ours alone
        except FileNotFoundError:
            raise
        except Exception as error:  # whatever a damaged pickle raises
            self._forget(path)
            raise OSError(f"{path} is damaged") from error  # the caller then compiles again

    def _save_data(self, name, data):
        self._write(self._data_path(name), self._dump(data))

    def _forget(self, path: str) -> None:
        with suppress(OSError):
            os.unlink(path)


class _Note:
    """One line on standard error once compiling has taken a while, so that a first run does not seem to hang.

    Numba compiles one function at a time, and inside of it those that it calls: only the outermost are timed.
    """

    AFTER = 1.0  # seconds

    def __init__(self):
        self.said, self.depth, self.begun, self.spent = False, 0, 0.0, 0.0

    def compilation_begins(self) -> None:
        """Says what is going on, if it has gone on for long."""
        now = time.perf_counter()
        if self.depth == 0:
            self.begun = now
        self.depth += 1
        if not self.said and self.spent + now - self.begun > self.AFTER:
            self.said = True
            line = f"fastcnn: compiling Numba kernels for this machine, once; kept in {directory()}"
            print(line, file=sys.stderr, flush=True)

    def compilation_ends(self) -> None:
        """Adds up."""
        self.depth = max(self.depth - 1, 0)
        if self.depth == 0:
            self.spent += time.perf_counter() - self.begun


_note = _Note()


class _OwnedCache(FunctionCache):
    """Numba's function cache in our directory; one that cannot be written or read only costs the compilation."""

    _impl_class = _Entries

    def __init__(self, function):
        super().__init__(function)
        file = self._cache_file
        self._cache_file = _SealedFile(file._cache_path, self._impl.filename_base, file._source_stamp)

    def load_overload(self, sig, target_context):
        found = None
        with suppress(OSError):
            found = super().load_overload(sig, target_context)
        if found is None:
            _note.compilation_begins()
        return found

    def save_overload(self, sig, data):
        _note.compilation_ends()
        with suppress(OSError):  # a full or vanished disk
            super().save_overload(sig, data)


def compiled(function):
    """`numba.njit` that releases the interpreter's lock, follows IEEE arithmetic and keeps its result on disk."""
    dispatcher = numba.njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = NullCache() if directory() is None else _OwnedCache(dispatcher.py_func)
    return dispatcher
