"""From data sets in a file to a model's variables: compared first, read then, written last."""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.saving.h5 import Dataset
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.native import MAX_PARAMS

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Stored:
    """An array in a file. `axes`, `flipped`, `taken`: what makes a kernel of an earlier Keras into today's.

    axes : order of the stored axes, as np.transpose takes it. flipped : axes of the result that run backwards.
    taken : axes of the result, of length 1, that are dropped.
    """

    dataset: Dataset
    axes: tuple[int, ...] | None = None
    flipped: tuple[int, ...] = ()
    taken: tuple[int, ...] = ()

    @property
    def shape(self) -> Shape:
        """Axes of what `read` returns."""
        shape = self.dataset.shape if self.axes is None else tuple(self.dataset.shape[axis] for axis in self.axes)
        return tuple(size for axis, size in enumerate(shape) if axis not in self.taken)

    def read(self, dtype: object) -> np.ndarray:
        """The array as it is today, contiguous."""
        array = self.dataset.read(dtype)
        array = array if self.axes is None else array.transpose(self.axes)
        return np.asarray(np.flip(array, self.flipped).squeeze(self.taken), order="C")


class Loading:
    """Collects which stored array goes into which variable, then reads all and writes all.

    skip_mismatch : leave out, with a warning, layers whose weights do not fit; else they are an error.
    """

    def __init__(self, path: str | os.PathLike, skip_mismatch: bool = False):
        self.path, self.skip_mismatch = path, skip_mismatch
        self._found: list[tuple[Variable, Stored]] = []

    def add(self, what: str, variables: Sequence[Variable], stored: Sequence[Stored]) -> None:
        """Notes the arrays of a layer.

        Raises:
            ModelFileError: when number or shapes differ, without skip_mismatch.
        """
        wanted, received = [v.shape for v in variables], [s.shape for s in stored]
        if wanted != received:
            self.mismatch(f"{what} has weights of shapes {wanted}. The file has {received}")
            return
        self._found.extend(zip(variables, stored, strict=True))

    def mismatch(self, reason: str) -> None:
        """Says what does not fit."""
        if not self.skip_mismatch:
            raise ModelFileError(self.path, f"{reason}; with skip_mismatch=True such layers are left as they are")
        warnings.warn(f"{os.fspath(self.path)}: left as it was: {reason}", stacklevel=2)

    def finish(self) -> None:
        """Reads all arrays, then writes them: an error leaves the model as it was."""
        total = sum(variable.value.size for variable, _ in self._found)
        if total > MAX_PARAMS:
            raise ModelFileError(self.path, f"its model has {total:,} weights, allowed are {MAX_PARAMS:,}")
        arrays = [stored.read(variable.dtype) for variable, stored in self._found]
        for (variable, _), array in zip(self._found, arrays, strict=True):
            place(variable, array)


def place(variable: Variable, array: np.ndarray) -> None:
    """Makes an array the variable's value: as its memory where it has none of its own yet."""
    if variable.value.flags.writeable:
        variable.assign(array)
    else:
        variable.value = array
