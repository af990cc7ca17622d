"""A named array that outlives a step: weights, statistics, optimizer slots."""

from collections.abc import Callable

import numpy as np


class Variable:
    """An array that programs read and update in place.

    regularizer : the penalty that the loss grows by (fastcnn.regularizers), or None.
    constraint : what its values are brought back to after each update (fastcnn.constraints), or None.
    value : the array itself; programs are bound to it, so it is written into and never replaced. Who writes into it
        by other means than `assign` calls `changed` afterwards.

    Attributes:
        changes: how often any variable has changed, for those who keep what they made of variables.
    """

    changes = 0

    regularizer: Callable | None = None
    constraint: Callable | None = None

    def __init__(self, value: np.ndarray, name: str = "variable", trainable: bool = True):
        self.value = value
        self.name = name
        self.trainable = trainable

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the array."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self.value.dtype

    def numpy(self) -> np.ndarray:
        """A copy of the array."""
        return self.value.copy()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        if copy or dtype:
            return np.array(self.value, dtype=dtype)
        view = self.value.view()
        view.flags.writeable = False  # a change that nobody is told of would leave packed weights behind
        return view

    @classmethod
    def changed(cls) -> None:
        """Tells those who keep something made of variables that some have changed."""
        cls.changes += 1

    def assign(self, value: np.ndarray | float) -> None:
        """Writes `value` into the array.

        Raises:
            ValueError: when its shape differs.
        """
        array = _plain(value)
        if array.shape != self.shape:
            raise ValueError(f"{self.name}: expected an array of shape {self.shape}. Received: {array.shape}")
        self.value[...] = array
        self.changed()

    def assign_add(self, value: np.ndarray | float) -> None:
        """Adds `value`, broadcast, to the array."""
        self.assign(self.value + _plain(value))

    def assign_sub(self, value: np.ndarray | float) -> None:
        """Subtracts `value`, broadcast, from the array."""
        self.assign(self.value - _plain(value))

    def __repr__(self) -> str:
        return f"<Variable {self.name}, shape={self.shape}, dtype={self.dtype}, trainable={self.trainable}>"


def _plain(value: object) -> np.ndarray:
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)  # traced values give no array
