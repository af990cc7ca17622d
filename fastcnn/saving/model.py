"""Save and load models and weights, in the format that the file's name, or its content, says."""

import os
from pathlib import Path
from typing import BinaryIO

from fastcnn.saving import formats, native_model
from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.h5 import Group, open_h5
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.legacy_h5 import is_legacy_layout, plan_legacy_weights, write_legacy_weights
from fastcnn.saving.loading import Loading
from fastcnn.saving.native import open_regular
from fastcnn.saving.weights_h5 import is_weights_layout, plan_weights, write_weights


def save_weights(model: object, filepath: str | Path, overwrite: bool = True) -> None:
    """Writes the weights alone, atomically; the name chooses the format (see fastcnn.saving.formats)."""
    kind = formats.check_target(filepath, True, overwrite)
    native_model.require_built(model)
    if kind == formats.NATIVE:
        native_model.save_weights(model, filepath)
    else:
        write = write_weights if kind == formats.KERAS3 else write_legacy_weights
        atomic_write(filepath, lambda file: write(file, model))


def load_weights(model: object, filepath: str | Path, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Reads weights into a built model, from a file of weights or of a whole model, of any format.

    skip_mismatch : layers whose weights do not fit stay as they are, with a warning.
    by_name : layers of the same name, in place of the same position; for HDF5 files as Keras 1 and 2 wrote them.

    Raises:
        ModelFileError: when the file is damaged or holds other shapes; the model is unchanged then.
    """
    native_model.require_built(model)
    with open_regular(filepath) as file:
        kind = formats.format_of_content(file)
        if kind == formats.NATIVE:
            if by_name or skip_mismatch:
                raise ValueError(
                    f"by_name and skip_mismatch are for Keras's files. Received a native file: {os.fspath(filepath)!r}"
                )
            native_model.load_weights(model, filepath)
            return
        loading = Loading(filepath, skip_mismatch)
        _plan_and_finish(file, filepath, model, loading, by_name)


def _plan_and_finish(file: BinaryIO, filepath: str | Path, model: object, loading: Loading, by_name: bool) -> None:
    with open_h5(file, filepath) as root:
        plan(root, model, loading, by_name)
        loading.finish()


def plan(root: Group, model: object, loading: Loading, by_name: bool = False) -> None:
    """Notes which array of an HDF5 file goes into which variable, in either of Keras's layouts."""
    if is_weights_layout(root):
        if by_name:
            raise ValueError("by_name is for HDF5 files as Keras 1 and 2 wrote them; this one goes by position")
        plan_weights(root, model, loading)
    elif is_legacy_layout(root):
        plan_legacy_weights(root, model, loading, by_name)
    else:
        raise ModelFileError(root.path, "is an HDF5 file that holds no weights of Keras")


def save_model(model: object, filepath: str | Path, overwrite: bool = True) -> None:
    """Writes the whole model, atomically; the name chooses the format (see fastcnn.saving.formats)."""
    if formats.check_target(filepath, False, overwrite) != formats.NATIVE:
        raise ValueError(
            f"whole models are saved as .fcnn files; weights as .h5 too. Received: {os.fspath(filepath)!r}"
        )
    native_model.save_model(model, filepath)


def load_model(filepath: str | Path, compile: bool = True) -> object:
    """Reads a whole model; with compile it goes on training where it stopped.

    Raises:
        ModelFileError: when the file is damaged, incomplete or not a model.
    """
    return native_model.load_model(filepath, compile)


model_from_config = native_model.model_from_config
