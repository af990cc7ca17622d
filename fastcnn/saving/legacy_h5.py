"""Weights as Keras 1, Keras 2 and tf.keras lay them out in HDF5 (`.h5`, `.hdf5`), at the root or in `model_weights`.

    attributes  layer_names, backend, keras_version; texts beyond 64 kB are split into layer_names0, layer_names1, ...
    <layer>     attribute weight_names, and data sets of these names: weights that train, then the others
Keras 0 had an attribute nb_layers, and groups layer_0, layer_1, ... of param_0, param_1, ...
"""

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.layers.base import Layer
from fastcnn.saving.h5 import Group
from fastcnn.saving.kernels_of_keras1 import stored_as
from fastcnn.saving.loading import Loading, Stored

KERAS_VERSION = "3.15.1"  # whose files ours are like
_ATTRIBUTE_BYTES = 64_512  # what HDF5 takes in one attribute


def write_legacy_weights(file: BinaryIO, model: object) -> None:
    """Writes the weights alone into a binary, seekable file."""
    import h5py

    with h5py.File(file, "w") as root:
        write_group(root, model)


def write_group(group: object, model: object) -> None:
    """Writes the layers' groups and attributes into an h5py group."""
    group.attrs["backend"], group.attrs["keras_version"] = "tensorflow", KERAS_VERSION
    write_texts(group, "layer_names", [layer.name for layer in model.layers])
    for layer in model.layers:
        inside = group.create_group(layer.name)
        write_arrays(inside, {name: v.value for name, v in _named(legacy_weights(layer)).items()})
    group.create_group("top_level_model_weights").attrs["weight_names"] = np.array([], "S1")


def write_arrays(group: object, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays under their names, and the names in their order."""
    write_texts(group, "weight_names", list(arrays))
    for name, array in arrays.items():
        group.create_dataset(name, data=array)


def write_texts(group: object, name: str, texts: list[str]) -> None:
    """Writes a list of strings as an attribute, split if it is too long for one."""
    array = np.array([text.encode() for text in texts] or [], dtype=None if texts else "S1")
    parts = -(-array.nbytes // _ATTRIBUTE_BYTES)
    if parts <= 1:
        group.attrs[name] = array
        return
    each = max(1, _ATTRIBUTE_BYTES // array.itemsize)
    for number, start in enumerate(range(0, len(array), each)):
        group.attrs[f"{name}{number}"] = array[start : start + each]


def _named(variables: list[Variable]) -> dict[str, Variable]:
    """Names of variables, made unique: layers in different models of a model may be called the same."""
    named: dict[str, Variable] = {}
    for variable in variables:
        name, number = variable.name, 1
        while name in named:
            name, number = f"{variable.name}_{number}", number + 1
        named[name] = variable
    return named


def legacy_weights(layer: Layer) -> list[Variable]:
    """A layer's weights in the order of these files: as they are trained, so that a frozen layer has its own order."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def is_legacy_layout(root: Group) -> bool:
    """Whether a file, or its model_weights, has this layout."""
    return root.texts("nb_layers") is not None or bool(texts_of(root, "layer_names")) or "model_weights" in root.names()


def plan_legacy_weights(root: Group, model: Layer, loading: Loading, by_name: bool = False) -> None:
    """Notes which array of the file goes into which variable of the model.

    by_name : layers of the same name, whatever their number; else the layers with weights, in their order.

    Raises:
        ModelFileError: when number or shapes differ.
    """
    group = root.group("model_weights") or root
    era = (group.text("keras_version") or "1", group.text("backend"))
    names = texts_of(group, "layer_names")
    held = {name: _stored(group, name) for name in names}
    if by_name:
        for layer in model.layers:
            if held.get(layer.name):
                _plan_layer(layer, layer.name, held[layer.name], era, loading)
        return
    layers = [layer for layer in model.layers if layer.weights]
    weighted = [name for name in names if held[name]]
    if len(layers) != len(weighted):
        ours = f"the model has {len(layers)} layers with weights ({_few([layer.name for layer in layers])})"
        loading.mismatch(
            f"{ours}, the file {len(weighted)} ({_few(weighted)}); by_name=True takes those that both have"
        )
    for layer, name in zip(layers, weighted, strict=False):
        _plan_layer(layer, name, held[name], era, loading)


def _plan_layer(layer: Layer, name: str, stored: list[Stored], era: tuple, loading: Loading) -> None:
    loading.add(f"layer {layer.name!r} (in the file {name!r})", legacy_weights(layer), stored_as(layer, stored, *era))


def _stored(group: Group, name: str) -> list[Stored]:
    inside = group.group(name)
    if inside is None:
        raise group.refuse(f"names a layer {name[:80]!r} and does not hold it")
    return [Stored(inside.dataset(weight)) for weight in texts_of(inside, "weight_names")]


def texts_of(group: Group, name: str) -> list[str]:
    """A list of strings, from one attribute or several."""
    whole = group.texts(name)
    if whole is not None:
        return whole
    found: list[str] = []
    number = 0
    while (part := group.texts(f"{name}{number}")) is not None:
        found += part
        number += 1
    return found


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
