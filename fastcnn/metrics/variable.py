"""The running values of a metric."""

from typing import Any

import numpy as np


class MetricVariable(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that a metric accumulates in; in calculations and NumPy functions it stands for its value.

    value : the array, or one NumPy number; replaced by every assignment.
    """

    def __init__(self, value: np.ndarray, name: str):
        self.value, self.name = value, name

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the array."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self.value.dtype

    def assign(self, value: Any) -> None:
        """Set the value; one number fills the whole array. Raises ValueError for another shape."""
        array = np.asarray(value, self.dtype)
        if array.shape not in (self.shape, ()):
            raise ValueError(f"{self.name}: expected an array of shape {self.shape}. Received: {array.shape}")
        self.value = np.array(np.broadcast_to(array, self.shape))

    def assign_add(self, value: Any) -> None:
        """Add to the value."""
        self.assign(self.value + np.asarray(value))

    def assign_sub(self, value: Any) -> None:
        """Subtract from the value."""
        self.assign(self.value - np.asarray(value))

    def numpy(self) -> np.ndarray:
        """Return a copy of the array."""
        return np.array(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [value.value if isinstance(value, MetricVariable) else value for value in inputs]
        return getattr(ufunc, method)(*plain, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"<MetricVariable {self.name}, value={self.value}>"
