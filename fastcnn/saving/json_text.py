"""A model's configuration as JSON text: what to_json writes, and what every Keras wrote."""

import json
from collections.abc import Mapping

from fastcnn.compat.configs import era_of
from fastcnn.config import using
from fastcnn.models import Model
from fastcnn.saving.compiled import compile_config
from fastcnn.saving.configs import layer_entry, model_from_entry
from fastcnn.saving.known import Reader
from fastcnn.saving.legacy_h5 import KERAS_VERSION
from fastcnn.saving.skeletons import parse_config


def model_to_json(model: Model, **options: object) -> str:
    """The JSON that Keras 3's model_from_json takes; options are json.dumps's."""
    compiled = compile_config(model)
    return json.dumps(layer_entry(model) | ({} if compiled is None else {"compile_config": compiled}), **options)


def model_from_json(text: str, custom_objects: Mapping[str, object] | None = None) -> Model:
    """The model of a configuration of any era, with fresh weights and not compiled.

    Raises:
        ValueError: for text that is no such configuration, or uses what is not known.
    """
    try:
        config = parse_config(text.encode())
    except ValueError as error:
        raise ValueError(f"model_from_json: the text {error}") from None
    version = config.get("keras_version", KERAS_VERSION if "module" in config else None)
    with using(era=era_of(version)):
        return model_from_entry(config, Reader(custom_objects))
