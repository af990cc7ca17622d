"""From a name, configuration or function to an initializer."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from fastcnn.initializers import base, drawn
from fastcnn.initializers.base import Initializer

_CLASSES = (
    *(base.Zeros, base.Ones, base.Constant, base.Identity),
    *(drawn.RandomNormal, drawn.RandomUniform, drawn.TruncatedNormal, drawn.VarianceScaling, drawn.Orthogonal),
    *(drawn.GlorotNormal, drawn.GlorotUniform, drawn.HeNormal, drawn.HeUniform, drawn.LecunNormal, drawn.LecunUniform),
)
# Keras's second spellings of some names.
_ALIASES = {
    "one": base.Ones,
    "zero": base.Zeros,
    "normal": drawn.RandomNormal,
    "uniform": drawn.RandomUniform,
    "IdentityInitializer": base.Identity,
    "OrthogonalInitializer": drawn.Orthogonal,
}


def get(identifier: Any) -> Initializer | None:
    """Return the initializer for a name, configuration, array, class, instance or function; None for None.

    Names are Keras's, as class or in snake case ("GlorotUniform", "glorot_uniform"); a configuration is
    ``{"class_name": ..., "config": {...}}``; a function takes (shape) or (shape, dtype).
    Raises ValueError for unknown names, TypeError for anything else.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        return _by_name(identifier.get("class_name")).from_config(identifier.get("config") or {})
    if isinstance(identifier, str):
        return _by_name(identifier)()
    if isinstance(identifier, np.ndarray):
        return _FromCallable(lambda shape: identifier)
    if inspect.isclass(identifier) and issubclass(identifier, Initializer):
        identifier = identifier()
    if isinstance(identifier, Initializer) and _accepts(identifier.__call__, "rng"):
        return identifier
    if callable(identifier):
        return _FromCallable(identifier)
    raise TypeError(
        f"initializer: expected a name, an Initializer or a function of (shape, dtype). Received: {identifier!r}"
    )


def serialize(initializer: Initializer) -> dict[str, Any]:
    """Return the configuration from which ``get`` builds the same initializer."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


def _by_name(name: Any) -> type[Initializer]:
    known = {_snake_case(cls.__name__): cls for cls in _CLASSES} | {cls.__name__: cls for cls in _CLASSES} | _ALIASES
    if name not in known:
        raise ValueError(f"initializer: unknown name. Received: {name!r}. Known: {', '.join(sorted(known))}")
    return known[name]


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


class _FromCallable(Initializer):
    """A user's function of (shape) or (shape, dtype)."""

    def __init__(self, function: Callable):
        self.function = function

    def __call__(self, shape, dtype="float32", rng=None):
        arguments = {"dtype": dtype} if _accepts(self.function, "dtype") else {}
        values = np.asarray(self.function(tuple(shape), **arguments), dtype)
        if values.shape != tuple(shape):
            name = getattr(self.function, "__name__", type(self.function).__name__)
            raise ValueError(f"initializer {name}: expected an array of shape {tuple(shape)}. Received: {values.shape}")
        return values


def _accepts(function: Callable, argument: str) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == argument or p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
