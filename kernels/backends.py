"""Finds and loads backends: the folders `<name>_backend` beside this file are the list, there is no other."""

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from fastcnn.kernels.contract import KERNELS, Kernel

PREFERENCE = ("cython", "numba", "numpy")  # fastest start first; a backend not named here is used only by name


class BackendUnavailableError(RuntimeError):
    """A backend that exists but cannot run on this machine; the message says why."""


class Backend:
    """The kernels of one backend.

    Calling a kernel as an attribute (`backend.dense_forward(x, w, y, None)`) checks the arguments, allocates missing
    work memory and runs it. The engine checks once, when it binds a program, and calls `raw[name]` in the hot loop.
    """

    def __init__(self, name: str):
        self.name = name
        self.raw: dict[str, Callable] = {}
        self._beside: dict[str, dict[str, Callable]] = {}  # what stands beside a kernel: `<kernel>_work` and such
        for kernel in KERNELS.values():
            self._load(kernel)

    def _load(self, kernel: Kernel) -> None:
        path = f"fastcnn.kernels.{self.name}_backend.{kernel.module}"
        if kernel.optional and importlib.util.find_spec(path) is None:
            return
        module = importlib.import_module(path)
        function = getattr(module, kernel.name, None)
        if function is None:
            if kernel.optional:
                return
            raise BackendUnavailableError(f"backend {self.name!r} lacks the kernel {kernel.name!r}")
        self.raw[kernel.name] = function
        found = {suffix: getattr(module, f"{kernel.name}_{suffix}", None) for suffix in ("work", "size", "offered")}
        self._beside[kernel.name] = {suffix: helper for suffix, helper in found.items() if helper is not None}
        setattr(self, kernel.name, self._checked(kernel, function))

    def offers(self, kernel: str, shapes: dict[str, tuple[int, ...]] | None = None, **params: object) -> bool:
        """Whether this backend has the (optional) kernel and, with `shapes`, whether it takes these arguments."""
        if kernel not in self.raw:
            return False
        offered = self._beside[kernel].get("offered")
        return shapes is None or offered is None or offered(shapes, **params)

    def packed_size(self, kernel: str, shape: tuple[int, ...], **params: object) -> int:
        """Elements that weights of `shape` take in the packed form that `kernel` makes."""
        return self._beside[kernel]["size"](shape, **params)

    def work_size(self, kernel: str, shapes: dict[str, tuple[int, ...]], itemsize: int, **params: object) -> int:
        """Elements of scratch memory that a kernel wants for arrays of these canonical shapes."""
        size = self._beside[kernel].get("work")
        return 0 if size is None else size(shapes, itemsize, **params)

    def _checked(self, kernel: Kernel, function: Callable) -> Callable:
        def call(*arrays: np.ndarray | None, **params: object) -> None:
            kernel.check(*arrays, **params)
            views = [
                None if array is None else spec.canonical(array)
                for spec, array in zip(kernel.arrays.values(), arrays, strict=True)
            ]
            function(*self._with_work(kernel, views, params), **params)

        call.__name__, call.__doc__ = kernel.name, kernel.rule.__doc__
        return call

    def _with_work(self, kernel: Kernel, views: list, params: dict) -> list:
        names = list(kernel.arrays)
        if "work" not in names:
            return views
        slot = names.index("work")
        shapes = {name: view.shape for name, view in zip(names, views, strict=True) if view is not None}
        needed = self.work_size(kernel.name, shapes, views[0].itemsize, **params)
        if views[slot] is None:
            views[slot] = np.empty(needed, views[0].dtype)
        elif views[slot].size < needed:
            raise ValueError(f"{kernel.name}: work needs {needed} elements. Received: {views[slot].size}")
        return views


def names() -> list[str]:
    """Names of all backends, installed or not, the preferred ones first."""
    found = {folder.name.removesuffix("_backend") for folder in Path(__file__).parent.glob("*_backend")}
    return [n for n in PREFERENCE if n in found] + sorted(found.difference(PREFERENCE))


@cache
def load(name: str) -> Backend:
    """The backend of that name.

    Raises:
        ValueError: when there is no such backend.
        BackendUnavailableError: when it cannot run here, with the reason.
    """
    if name not in names():
        raise ValueError(f"unknown backend {name!r}. Known: {', '.join(names())}")
    try:
        return Backend(name)
    except (ImportError, AttributeError) as error:  # AttributeError: extensions of an unfinished build
        raise BackendUnavailableError(f"backend {name!r} cannot run here: {error}") from error


def available() -> dict[str, str | None]:
    """Every backend's name -> None if it can run here, else the reason why not."""
    reasons: dict[str, str | None] = {}
    for name in names():
        try:
            load(name)
            reasons[name] = None
        except BackendUnavailableError as error:
            reasons[name] = str(error)
    return reasons
