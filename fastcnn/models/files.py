"""Models out of files and out of other models."""

from pathlib import Path

from fastcnn.models.model import Model


def load_model(filepath: str | Path, compile: bool = True) -> Model:
    """Reads a model that save() wrote; with compile, ready to go on training where it stopped."""
    from fastcnn.saving.model import load_model as read

    return read(filepath, compile)


def clone_model(model: Model) -> Model:
    """A model of the same layers with fresh weights."""
    return type(model).from_config(model.get_config())
