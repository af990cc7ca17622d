"""Arrays as layers, models and datasets give them."""

import numpy as np


class Array(np.ndarray):
    """An array that also has `numpy()`, as what scripts of Keras print and plot does."""

    def numpy(self) -> np.ndarray:
        """The values as a plain array."""
        return np.asarray(self)

    def __getitem__(self, index: object) -> "Array":
        found = super().__getitem__(index)
        return found if isinstance(found, np.ndarray) else np.asarray(found).view(Array)  # a number has numpy() too


def with_numpy(element: object) -> object:
    """An array, or a tuple, list or dict of arrays, as Arrays."""
    if isinstance(element, (tuple, list)):
        return type(element)(with_numpy(part) for part in element)
    if isinstance(element, dict):
        return {name: with_numpy(part) for name, part in element.items()}
    return np.asarray(element).view(Array)
