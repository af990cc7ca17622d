"""Models out of files and out of other models."""

from collections.abc import Mapping
from pathlib import Path

from fastcnn.models.model import Model


def load_model(
    filepath: str | Path,
    custom_objects: Mapping[str, object] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Reads a model that save() wrote, here or in any Keras; with compile, ready to go on training where it stopped.

    custom_objects : name -> class or function of your own that the model uses.
    safe_mode : accepted, and changes nothing: code in a file is never run.
    """
    from fastcnn.saving.model import load_model as read

    return read(filepath, custom_objects, compile)


def save_model(model: Model, filepath: str | Path, overwrite: bool = True, **options: object) -> None:
    """As model.save."""
    model.save(filepath, overwrite, **options)


def model_from_json(json_string: str, custom_objects: Mapping[str, object] | None = None) -> Model:
    """The model that to_json of any Keras described, with fresh weights."""
    from fastcnn.saving.json_text import model_from_json as read

    return read(json_string, custom_objects)
