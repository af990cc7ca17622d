"""From a configuration that nobody vouches for to a model whose weights have shapes and no memory yet."""

import os
from collections.abc import Mapping

from fastcnn.compat.configs import era_of
from fastcnn.config import using
from fastcnn.layers.graph import abstract_weights
from fastcnn.models import Model
from fastcnn.saving.compiled import compile_model
from fastcnn.saving.configs import model_from_entry
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.known import Reader
from fastcnn.saving.strict_json import parse_json

MAX_CONFIG = 16_000_000  # bytes
_MAX_DEPTH = 100  # Keras nests models in models, and describes each tensor of each call


def read_config(text: bytes, path: str | os.PathLike, what: str) -> dict:
    """The JSON object of a text, for which `what` stands in messages."""
    try:
        return parse_config(text)
    except ValueError as error:
        raise ModelFileError(path, f"its {what} {error}") from None


def parse_config(text: bytes) -> dict:
    """The JSON object of a text; ValueError for any other, and beyond bounds."""
    config = parse_json(text, MAX_CONFIG, _MAX_DEPTH)
    if not isinstance(config, dict):
        raise ValueError("is no JSON object")
    return config


def make_skeleton(config: Mapping, reader: Reader, path: str | os.PathLike, keras_version: str | None) -> Model:
    """The model of a configuration, with the numeric defaults of the version that wrote it (None: Keras 1).

    Raises:
        ModelFileError: for whatever a hostile, or only an unknown, configuration makes it raise.
    """
    try:
        with abstract_weights(), using(era=era_of(keras_version)):
            model = model_from_entry(config, reader)
    except Exception as error:
        raise ModelFileError(path, f"its configuration is refused: {error or type(error).__name__}") from error
    if not model.built:
        raise ModelFileError(path, "its configuration does not say the shape of the input, so no weights can be read")
    return model


def compile_if_told(model: Model, config: object, reader: Reader, path: str | os.PathLike) -> bool:
    """Compiles the model as the file says, if it says so; tells whether it did."""
    if not isinstance(config, Mapping) or not config:
        return False
    try:
        compile_model(model, config, reader)
    except Exception as error:
        raise ModelFileError(path, f"how it was compiled is refused: {error}; compile=False leaves it out") from error
    return True
