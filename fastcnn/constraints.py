"""Constraints: what weights are brought back to after each update of theirs.

A constraint is an instance, a name ("non_neg"), or a function of the user's own from an array of weights to another.
"""

from collections.abc import Callable, Sequence

import numpy as np

from fastcnn import identifiers
from fastcnn.compat.calls import accepts_old_names
from fastcnn.compat.names import older_names

EPSILON = 1e-7  # Keras's epsilon(); it keeps vectors of zeros what they are


class Constraint:
    """Base class: `__call__(w)` gives the weights that take the place of w."""

    def __call__(self, w: np.ndarray) -> np.ndarray:
        """The constrained weights, of w's shape."""
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(w)")

    def get_config(self) -> dict:
        """Arguments that rebuild this constraint."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Constraint":
        """The constraint that get_config described."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class NonNeg(Constraint):
    """Negative weights become 0."""

    def __call__(self, w: np.ndarray) -> np.ndarray:
        return np.maximum(np.asarray(w), 0)


class MinMaxNorm(Constraint):
    """Vectors of weights get a norm between min_value and max_value.

    rate : 1 for at once, less for a share of the way at each step.
    axis : the axes of a vector: 0 for the weights of a unit of Dense, [0, 1, 2] for those of a filter of Conv2D.
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] = 0
    ):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        norms = _norms(w, self.axis)
        desired = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (desired / (EPSILON + norms))

    def get_config(self) -> dict:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


class MaxNorm(MinMaxNorm):
    """Vectors of weights get a norm of at most max_value; axis as in MinMaxNorm. Source: Srivastava et al. 2014."""

    @accepts_old_names
    def __init__(self, max_value: float = 2, axis: int | Sequence[int] = 0):
        super().__init__(0.0, max_value, 1.0, axis)

    def get_config(self) -> dict:
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Vectors of weights get the norm 1; axis as in MinMaxNorm."""

    def __init__(self, axis: int | Sequence[int] = 0):
        self.axis = axis

    def __call__(self, w: np.ndarray) -> np.ndarray:
        w = np.asarray(w)
        return w / (EPSILON + _norms(w, self.axis))

    def get_config(self) -> dict:
        return {"axis": self.axis}


def _norms(w: np.ndarray, axis: int | Sequence[int]) -> np.ndarray:
    return np.sqrt(np.square(w).sum(axis=tuple(axis) if isinstance(axis, (list, tuple)) else axis, keepdims=True))


_NAMES = {cls.__name__: cls for cls in (MaxNorm, MinMaxNorm, NonNeg, UnitNorm)}
_NAMES |= {"max_norm": MaxNorm, "min_max_norm": MinMaxNorm, "non_neg": NonNeg, "unit_norm": UnitNorm}


def get(identifier: object) -> Callable | None:
    """The constraint of a name, class, {"class_name": ..., "config": ...}, or function; instances and None pass.

    Raises:
        ValueError: for what is none of these; the message lists the names that are known.
    """
    return identifiers.look_up("constraint", _NAMES, identifier)


def serialize(constraint: Callable) -> dict | str:
    """{"class_name": ..., "config": ...} of a constraint, or a function's name."""
    return identifiers.description(constraint)


def deserialize(config: dict | str, custom_objects: dict | None = None) -> Callable:
    """The constraint that serialize described.

    Raises:
        ValueError: for a name that neither this module nor custom_objects knows.
    """
    return identifiers.from_description("constraint", _NAMES, config, custom_objects)


__getattr__ = older_names("constraints")
