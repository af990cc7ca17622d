"""Numbers of an optimizer as scripts know them: numbers that also have numpy() and assign(), as Keras's variables."""

from collections.abc import Callable

import numpy as np


class Rate(float):
    """A learning rate; assign() changes the optimizer's."""

    def __new__(cls, value: float, assign: Callable[[float], None]) -> "Rate":
        made = super().__new__(cls, value)
        made._assign = assign
        return made

    def assign(self, value: float) -> None:
        """Sets the optimizer's learning rate."""
        self._assign(value)

    def numpy(self) -> np.float32:
        """The rate as NumPy's number."""
        return np.float32(self)


class Count(int):
    """A number of steps; assign() changes the optimizer's."""

    def __new__(cls, value: int, assign: Callable[[int], None]) -> "Count":
        made = super().__new__(cls, value)
        made._assign = assign
        return made

    def assign(self, value: int) -> None:
        """Sets the optimizer's number of steps."""
        self._assign(value)

    def numpy(self) -> np.int64:
        """The number as NumPy's."""
        return np.int64(self)
