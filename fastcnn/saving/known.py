"""Who may come out of a file: the classes of this package by name, what the caller adds as custom_objects, nobody else.

Nothing is imported by a name in a file, no code in a file is run, and no function is called because a file names it.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module

import numpy as np

from fastcnn import activations
from fastcnn.compat import configs as compat
from fastcnn.compat.notes import silent
from fastcnn.custom_objects import known
from fastcnn.saving.objects import parameters_of

# Kind of object -> module whose classes are of that kind, and their base class.
_KINDS = {
    "layers": ("layers", "Layer"),
    "initializers": ("initializers", "Initializer"),
    "regularizers": ("regularizers", "Regularizer"),
    "constraints": ("constraints", "Constraint"),
    "losses": ("losses", "Loss"),
    "metrics": ("metrics", "Metric"),
    "optimizers": ("optimizers", "Optimizer"),
    "schedules": ("optimizers.schedules", "LearningRateSchedule"),
}
_SUFFIXES = {"_initializer": "initializers", "_regularizer": "regularizers", "_constraint": "constraints"}
_KEYS = {"learning_rate": "schedules", "layer": "layers", "cell": "layers", "inner_optimizer": "optimizers"}
_FUNCTIONS = ("losses", "metrics", "activations")
MODELS = ("Sequential", "Functional", "Model")


@cache
def table(kind: str) -> dict[str, type]:
    """Name -> class, for all classes of a kind, older names included."""
    module, base = _KINDS[kind]
    try:
        found = import_module(f"fastcnn.{module}")
    except ModuleNotFoundError:
        return {}
    names = getattr(found, "__all__", None) or [name for name in vars(found) if not name.startswith("_")]
    root = getattr(found, base)
    every = {name: getattr(found, name) for name in names}
    return {n: cls for n, cls in every.items() if isinstance(cls, type) and issubclass(cls, root) and cls is not root}


class Reader:
    """Makes objects of configurations, of any era of Keras.

    custom_objects : name -> class or function of the caller's own, besides those that are registered.
    """

    def __init__(self, custom_objects: Mapping[str, object] | None = None):
        self.custom = known(custom_objects)

    def object(self, config: object, kind: str) -> object:
        """The object of a kind that {"class_name": ..., "config": ...} describes; names and None pass through.

        Raises:
            ValueError: for a class that is not known; says how to give it.
        """
        if isinstance(config, str):
            return self.custom.get(config, config)
        if not isinstance(config, Mapping):
            return config
        name, inner = config.get("class_name"), config.get("config")
        if not isinstance(name, str):
            return compat.old_object(config, kind, self)
        if name == "function":
            return self._function(inner if isinstance(inner, str) else config.get("registered_name"))
        _refuse_code(name, inner)
        cls = self._class(name, config.get("registered_name"), kind)
        if not isinstance(inner, Mapping):
            return cls() if inner is None else self._bad(name, inner)
        return self.build(cls, dict(inner), kind)

    def build(self, cls: type, inner: dict, kind: str) -> object:
        """cls.from_config of a configuration, in today's spelling and with the objects in it made.

        Raises:
            ValueError: for arguments that the class does not have and that mean something.
        """
        if not _is_ours(cls):
            own = "from_config" in vars(cls)
            return cls.from_config(inner if own else {key: self.value(key, value) for key, value in inner.items()})
        inner = compat.present_spelling(cls, inner, parameters_of(cls))
        made = {key: self.value(key, value) for key, value in inner.items()}
        try:
            with silent():
                return cls.from_config(made)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"the configuration of {cls.__name__} is not one that it takes: {error}") from error

    def value(self, key: str, value: object) -> object:
        """An argument: objects in it made, the caller's functions put in the place of their names."""
        kind = _KEYS.get(key) or next((k for suffix, k in _SUFFIXES.items() if key.endswith(suffix)), None)
        if key == "activation":
            kind = "layers"
        if isinstance(value, Mapping):
            if "class_name" in value and value["class_name"] in _PLAIN:
                return _PLAIN[value["class_name"]](value.get("config"))
            if key == "activation" and hasattr(activations, str(value.get("class_name"))):
                return value  # a function of ours, with settings
            if "class_name" in value:
                return self.object(value, kind or _kind_of_module(value.get("module")))
            return self.object(value, kind) if kind else {k: self.value(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.value(key, item) for item in value]
        return self.custom.get(value, value) if isinstance(value, str) and kind else value

    def _function(self, name: object) -> object:
        """A function by its name: the caller's, or the name itself where it is one of ours."""
        if name in self.custom:
            return self.custom[name]
        if isinstance(name, str) and any(_has_function(module, name) for module in _FUNCTIONS):
            return name
        raise self.unknown("function", str(name))

    def _class(self, name: str, registered: object, kind: str) -> type:
        short = name.rpartition(">")[2]
        for given in (registered, name, short):
            found = self.custom.get(given) if isinstance(given, str) else None
            if isinstance(found, type):
                return found
        for one in [kind] if kind else list(_KINDS):
            present, found = compat.present_class(short, one), table(one)
            cls = found.get(present) or next((c for n, c in found.items() if n.lower() == present.lower()), None)
            if cls is not None:
                return cls
        why = None if registered else compat.why_absent(short, kind)  # a user's own class may have such a name
        if why is not None:
            raise ValueError(f"it uses {short}: {why}")
        raise self.unknown(kind.removesuffix("s") if kind else "object", name)

    def unknown(self, kind: str, name: str) -> ValueError:
        """The error for a class or function that is not from here."""
        advice = f"give custom_objects={{{name[:60]!r}: ...}}"
        if kind not in ("layer", "object"):
            advice += ", or compile=False"
        return ValueError(f"unknown {kind} {name[:80]!r}: {advice}. A file cannot bring classes or functions along")

    def _bad(self, name: str, inner: object) -> None:
        raise ValueError(f"the configuration of {name[:80]!r} must be an object. Received: {type(inner).__name__}")


def _refuse_code(name: str, inner: object) -> None:
    function = inner.get("function") if isinstance(inner, Mapping) else None
    marshalled = isinstance(function, (list, tuple)) or (
        isinstance(function, Mapping) and function.get("class_name") == "__lambda__"
    )
    if name == "__lambda__" or (name == "Lambda" and marshalled):
        raise ValueError(
            "it holds a Lambda layer with Python code, which is never run out of a file: build the model by its own "
            "script and use load_weights, or write the function as a Layer and give custom_objects"
        )


def _kind_of_module(module: object) -> str:
    """ "keras.initializers" -> "initializers"; "" where the module says nothing."""
    parts = module.split(".") if isinstance(module, str) else []
    if parts[-1:] == ["schedules"]:
        return "schedules"
    return next((part for part in parts if part in _KINDS), "")


def _is_ours(cls: type) -> bool:
    return cls.__module__.startswith("fastcnn.")


def _has_function(module: str, name: str) -> bool:
    found = getattr(import_module(f"fastcnn.{module}"), name, None)
    return callable(found) and not isinstance(found, type) and not name.startswith("_")


def _tuple(config: object) -> tuple:
    items = config.get("value") if isinstance(config, Mapping) else config
    return tuple(items) if isinstance(items, list) else ()


def _array(config: object) -> np.ndarray:
    if not isinstance(config, Mapping) or config.get("dtype") not in ("float32", "float64", "int32", "int64", "bool"):
        raise ValueError("it holds an array of an unknown kind")
    return np.array(config.get("value"), config["dtype"])


# What Keras 3 wraps because JSON has no word for it.
_PLAIN = {"__tuple__": _tuple, "__numpy__": _array, "__tensor__": _array}
