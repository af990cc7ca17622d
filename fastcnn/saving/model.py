"""Save and load models and weights, in the format that the file's name, or its content, says."""

import os
from collections.abc import Mapping
from pathlib import Path

from fastcnn.compat.saving import format_asked
from fastcnn.models import Model
from fastcnn.saving import configs, formats, keras_zip, legacy_model, native_model
from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.h5 import Group, open_h5
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.known import Reader
from fastcnn.saving.legacy_h5 import is_legacy_layout, plan_legacy_weights, write_legacy_weights
from fastcnn.saving.loading import Loading
from fastcnn.saving.native import open_regular
from fastcnn.saving.weights_h5 import is_weights_layout, plan_weights, write_weights

_WRITERS = {
    formats.NATIVE: native_model.save_model,
    formats.ZIP: keras_zip.save_model,
    formats.LEGACY: legacy_model.save_model,
}


def save_model(
    model: Model, filepath: str | Path, overwrite: bool = True, include_optimizer: bool = True, **older: object
) -> None:
    """Writes the whole model, atomically; the name chooses the format (see fastcnn.saving.formats).

    Raises:
        ValueError: for a model without weights yet, or a name that says another format.
        FileExistsError: when the file is there and overwrite is False.
    """
    write = _WRITERS[formats.check_target(filepath, False, overwrite, format_asked("save", older))]
    write(_built(model), filepath, include_optimizer)


def load_model(filepath: str | Path, custom_objects: Mapping[str, object] | None = None, compile: bool = True) -> Model:
    """Reads a whole model of any format; with compile it goes on training where it stopped.

    custom_objects : name -> class or function of the caller's own; nothing else but classes of this package is made.

    Raises:
        ModelFileError: when the file is damaged, incomplete or not a model.
    """
    reader = Reader(custom_objects)
    with open_regular(filepath) as file:
        kind = formats.format_of_content(file)
        if kind != formats.NATIVE:
            read = keras_zip.load_model if kind == formats.ZIP else legacy_model.load_model
            return read(file, filepath, reader, compile)
    return native_model.load_model(filepath, reader, compile)


def save_weights(model: Model, filepath: str | Path, overwrite: bool = True, **older: object) -> None:
    """Writes the weights alone, atomically; the name chooses the format (see fastcnn.saving.formats)."""
    kind = formats.check_target(filepath, True, overwrite, format_asked("save_weights", older))
    if kind == formats.NATIVE:
        native_model.save_weights(_built(model), filepath)
    else:
        write = write_weights if kind == formats.KERAS3 else write_legacy_weights
        atomic_write(filepath, lambda file: write(file, _built(model)))


def load_weights(
    model: Model, filepath: str | Path, skip_mismatch: bool = False, by_name: bool = False, **older: object
) -> None:
    """Reads weights into a built model, from a file of weights or of a whole model, of any format.

    skip_mismatch : layers whose weights do not fit stay as they are, with a warning.
    by_name : layers of the same name, in place of the same position; for HDF5 files as Keras 1 and 2 wrote them.

    Raises:
        ModelFileError: when the file is damaged or holds other shapes; the model is unchanged then.
    """
    format_asked("load_weights", older)
    _built(model)
    with open_regular(filepath) as file:
        kind = formats.format_of_content(file)
        if kind == formats.NATIVE:
            if by_name or skip_mismatch:
                raise ValueError(
                    f"by_name and skip_mismatch are for Keras's files. Received a native file: {os.fspath(filepath)!r}"
                )
            native_model.load_weights(model, filepath, own_classes(model))
            return
        loading = Loading(filepath, skip_mismatch)
        with open_h5(keras_zip.open_weights(file, filepath) if kind == formats.ZIP else file, filepath) as root:
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


def model_from_config(
    config: object, custom_objects: Mapping[str, object] | None = None, cls: type | None = None
) -> Model:
    """The model that get_config described, with fresh weights."""
    return configs.model_from_config(config, Reader(custom_objects), cls)


def own_classes(model: Model) -> dict[str, object]:
    """The layers' classes and functions by name, of the model and of models in it."""
    found = {type(model).__name__: type(model)} if model.is_written else {}
    for layer in model.layers:
        found |= own_classes(layer) if isinstance(layer, Model) else {type(layer).__name__: type(layer)}
        found |= getattr(layer, "own_functions", {})
    return found


def _built(model: Model) -> Model:
    if not model.built:
        raise ValueError("the model has no weights yet: give the first layer input_shape=..., or fit it first")
    return model
