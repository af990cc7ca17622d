"""What the user may decide about how models compute.

    fastcnn.config.winograd = False                # from now on, also for models that have run already
    with fastcnn.config.using(fuse=False):         # for a block
        model.evaluate(x, y)

How the same results come about, to rounding:

winograd : "auto" (Winograd's algorithm for 3x3 convolutions where it is expected to be faster), True (wherever the
    backend offers it), False (direct sums everywhere, whose rounding is a little smaller).
fuse : True (several kernels' work in one pass where the backend offers it) or False (every kernel on its own).

What results are wanted, for what is made or run from then on:

era : "keras3" (numeric defaults of Keras 3) or "keras2" (those of Keras 1 and 2: Adadelta's rate is 1, hard_sigmoid has
    slope 0.2, ...).
image_data_format : "channels_last" or "channels_first", for layers that are made without data_format.
floatx : "float32" or "float64", the type of new models.
epsilon : the small number that keeps losses away from log(0) and divisions by 0.

The environment variables FASTCNN_WINOGRAD (auto, 1 or 0), FASTCNN_FUSE (1 or 0) and FASTCNN_ERA (keras3 or keras2) say
what holds at the start; for the last three it is Keras's own file, `$KERAS_HOME/keras.json` or `~/.keras/keras.json`.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_SETTINGS: dict[str, dict[str, object]] = {  # setting -> {text in the environment: value}; the first is the default
    "winograd": {"auto": "auto", "1": True, "0": False},
    "fuse": {"1": True, "0": False},
    "era": {"keras3": "keras3", "keras2": "keras2"},
    "image_data_format": {"channels_last": "channels_last", "channels_first": "channels_first"},
    "floatx": {"float32": "float32", "float64": "float64"},
    "epsilon": {"1e-7": 1e-7},  # any other number between 0 and 1 will do
}
_IN_KERAS_FILE = ("image_data_format", "floatx", "epsilon")


@contextmanager
def using(**settings: object) -> Iterator[None]:
    """Changes settings inside a `with` block.

    Raises:
        AttributeError: for a setting that there is not.
        ValueError: for a value that it cannot have; nothing is changed then.
    """
    module = sys.modules[__name__]
    before = {name: getattr(module, name) for name in settings}
    for name, value in settings.items():
        _check(name, value)
    try:
        for name, value in settings.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def stamp() -> tuple[object, ...]:
    """All settings as they are now; a program made under another stamp is made again."""
    return tuple(getattr(sys.modules[__name__], name) for name in _SETTINGS)


def _check(name: str, value: object, said_by: str | None = None) -> None:
    said_by = said_by or f"config.{name}"
    if name == "epsilon":
        if not isinstance(value, float) or not 0 < value < 1:
            raise ValueError(f"{said_by} must be a number between 0 and 1. Received: {value!r}")
        return
    allowed = list(_SETTINGS[name].values())
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise ValueError(f"{said_by} must be one of {', '.join(map(repr, allowed))}. Received: {value!r}")


def _at_start(name: str) -> object:
    """What Keras's file or the environment says, else the default."""
    values = _SETTINGS[name]
    default = next(iter(values.values()))
    if name in _IN_KERAS_FILE:
        from fastcnn.compat import keras_file

        value = keras_file.settings().get(name, default)
        _check(name, value, f"{name} in {keras_file.path()}")
        return value
    variable = f"FASTCNN_{name.upper()}"
    text = os.environ.get(variable) or next(iter(values))
    if text not in values:
        raise ValueError(f"{variable} must be {' or '.join(values)}. Received: {text!r}")
    return values[text]


class _Config(ModuleType):
    """The module's own type, so that an assignment to one of its settings is checked."""

    def __getattr__(self, name: str) -> object:
        if name not in _SETTINGS:
            raise AttributeError(f"fastcnn.config has no setting {name!r}. Known: {', '.join(_SETTINGS)}")
        value = _at_start(name)  # when first asked for: importing never fails
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if name in _SETTINGS:
            _check(name, value)
        elif not name.startswith("_") and name not in vars(self):
            raise AttributeError(f"fastcnn.config has no setting {name!r}. Known: {', '.join(_SETTINGS)}")
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Config
