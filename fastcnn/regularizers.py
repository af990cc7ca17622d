"""Regularizers: penalties on weights or activities that the loss grows by.

A regularizer is an instance, a name ("l2"), or a function of the user's own: `lambda w: 0.01 * ops.sum(ops.abs(w))`,
whose gradient comes from the functions of fastcnn.ops that it uses.
"""

import math
from collections.abc import Callable

from fastcnn import identifiers
from fastcnn.compat.calls import accepts_old_names
from fastcnn.compat.names import older_names


class Regularizer:
    """Base class: `__call__(x)` gives the penalty of an array, written in fastcnn.ops."""

    def __call__(self, x: object) -> object:
        """The penalty of x, a number."""
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(x)")

    def get_config(self) -> dict:
        """Arguments that rebuild this regularizer."""
        return {}

    @classmethod
    def from_config(cls, config: dict) -> "Regularizer":
        """The regularizer that get_config described."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class L1L2(Regularizer):
    """l1 * sum |x| + l2 * sum x ** 2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0):
        self.l1, self.l2 = _factor("L1L2", "l1", l1, 0.0), _factor("L1L2", "l2", l2, 0.0)

    def __call__(self, x: object) -> object:
        from fastcnn import ops

        return self.l1 * ops.sum(ops.abs(x)) + self.l2 * ops.sum(ops.square(x))

    def get_config(self) -> dict:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 * sum |x|."""

    @accepts_old_names
    def __init__(self, l1: float = 0.01):
        super().__init__(l1=_factor("L1", "l1", l1, 0.01))

    def get_config(self) -> dict:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 * sum x ** 2, without a factor 1/2."""

    @accepts_old_names
    def __init__(self, l2: float = 0.01):
        super().__init__(l2=_factor("L2", "l2", l2, 0.01))

    def get_config(self) -> dict:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """factor * the mean |cosine| between different rows (mode "rows") or columns ("columns") of a matrix."""

    def __init__(self, factor: float = 0.01, mode: str = "rows"):
        self.factor = _factor("OrthogonalRegularizer", "factor", factor, 0.01)
        if mode not in ("rows", "columns"):
            raise ValueError(f'OrthogonalRegularizer: mode must be "rows" or "columns". Received: {mode!r}')
        self.mode = mode

    def __call__(self, x: object) -> object:
        from fastcnn import ops

        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer: expected weights of two axes. Received: shape {tuple(x.shape)}")
        vectors = x if self.mode == "rows" else ops.transpose(x)
        count = vectors.shape[0]
        if count < 2:
            raise ValueError(f"OrthogonalRegularizer: expected at least two {self.mode}. Received: {count}")
        norms = ops.sqrt(ops.maximum(ops.sum(ops.square(vectors), axis=1, keepdims=True), 1e-12))
        units = vectors / norms
        cosines = ops.abs(ops.matmul(units, ops.transpose(units)))
        return self.factor * (ops.sum(cosines) - ops.sum(ops.square(units))) / (count * (count - 1))

    def get_config(self) -> dict:
        return {"factor": self.factor, "mode": self.mode}


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """L1L2 with Keras's older defaults, 0.01 each."""
    return L1L2(l1, l2)


_NAMES = {cls.__name__: cls for cls in (L1, L2, L1L2, OrthogonalRegularizer)}
_NAMES |= {"l1": L1, "l2": L2, "l1_l2": l1_l2, "orthogonal_regularizer": OrthogonalRegularizer}


def get(identifier: object) -> Callable | None:
    """The regularizer of a name, class, {"class_name": ..., "config": ...}, or function; instances and None pass.

    Raises:
        ValueError: for what is none of these; the message lists the names that are known.
    """
    return identifiers.look_up("regularizer", _NAMES, identifier)


def serialize(regularizer: Callable) -> dict | str:
    """{"class_name": ..., "config": ...} of a regularizer, or a function's name."""
    return identifiers.description(regularizer)


def deserialize(config: dict | str, custom_objects: dict | None = None) -> Callable:
    """The regularizer that serialize described.

    Raises:
        ValueError: for a name that neither this module nor custom_objects knows.
    """
    return identifiers.from_description("regularizer", _NAMES, config, custom_objects)


def _factor(owner: str, name: str, value: object, otherwise: float) -> float:
    """A factor from 0 up; None is the default."""
    value = otherwise if value is None else value
    number = isinstance(value, (int, float)) or hasattr(value, "item")
    if isinstance(value, bool) or not number or not math.isfinite(value) or value < 0:
        raise ValueError(f"{owner}: {name} must be a number from 0 up. Received: {value!r}")
    return float(value)


__getattr__ = older_names("regularizers")
