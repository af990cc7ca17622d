"""Functions that can be called on symbolic tensors too: they become a layer that calls them when there are values."""

from collections.abc import Callable, Iterator
from functools import wraps

import numpy as np


class Deferred:
    """What stands for values that come later. A subclass says what becomes of a call."""

    def defer(self, function: str, args: tuple, kwargs: dict) -> "Deferred":
        """The result of `fastcnn.ops.<function>(*args, **kwargs)`, one of whose arguments is deferred."""
        raise NotImplementedError


def deferring(function: Callable) -> Callable:
    """The function; with a deferred argument (or one in a list) it is deferred itself."""

    @wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        for value in _flat((*args, *kwargs.values())):
            if isinstance(value, Deferred):
                return value.defer(function.__name__, args, kwargs)
        return function(*args, **kwargs)

    return call


def _flat(values: tuple) -> Iterator[object]:
    for value in values:
        if isinstance(value, (list, tuple)) and not isinstance(value, np.ndarray):
            yield from value
        else:
            yield value
