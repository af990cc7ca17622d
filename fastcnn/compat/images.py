"""Old spellings of the image functions (Keras 0.3 to 2.3), as tables, and the decorator that applies them."""

import inspect
import os
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first", "default": None}
# Old keyword -> (today's keyword, old value -> today's value).
ARGUMENTS = {
    "dim_ordering": ("data_format", _DATA_FORMATS),
    "grayscale": ("color_mode", {True: "grayscale", False: "rgb"}),
    "X": ("x", {}),
    "row_index": ("row_axis", {}),
    "col_index": ("col_axis", {}),
    "channel_index": ("channel_axis", {}),
}
# Today's keyword -> old value -> today's value, whatever way the value came.
VALUES = {
    "color_mode": {True: "grayscale", False: "rgb"},
    "data_format": _DATA_FORMATS,
    "class_mode": {"other": "raw"},
}
# Old attribute of an iterator -> today's.
ATTRIBUTES = {"nb_sample": "samples", "N": "n", "nb_class": "num_classes", "num_class": "num_classes"}
# Arguments that older versions knew and that no longer mean anything.
IGNORED = ("has_ext", "sort", "drop_duplicates")


def accepts_old_names(function: Callable) -> Callable:
    """Lets `function` be called with the keywords and values of ARGUMENTS, VALUES and IGNORED."""
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        for old in [name for name in kwargs if name not in signature.parameters]:
            if old in IGNORED:
                del kwargs[old]
            elif old in ARGUMENTS and ARGUMENTS[old][0] in signature.parameters:
                new, values = ARGUMENTS[old]
                if new in kwargs:
                    raise TypeError(f"{function.__name__}: received both {old} (the old name) and {new}")
                kwargs[new] = _translated(kwargs.pop(old), values)
        bound = signature.bind(*args, **kwargs)
        for name, values in VALUES.items():
            if name in bound.arguments:
                bound.arguments[name] = _translated(bound.arguments[name], values)
        return function(*bound.args, **bound.kwargs)

    return call


def _translated(value: Any, values: dict) -> Any:
    return values.get(value, value) if isinstance(value, str | bool) else value


class OldAttributes:
    """Gives an iterator the attributes of ATTRIBUTES."""

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES:
            return getattr(self, ATTRIBUTES[name])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


def list_pictures(directory: str, ext: str = "jpg|jpeg|bmp|png|ppm") -> list[str]:
    """Paths of all files below `directory` whose extension is one of `ext`, separated by bars."""
    pattern = re.compile(rf".*\.(?:{ext})$", re.IGNORECASE)
    return [os.path.join(root, f) for root, _, files in os.walk(directory) for f in files if pattern.match(f)]
