"""Which kernels compute: one default for the process, changed by one call, overridden per model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from fastcnn.kernels import backends
from fastcnn.kernels.backends import Backend, BackendUnavailableError

_default: str | None = None


def available_backends() -> dict[str, str | None]:
    """Every backend's name -> None if it can run here, else the reason why not."""
    return backends.available()


def get_backend(name: str | None = None) -> Backend:
    """The backend called `name`; None means the current default.

    Raises:
        ValueError: for an unknown name.
        BackendUnavailableError: when it cannot run here; the message says why and which ones can.
    """
    if name is None:
        name = default_backend()
    try:
        return backends.load(name)
    except BackendUnavailableError as error:
        usable = [n for n, reason in backends.available().items() if reason is None]
        raise BackendUnavailableError(f"{error}. Available: {', '.join(usable)}") from error


def set_backend(name: str) -> None:
    """Makes `name` ("cython", "numba", "numpy" or "auto") the default of models without a backend of their own.

    Raises:
        ValueError, BackendUnavailableError: as get_backend; the default stays as it was.
    """
    global _default
    _default = _auto() if name == "auto" else get_backend(name).name


def default_backend() -> str:
    """Name of the current default: set_backend, else FASTCNN_BACKEND, else the fastest that needs no warm-up."""
    global _default
    if _default is None:
        set_backend(os.environ.get("FASTCNN_BACKEND") or "auto")
    return _default


@contextmanager
def use_backend(name: str) -> Iterator[Backend]:
    """Makes `name` the default inside a `with` block."""
    global _default
    before = default_backend()
    set_backend(name)
    try:
        yield get_backend(_default)
    finally:
        _default = before


def _auto() -> str:
    """The first backend in the order of preference that loads; later ones are not even imported."""
    for name in backends.names():
        try:
            return backends.load(name).name
        except BackendUnavailableError:
            continue
    raise BackendUnavailableError("no backend can run here, not even numpy: the installation is damaged")
