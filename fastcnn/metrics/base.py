"""The metric interface."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn import initializers
from fastcnn.compat.metrics import OldMetricMethods
from fastcnn.metrics.variable import MetricVariable


class Metric(OldMetricMethods):
    """Base class: a value accumulated over batches.

    A metric of one's own makes its running values in ``__init__`` by ``add_variable`` and implements
    ``update_state(y_true, y_pred, sample_weight=None)`` and ``result()``, which returns a number, an array or a dict of
    them; ``reset_state`` sets all variables to zero.

    ``name`` is the key in logs and history; the default is the class name in snake_case. ``direction`` is "max" or
    "min", the side on which the metric is better, or None where that is unknown; ``mode="auto"`` of callbacks reads it.
    """

    direction: str | None = None

    def __init__(self, name: str | None = None, dtype: Any = None):
        self.name = snake_case(type(self).__name__) if name is None else name
        self.dtype = "float32" if dtype is None else dtype
        self._variables: list[MetricVariable] = []

    def add_variable(
        self,
        shape: Sequence[int] = (),
        initializer: Any = None,
        dtype: Any = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> MetricVariable:
        """Return a new running value of ``shape``, which ``reset_state`` will set to zero.

        ``initializer`` gives its first value, zeros by default; ``dtype`` defaults to float64, in which long sums stay
        exact. ``aggregation`` (over devices) is accepted and means nothing here.
        """
        if not hasattr(self, "_variables"):
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__() before it adds variables")
        drawn = initializers.get(initializer or "zeros")(tuple(shape), dtype="float32", rng=np.random.default_rng(0))
        kind = np.dtype("int64" if dtype == "int" else dtype or np.float64)
        variable = MetricVariable(np.array(drawn, kind), name or f"variable_{len(self._variables)}")
        self._variables.append(variable)
        return variable

    def add_weight(
        self, shape: Sequence[int] = (), initializer: Any = None, dtype: Any = None, name: str | None = None
    ) -> MetricVariable:
        """The same as ``add_variable``."""
        return self.add_variable(shape, initializer, dtype, name=name)

    @property
    def variables(self) -> list[MetricVariable]:
        """The running values, those of metrics that are attributes of this one included."""
        inner = [value for value in vars(self).values() if isinstance(value, Metric)]
        return [*self._variables, *(variable for metric in inner for variable in metric.variables)]

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Add one batch."""
        raise NotImplementedError(f"{type(self).__name__} must implement update_state(y_true, y_pred, sample_weight).")

    def result(self) -> Any:
        """Return the value over the batches since the last reset."""
        raise NotImplementedError(f"{type(self).__name__} must implement result().")

    def reset_state(self) -> None:
        """Forget all batches."""
        for variable in self.variables:
            variable.assign(0)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Metric":
        """Build the metric that ``get_config`` described."""
        return cls(**config)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Add one batch and return the value so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def snake_case(name: str) -> str:
    """Return a class name as Keras writes it in logs: MeanIoU is mean_io_u."""
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def divide(numerator: Any, denominator: Any) -> np.ndarray:
    """Return the quotient, 0 where the denominator is 0; both are arrays or numbers."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    quotient = np.zeros(np.broadcast_shapes(numerator.shape, denominator.shape))
    return np.divide(numerator, denominator, out=quotient, where=denominator != 0)


def align(y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both as arrays; where one is (N,) and the other (N,) or (N, 1), both become (N, 1).

    Without this, NumPy would broadcast (N,) against (N, 1) to (N, N) in a user's function, silently.
    """
    y_true, y_pred = np.atleast_1d(np.asarray(y_true)), np.atleast_1d(np.asarray(y_pred))
    if y_pred.ndim == 1:
        y_pred = y_pred[:, np.newaxis]
    if y_true.ndim == 1 and y_pred.shape[1:] == (1,):
        y_true = y_true[:, np.newaxis]
    return y_true, y_pred


def same_shape(name: str, y_true: Any, y_pred: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return both aligned. Raises ValueError, with ``name`` in the message, if their shapes differ then."""
    y_true, y_pred = align(y_true, y_pred)
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., np.newaxis]
    if y_true.shape != y_pred.shape:
        shapes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
        raise ValueError(f"{name}: expected labels and predictions of one shape. Received: {shapes}")
    return y_true, y_pred
