"""Objects as the JSON that Keras 3 writes for them: {"module", "class_name", "config", "registered_name"}.

`serialize` goes one way; the way back, which has to distrust what it reads, is fastcnn.saving.known.
"""

import inspect
from collections.abc import Mapping
from functools import partial

import numpy as np

_LIBRARY = "fastcnn."
_FUNCTIONAL = ("keras.src.models.functional", "Functional")  # where Keras 3 keeps its models of the functional API
# Arguments that are not part of a configuration: the model knows its input's shape, the file holds the weights.
_LEFT_OUT = {"input_shape", "batch_input_shape", "weights"}
# Arguments that these classes have here and not in Keras.
_KERAS_LACKS = {
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("trainable", "noise_shape")),
    **dict.fromkeys(("AutoContrast", "Equalization"), ("seed",)),
    "Pipeline": ("trainable", "dtype"),
}
_NOT_KEPT = {"output_shape"}  # an argument of Lambda; as an attribute it is what came out of building


def serialize(value: object) -> object:
    """A JSON value that stands for `value`: plain values as they are, objects by class and configuration.

    Functions of this package are named; a user's own become what `custom_objects` is asked for when loading.

    Raises:
        ValueError: for what cannot come back out of a file, such as a lambda.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): serialize(item) for key, item in value.items()}
    if callable(getattr(value, "get_config", None)) and not isinstance(value, type):
        return serialize_object(value)
    return _named(value)


def serialize_object(value: object) -> dict:
    """An object with get_config, by class and configuration."""
    module, name = place_of(type(value))
    registered = name if (module, name) == _FUNCTIONAL or module == "custom" else None
    config = value.get_config()
    if isinstance(config.get("learning_rate"), Mapping):  # of a schedule
        config["learning_rate"] |= {"module": "keras.optimizers.schedules", "registered_name": None}
    config = {key: item for key, item in config.items() if key not in _KERAS_LACKS.get(name, ())}
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def place_of(cls: type) -> tuple[str, str]:
    """Module and name of a class in Keras; what is not from here has its own name."""
    if not cls.__module__.startswith(_LIBRARY):
        return "custom", cls.__name__
    folder = cls.__module__.split(".")[1]
    if folder == "models":
        return _FUNCTIONAL if cls.__name__ == "Model" else ("keras", cls.__name__)
    if cls.__module__.endswith(".schedules"):
        folder = "optimizers.schedules"
    return f"keras.{folder}", cls.__name__


def _named(value: object) -> object:
    """A function or class by its name."""
    name = getattr(value, "__name__", None)
    if isinstance(value, partial) and not value.args:  # an activation with settings of its own
        return {"class_name": value.func.__name__, "config": serialize(value.keywords)}
    if name is None or not callable(value):
        raise ValueError(f"cannot be saved: {value!r}. Give its class get_config(), or use plain values")
    if name == "<lambda>":
        raise ValueError(
            "a lambda cannot be saved: name the function with def, and load with custom_objects={name: it}"
        )
    if (getattr(value, "__module__", None) or "").startswith(_LIBRARY):
        return name
    return {"module": "custom", "class_name": "function", "config": name, "registered_name": name}


def arguments_of(layer: object) -> dict[str, object]:
    """All arguments of an object's constructor, under their names, as JSON values.

    Their values are those that the object keeps as attributes of these names, else those that were given, else the
    defaults.
    """
    given = getattr(layer, "_arguments", {})
    found = {}
    for name, default in parameters_of(type(layer)).items():
        if name not in _LEFT_OUT:
            value = given.get(name, default)
            found[name] = serialize(value if name in _NOT_KEPT else getattr(layer, name, value))
    if found.get("activity_regularizer", 0) is None:  # which not every class of Keras takes
        del found["activity_regularizer"]
    return found


def parameters_of(cls: type) -> dict[str, object]:
    """Names and defaults of the arguments that a class's constructor takes, and what it passes on to base classes."""
    found: dict[str, object] = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = inspect.signature(base.__init__).parameters.values()
        kinds = {p.kind for p in parameters}
        for p in list(parameters)[1:]:
            if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
                found.setdefault(p.name, None if p.default is p.empty else p.default)
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            break
    return found
