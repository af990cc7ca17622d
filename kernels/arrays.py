"""How the contract describes one array of a kernel: direction, rank, type. Used as a parameter annotation."""

from dataclasses import dataclass, replace
from math import prod

import numpy as np

REAL = (np.dtype("float32"), np.dtype("float64"))
TYPES = {
    "real": REAL,  # the same type for every "real" array of one call
    "index": (np.dtype("uint8"), np.dtype("int32")),
    "pixel": (np.dtype("uint8"), np.dtype("float32")),
    "float32": (np.dtype("float32"),),
    "float64": (np.dtype("float64"),),
    "int32": (np.dtype("int32"),),
    "uint32": (np.dtype("uint32"),),
}


@dataclass(frozen=True)
class Array:
    """One array argument.

    direction : "in" is only read; "out" is fully overwritten; "update" is read and written in place;
        "work" is scratch memory, its contents mean nothing before or after.
    rank : the kernel sees exactly this many axes. C-contiguous arrays of other ranks are viewed so:
        rank 1 as (L,), rank 2 as (M, C) with the last axis kept; ranks 3 and 4 must come as they are.
    may_alias : name of an input that may be the very same array as this output.
    """

    direction: str
    rank: int
    dtype: str = "real"
    optional: bool = False
    may_alias: str | None = None

    def or_none(self) -> "Array":
        """The same array, but None is accepted."""
        return replace(self, optional=True)

    def canonical_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape a kernel sees for an array of `shape`."""
        if self.rank == 1:
            return (prod(shape),)
        if self.rank == 2:
            return (prod(shape[:-1]), shape[-1])
        return tuple(shape)

    def canonical(self, array: np.ndarray) -> np.ndarray:
        """A view of `array` with this rank; never a copy."""
        return array if array.ndim == self.rank else array.reshape(self.canonical_shape(array.shape))


def In(rank: int, dtype: str = "real") -> Array:
    """An array that is only read."""
    return Array("in", rank, dtype)


def Out(rank: int, dtype: str = "real", may_alias: str | None = None) -> Array:
    """An array that is fully overwritten."""
    return Array("out", rank, dtype, may_alias=may_alias)


def Update(rank: int) -> Array:
    """An array that is read and written in place."""
    return Array("update", rank)


WORK = Array("work", 1, optional=True)


def check_array(kernel: str, name: str, spec: Array, array: object) -> None:
    """Raises unless `array` is an aligned C-contiguous array of the right rank and type.

    Raises:
        TypeError: not an array, or of another dtype than the contract's.
        ValueError: wrong rank, not contiguous, empty, or read-only where it must be written.
    """
    if array is None and spec.optional:
        return
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{kernel}: {name} must be a NumPy array. Received: {type(array).__name__}")
    if array.dtype not in TYPES[spec.dtype]:
        expected = " or ".join(str(t) for t in TYPES[spec.dtype])
        raise TypeError(f"{kernel}: {name} must be {expected}. Received: {array.dtype}")
    if not (array.flags.c_contiguous and array.flags.aligned):
        raise ValueError(f"{kernel}: {name} must be C-contiguous. Received strides {array.strides}")
    if spec.direction != "in" and not array.flags.writeable:
        raise ValueError(f"{kernel}: {name} is written to, so it must not be read-only")
    if spec.direction != "work" and array.size == 0:
        raise ValueError(f"{kernel}: {name} must not be empty. Received shape {array.shape}")
    if (spec.rank > 2 and array.ndim != spec.rank) or (array.ndim == 0 and spec.rank > 0):
        raise ValueError(f"{kernel}: {name} must have {spec.rank} axes. Received shape {array.shape}")
