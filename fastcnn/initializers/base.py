"""The base class of the initializers, and those that draw no random numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np


class Initializer:
    """Base class; a subclass implements ``__call__`` and names its constructor arguments in ``config_names``."""

    config_names: tuple[str, ...] = ()

    def __call__(
        self, shape: Sequence[int], dtype: Any = "float32", rng: np.random.Generator | None = None
    ) -> np.ndarray:
        """Return a new array of ``shape`` and ``dtype``; ``rng`` serves initializers that have no seed of their own."""
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(shape, dtype, rng).")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in self.config_names}

    def clone(self) -> "Initializer":
        """Return another initializer with the same arguments."""
        return type(self).from_config(self.get_config())

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        """Build the initializer that ``get_config`` described."""
        return cls(**config)


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape, dtype="float32", rng=None):
        return np.zeros(shape, dtype)


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape, dtype="float32", rng=None):
        return np.ones(shape, dtype)


class Constant(Initializer):
    """One value everywhere; ``value`` may also be an array that broadcasts to the shape."""

    config_names = ("value",)

    def __init__(self, value: float = 0.0):
        self.value = value

    def __call__(self, shape, dtype="float32", rng=None):
        return np.full(shape, self.value, dtype)

    def get_config(self):
        return {"value": np.asarray(self.value).tolist()}


class Identity(Initializer):
    """``gain`` on the diagonal, zeros elsewhere. Raises ValueError unless the shape has two axes."""

    config_names = ("gain",)

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def __call__(self, shape, dtype="float32", rng=None):
        if len(shape) != 2:
            raise ValueError(f"Identity: the shape must have two axes. Received: shape={tuple(shape)}")
        return (self.gain * np.eye(*shape)).astype(dtype)
