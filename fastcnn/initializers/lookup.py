"""From a name, configuration or function to an initializer."""

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fastcnn.identifiers import description, from_description
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


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


_NAMES = {name: cls for cls in _CLASSES for name in (cls.__name__, _snake_case(cls.__name__))} | _ALIASES


def get(identifier: Any) -> Initializer | None:
    """Return the initializer for a name, configuration, array, class, instance or function; None for None.

    Names are Keras's, as class or in snake case ("GlorotUniform", "glorot_uniform"); a configuration is
    ``{"class_name": ..., "config": {...}}``; a function takes (shape) or (shape, dtype), in Keras 1 (shape, name).
    Raises ValueError for unknown names, TypeError for anything else.
    """
    if identifier is None:
        return None
    if isinstance(identifier, (dict, str)):
        return deserialize(identifier)
    if isinstance(identifier, np.ndarray):
        return _FromCallable(lambda shape: identifier)
    if inspect.isclass(identifier):
        identifier = identifier()
    if isinstance(identifier, Initializer) and "rng" in inspect.signature(identifier.__call__).parameters:
        return identifier
    if callable(identifier):
        return _FromCallable(identifier)
    raise TypeError(
        f"initializer: expected a name, an Initializer or a function of (shape, dtype). Received: {identifier!r}"
    )


def serialize(initializer: Initializer | Callable) -> dict[str, Any] | str:
    """Return the configuration from which ``get`` builds the same initializer; of a function its name."""
    given = initializer.function if isinstance(initializer, _FromCallable) else initializer
    return description(given)


def deserialize(config: dict[str, Any] | str, custom_objects: Mapping[str, Any] | None = None) -> Initializer:
    """Return the initializer of that name or configuration, looking first among ``custom_objects`` (name -> class or
    function). Raises ValueError for a name that is in neither."""
    return get(from_description("initializer", _NAMES, config, custom_objects))


class _FromCallable(Initializer):
    """A user's function of (shape), (shape, dtype) or (shape, name), or an initializer that knows no generator."""

    def __init__(self, function: Callable):
        self.function = function

    def __call__(self, shape, dtype="float32", rng=None):
        arguments = {name: value for name, value in (("dtype", dtype), ("name", None)) if _takes(self.function, name)}
        values = np.asarray(self.function(tuple(shape), **arguments), dtype)
        if values.shape != tuple(shape):
            name = getattr(self.function, "__name__", type(self.function).__name__)
            raise ValueError(f"initializer {name}: expected an array of shape {tuple(shape)}. Received: {values.shape}")
        return values


def _takes(function: Callable, argument: str) -> bool:
    return argument in inspect.signature(function).parameters
