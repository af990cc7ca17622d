"""Whole models as Keras 1, Keras 2 and tf.keras store them: HDF5 with the configuration in attributes of the root.

attributes         model_config, training_config (JSON), keras_version, backend
model_weights      the layers' groups (see legacy_h5)
optimizer_weights  attribute weight_names, and data sets of these names (see optimizer_state)
"""

import json
from pathlib import Path
from typing import BinaryIO

from fastcnn.models import Model
from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.compiled import compile_config
from fastcnn.saving.configs import layer_entry
from fastcnn.saving.h5 import Group, open_h5
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.known import Reader
from fastcnn.saving.legacy_h5 import KERAS_VERSION, plan_legacy_weights, texts_of, write_arrays, write_group
from fastcnn.saving.loading import Loading
from fastcnn.saving.optimizer_state import optimizer_arrays, restore_optimizer
from fastcnn.saving.skeletons import compile_if_told, make_skeleton, read_config


def save_model(model: Model, path: str | Path, include_optimizer: bool = True) -> None:
    """Writes weights, configuration, and if compiled the optimizer's state."""
    compiled = compile_config(model) if include_optimizer else None
    config = json.dumps(layer_entry(model), allow_nan=False)
    atomic_write(path, lambda file: _write(file, model, config, compiled))


def _write(file: BinaryIO, model: Model, config: str, compiled: dict | None) -> None:
    import h5py

    with h5py.File(file, "w") as root:
        root.attrs["backend"], root.attrs["keras_version"] = "tensorflow", KERAS_VERSION
        root.attrs["model_config"] = config
        write_group(root.create_group("model_weights"), model)
        if compiled is not None:
            training = {"optimizer_config": compiled.pop("optimizer")} | compiled
            root.attrs["training_config"] = json.dumps(training, allow_nan=False)
            write_arrays(root.create_group("optimizer_weights"), optimizer_arrays(model))


def load_model(file: BinaryIO, path: str | Path, reader: Reader, compile: bool) -> Model:
    """Reads a whole model from an open file.

    Raises:
        ModelFileError: for a file that is damaged, or holds weights alone.
    """
    with open_h5(file, path) as root:
        text = root.text("model_config")
        if text is None:
            raise ModelFileError(
                path, "holds weights alone: build the model, then call model.load_weights on this file"
            )
        config = read_config(text.encode(), path, "model_config")
        model = make_skeleton(config, reader, path, root.text("keras_version"))
        loading = Loading(path)
        plan_legacy_weights(root, model, loading)
        loading.finish()
        if compile:
            _compile(root, model, reader)
    return model


def _compile(root: Group, model: Model, reader: Reader) -> None:
    text = root.text("training_config")
    if text is None:
        return
    config = read_config(text.encode(), root.path, "training_config")
    if compile_if_told(model, config, reader, root.path):
        stored = root.group("optimizer_weights")
        if stored is not None:
            datasets = [stored.dataset(name) for name in texts_of(stored, "weight_names")]
            restore_optimizer(model, datasets, root.text("keras_version") or "1")
