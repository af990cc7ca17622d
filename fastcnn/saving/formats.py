"""Which format a file has: by its name when it is written, by its first bytes when it is read.

m.fcnn, m.weights.fcnn      our own, with a checksum (native_model)
m.keras                     Keras 3 (keras_zip)
m.weights.h5                Keras 3, weights alone (weights_h5)
m.h5, m.hdf5, m, m.model    any other name, or none: HDF5 as Keras 1, Keras 2 and tf.keras wrote it (legacy_h5)
"""

import os
from pathlib import Path
from typing import BinaryIO

from fastcnn.saving.header import EXTENSION

NATIVE, ZIP, KERAS3, LEGACY = "native", "zip", "keras3", "legacy"
WEIGHTS_EXTENSION = f".weights{EXTENSION}"
_ZIP_SIGNATURE = b"PK\x03\x04"
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_KERAS_ZIP, _KERAS3_WEIGHTS = ".keras", ".weights.h5"
_INSTEAD = {  # names under which nobody expects what would be written
    ".onnx": "model.export(filepath, format='onnx')",
    ".tflite": "a .keras file, which TensorFlow converts",
    ".pb": "a .keras file, which TensorFlow converts",
    ".tf": "a .keras file, which TensorFlow converts",
    ".pt": "a .keras file, which Keras loads on PyTorch",
    ".pth": "a .keras file, which Keras loads on PyTorch",
    ".safetensors": f"a {EXTENSION} file, which readers of safetensors open",
    ".zip": "a .keras file, which is one",
    ".npz": "np.savez(filepath, *model.get_weights())",
    ".json": "model.to_json()",
    ".yaml": "model.to_json()",
}


def format_of_name(filepath: str | Path, weights_only: bool) -> str:
    """The format in which a file of this name is written: NATIVE, ZIP, KERAS3 or LEGACY.

    Raises:
        ValueError: for names that say another format, or the other kind of content; tells what to do.
    """
    given = os.fspath(filepath)
    name = os.path.basename(given).lower()
    extension = os.path.splitext(name)[1]
    if not name or os.path.isdir(given):
        raise ValueError(f"filepath must name a file, not a folder. Received: {given!r}")
    if extension in _INSTEAD:
        raise ValueError(f"files ending in {extension!r} are not written here. Use {_INSTEAD[extension]}")
    if extension == EXTENSION:
        if weights_only is not name.endswith(WEIGHTS_EXTENSION):
            right = WEIGHTS_EXTENSION if weights_only else f"{EXTENSION} and not in {WEIGHTS_EXTENSION}"
            what = "weights" if weights_only else "a whole model"
            raise ValueError(f"to save {what} in the native format, filepath must end in {right}. Received: {given!r}")
        return NATIVE
    if extension == _KERAS_ZIP:
        if weights_only:
            raise ValueError(
                f"a .keras file holds a whole model: for weights use {_KERAS3_WEIGHTS}. Received: {given!r}"
            )
        return ZIP
    return KERAS3 if weights_only and name.endswith(_KERAS3_WEIGHTS) else LEGACY


def check_target(filepath: str | Path, weights_only: bool, overwrite: bool, asked: str | None = None) -> str:
    """The format for writing, once it is known that the file may be written; its folder is made.

    asked : an ending, whose format the file gets whatever its own.

    Raises:
        FileExistsError: when the file is there and overwrite is False.
    """
    kind = format_of_name(filepath, weights_only) if asked is None else format_of_name(f"_{asked}", weights_only)
    if not overwrite and os.path.exists(filepath):
        raise FileExistsError(f"{os.fspath(filepath)} exists; give overwrite=True to replace it")
    os.makedirs(os.path.dirname(os.fspath(filepath)) or ".", exist_ok=True)
    return kind


def format_of_content(file: BinaryIO) -> str:
    """The format of an open file: ZIP, LEGACY (any HDF5) or NATIVE; leaves the file at its start."""
    start = file.read(8)
    file.seek(0)
    if start.startswith(_ZIP_SIGNATURE):
        return ZIP
    return LEGACY if start == _HDF5_SIGNATURE else NATIVE
