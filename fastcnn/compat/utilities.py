"""Utilities of Keras 1 and 2 that Keras 3 does not have."""

from collections.abc import Callable

import numpy as np

from fastcnn.compat.notes import note


def print_summary(
    model: object, line_length: int | None = None, positions: object = None, print_fn: object = None
) -> None:
    """The same as model.summary(...)."""
    note(["print_summary()"], "model.summary()")
    model.summary(line_length=line_length, print_fn=print_fn, **({} if positions is None else {"positions": positions}))


def multi_gpu_model(model: object, gpus: object = None, **options: object) -> object:
    """The model itself: it computes on all cores of the processor."""
    note(["multi_gpu_model()"], "model: all cores compute without it")
    return model


class HDF5Matrix:
    """A data set of an HDF5 file in place of an array: `model.fit(HDF5Matrix("data.h5", "x"), ...)`.

    Rows from `start` up to `end` are read when they are first needed; normalizer changes what is handed out.

    Raises:
        ValueError: for a damaged file, or a name that it does not hold.
    """

    def __init__(
        self, datapath: str, dataset: str, start: int = 0, end: int | None = None, normalizer: Callable | None = None
    ):
        self.datapath, self.dataset, self.normalizer = datapath, dataset, normalizer
        self.start, self.end = start, end
        self._rows: np.ndarray | None = None

    def __array__(self, dtype: object = None, copy: bool | None = None) -> np.ndarray:
        rows = self[:]
        return rows if dtype is None else rows.astype(dtype)

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, key: object) -> np.ndarray:
        found = self._read()[key]
        return found if self.normalizer is None else self.normalizer(found)

    def _read(self) -> np.ndarray:
        if self._rows is None:
            from fastcnn.saving.h5 import open_h5

            with open(self.datapath, "rb") as file, open_h5(file, self.datapath) as group:
                self._rows = group.dataset(self.dataset).read()[self.start : self.end]
        return self._rows

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and what each holds."""
        return self._read().shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._read().ndim

    @property
    def dtype(self) -> np.dtype:
        """Of the values, before the normalizer."""
        return self._read().dtype
