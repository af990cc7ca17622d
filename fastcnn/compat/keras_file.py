"""Keras's own settings file, keras.json, of every Keras version."""

import json
import os
import warnings
from pathlib import Path

from fastcnn.compat import table


def home() -> Path:
    """Keras's folder: $KERAS_HOME, or ~/.keras."""
    given = os.environ.get("KERAS_HOME")
    return Path(given) if given else Path("~/.keras").expanduser()


def path() -> Path:
    """Where the file is looked for."""
    return home() / "keras.json"


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
    return ({"image_data_format": table.DATA_FORMATS[ordering]} if ordering in table.DATA_FORMATS else {}) | found
