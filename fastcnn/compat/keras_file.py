"""Keras's own settings file, keras.json, of every Keras version."""

import json
import os
import warnings
from pathlib import Path

_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}  # Keras 1


def path() -> Path:
    """Where the file is looked for: $KERAS_HOME, or ~/.keras."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path("~/.keras").expanduser()) / "keras.json"


def settings() -> dict[str, object]:
    """What the file says under Keras 3's names; nothing when there is none, or (with a warning) no JSON in it."""
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        warnings.warn(f"{path()} is left out, as it cannot be read: {error}", stacklevel=2)
        return {}
    if not isinstance(found, dict):
        warnings.warn(f"{path()} is left out, as it holds no settings by name", stacklevel=2)
        return {}
    ordering = found.pop("image_dim_ordering", None)
    return ({"image_data_format": _ORDERINGS[ordering]} if ordering in _ORDERINGS else {}) | found
