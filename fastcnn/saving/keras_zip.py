"""Whole models as Keras 3 stores them: `.keras`, a zip of metadata.json, config.json and model.weights.h5.

The archive is never unpacked: its three members are found by their exact names, bounded by the size of the file, and
compared with their CRC-32 as they are read, so that every flipped bit in them is noticed.
"""

import io
import json
import os
import zipfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fastcnn.models import Model
from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.compiled import compile_config
from fastcnn.saving.configs import layer_entry
from fastcnn.saving.h5 import MAX_EXPANSION, open_h5, refusing
from fastcnn.saving.header import DAMAGED, ModelFileError
from fastcnn.saving.known import Reader
from fastcnn.saving.legacy_h5 import KERAS_VERSION
from fastcnn.saving.loading import Loading
from fastcnn.saving.optimizer_state import optimizer_arrays, restore_optimizer
from fastcnn.saving.skeletons import compile_if_told, make_skeleton, read_config
from fastcnn.saving.weights_h5 import number_of, plan_weights, write_weights

_METADATA, _CONFIG, _WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
_MAX_METADATA = 1_000_000  # bytes


def save_model(model: Model, path: str | Path, include_optimizer: bool = True) -> None:
    """Writes weights, configuration, and if compiled the optimizer's state."""
    compiled = compile_config(model) if include_optimizer else None
    config = layer_entry(model) | ({} if compiled is None else {"compile_config": compiled})
    metadata = {"keras_version": KERAS_VERSION, "date_saved": datetime.now().strftime("%Y-%m-%d@%H:%M:%S")}
    weights = io.BytesIO()
    write_weights(weights, model, None if compiled is None else optimizer_arrays(model))

    def write(file: BinaryIO) -> None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr(_METADATA, json.dumps(metadata))
            archive.writestr(_CONFIG, json.dumps(config, allow_nan=False))
            archive.writestr(_WEIGHTS, weights.getbuffer())

    atomic_write(path, write)


def load_model(file: BinaryIO, path: str | Path, reader: Reader, compile: bool) -> Model:
    """Reads a whole model from an open archive.

    Raises:
        ModelFileError: for an archive that is damaged, or not one of Keras.
    """
    with refusing(path, "it is no .keras file, or a damaged one"), zipfile.ZipFile(file) as archive:
        metadata = read_config(_member(archive, path, _METADATA, _MAX_METADATA), path, _METADATA)
        config = read_config(_member(archive, path, _CONFIG), path, _CONFIG)
        weights = io.BytesIO(_member(archive, path, _WEIGHTS))
    version = str(metadata.get("keras_version", KERAS_VERSION))
    model = make_skeleton(config, reader, path, version)
    with open_h5(weights, path) as root:
        loading = Loading(path)
        plan_weights(root, model, loading)
        loading.finish()
        if compile and compile_if_told(model, config.get("compile_config"), reader, path):
            stored = root.group("optimizer/vars")
            if stored is not None:
                names = sorted(stored.names(), key=number_of)
                restore_optimizer(model, [stored.dataset(name) for name in names], version)
    return model


def open_weights(file: BinaryIO, path: str | Path) -> BinaryIO:
    """The HDF5 file in an archive."""
    with refusing(path, "it is no .keras file, or a damaged one"), zipfile.ZipFile(file) as archive:
        return io.BytesIO(_member(archive, path, _WEIGHTS))


def _member(archive: zipfile.ZipFile, path: str | os.PathLike, name: str, limit: int | None = None) -> bytes:
    """One member, whole; refused before it is unpacked if it claims too much."""
    found = [info for info in archive.infolist() if info.filename == name]
    if len(found) != 1:
        raise ModelFileError(path, f"holds {len(found)} files {name!r} in place of one; {DAMAGED}")
    info = found[0]
    if info.file_size > (limit or MAX_EXPANSION * max(info.compress_size, 1)) or info.flag_bits & 1:
        raise ModelFileError(path, f"its {name!r} claims {info.file_size:,} bytes, or is encrypted")
    with archive.open(info) as member:
        content = member.read(info.file_size)
        if len(content) != info.file_size or member.read(1):
            raise ModelFileError(path, f"its {name!r} is not as long as it says; {DAMAGED}")
        return content
