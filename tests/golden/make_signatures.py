"""Writes signatures.json: names and defaults of the parameters of Keras's public classes and functions.

Run from the project's root as `python -m tests.golden.make_signatures`, with Keras installed. See README.md.
"""

import inspect
import json
import os
from pathlib import Path

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}

import keras

from tests.compatibility.rows import ROWS


def find(name: str) -> object | None:
    """What Keras has under a row's name, or None."""
    place: object = keras
    if name.startswith("preprocessing.image."):
        from keras.src.legacy.preprocessing import image

        place, name = image, name.removeprefix("preprocessing.image.")
    for part in name.split("."):
        place = keras.Sequential if place is keras and part == "Model" else getattr(place, part, None)
    return place


def plain(default: object) -> object:
    """A JSON value for a default; None stands for what is no plain value."""
    return list(default) if isinstance(default, tuple) else default if isinstance(default, (str, int, float)) else None


def signature(found: object) -> list[list] | None:
    """[name, has a default, default] of each parameter but self, *args and **kwargs."""
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return None
    usual = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self"]
    return [[p.name, p.default is not p.empty, plain(p.default)] for p in usual]


def main() -> None:
    """Writes the file beside this script."""
    found = {row.name: signature(find(row.name)) for row in ROWS if find(row.name) is not None}
    known = {name: parameters for name, parameters in found.items() if parameters}
    text = ",\n".join(f"{json.dumps(name)}: {json.dumps(parameters)}" for name, parameters in known.items())
    Path(__file__).with_name("signatures.json").write_text(f"{{\n{text}\n}}\n", encoding="utf-8")
    print(f"Keras {keras.__version__}: {len(known)} signatures")


if __name__ == "__main__":
    main()
