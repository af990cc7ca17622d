"""Weights as Keras 3 lays them out in HDF5 (`.weights.h5`, and inside `.keras`).

    layers/conv2d/vars/0, 1, ...       a layer's own variables: those that train, then the others
    layers/conv2d_1/vars/0             the second layer of its class
    layers/sequential/layers/...       a model in the model
    layers/time_distributed/layer/...  a layer that another one keeps as its attribute
    optimizer/vars/0, 1, ...           see optimizer_state

Files of tf.keras 2.12 to 2.14 say _layer_checkpoint_dependencies in place of layers, and skip numbers.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.layers.base import Layer
from fastcnn.layers.naming import snake_case
from fastcnn.saving.h5 import Group
from fastcnn.saving.loading import Loading, Stored
from fastcnn.saving.objects import place_of

_CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
# What a file may hold that no layer of ours has: states of Keras's random numbers are not ours.
_NOT_OURS = re.compile(r"(^|/)_*(seed_generator|random_generator|seed)/vars/\d+$")


def write_weights(file: BinaryIO, model: object, optimizer: dict[str, np.ndarray] | None = None) -> None:
    """Writes the layout into a binary, seekable file; optimizer: its arrays in Keras's order."""
    import h5py

    with h5py.File(file, "w") as root:
        _write(root, model, "")
        if optimizer is not None:
            group = root.create_group("optimizer/vars")
            group.attrs["name"] = model.optimizer.name
            for number, value in enumerate(optimizer.values()):
                group.create_dataset(str(number), data=value)


def _write(root: object, layer: Layer, path: str) -> None:
    group = root.create_group(f"{path}/vars".lstrip("/"))
    group.attrs["name"] = layer.name
    for number, variable in enumerate(own_variables(layer)):
        group.create_dataset(str(number), data=variable.value)
    for name, child in children(layer):
        _write(root, child, f"{path}/{name}".lstrip("/"))


def own_variables(layer: Layer) -> list[Variable]:
    """Variables of the layer itself, without those of layers in it: those that train come first."""
    own = getattr(layer, "_variables", ())
    return [v for v in own if v.trainable] + [v for v in own if not v.trainable]


def children(layer: Layer) -> Iterator[tuple[str, Layer]]:
    """Name and layer of everything in a layer, as Keras names them."""
    if _is_graph(layer):
        yield from _numbered("layers", layer.layers)
        return
    for name, value in sorted(vars(layer).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, Layer):
            yield name, value
        elif isinstance(value, (list, tuple)):
            yield from _numbered(name, [item for item in value if isinstance(item, Layer)])


def _is_graph(layer: Layer) -> bool:
    """Whether it is a model whose layers Keras lists; layers of other models are named as attributes."""
    return hasattr(layer, "layers") and not layer.is_written


def _kind(layer: Layer) -> str:
    return snake_case(place_of(type(layer))[1])


def _numbered(container: str, layers: list[Layer]) -> Iterator[tuple[str, Layer]]:
    counts: dict[str, int] = {}
    for layer in layers:
        name = _kind(layer)
        number = counts[name] = counts.get(name, -1) + 1
        yield f"{container}/{name}_{number}" if number else f"{container}/{name}", layer


def is_weights_layout(root: Group) -> bool:
    """Whether a file has this layout."""
    return any(name in root.names() for name in _CONTAINERS)


def plan_weights(root: Group, model: Layer, loading: Loading) -> None:
    """Notes which array of the file goes into which variable of the model.

    Raises:
        ModelFileError: for arrays that are missing, too many, or of other shapes.
    """
    used: set[str] = set()
    _plan(root, model, loading, used)
    for container in _CONTAINERS:
        group = root.group(container)
        spare = [] if group is None else [d.place for d in group.datasets() if d.place not in used]
        spare = [place for place in spare if not _NOT_OURS.search(place)]
        if spare:
            loading.mismatch(f"the model has no layer for {len(spare)} arrays of the file ({', '.join(spare[:3])})")


def _plan(group: Group, layer: Layer, loading: Loading, used: set[str]) -> None:
    own = own_variables(layer)
    found = group.group("vars")
    names = [] if found is None else sorted(found.names(), key=number_of)
    stored = [Stored(found.dataset(name)) for name in names] if own else []
    used.update(s.dataset.place for s in stored)
    if own:
        loading.add(f"layer {layer.name!r} ({group.place})", own, stored)
    if _is_graph(layer):
        _plan_container(group, layer.layers, loading, used)
        return
    for name, child in children(layer):
        _descend(group, name, child, loading, used)


def _descend(group: Group, name: str, child: Layer, loading: Loading, used: set[str]) -> None:
    below = group.group(name)
    if below is not None:
        _plan(below, child, loading, used)
    elif child.weights:
        loading.mismatch(f"the file has no weights for layer {child.name!r} at {group.place}/{name}")


def _plan_container(group: Group, layers: list[Layer], loading: Loading, used: set[str]) -> None:
    """Layers of one class take that class's groups in the order of their numbers, whatever these are."""
    container = next((found for name in _CONTAINERS if (found := group.group(name)) is not None), None)
    weighted: dict[str, list[Layer]] = {}
    for layer in layers:
        if layer.weights:
            weighted.setdefault(_kind(layer), []).append(layer)
    for name, those in weighted.items():
        groups = [] if container is None else _groups_of(container, name)
        if len(groups) != len(those):
            place = f"{group.place}/layers".lstrip("/")
            loading.mismatch(f"the model has {len(those)} layers of kind {name}, the file {len(groups)} (in {place})")
        for below, layer in zip(groups, those, strict=False):
            _plan(below, layer, loading, used)


def _groups_of(container: Group, name: str) -> list[Group]:
    """Groups name, name_1, name_2, ... that hold arrays."""
    pattern = re.compile(rf"{re.escape(name)}(?:_(\d{{1,6}}))?")
    numbered = sorted((int(m[1] or 0), m[0]) for n in container.names() if (m := pattern.fullmatch(n)))
    groups = [container.group(n) for _, n in numbered]
    return [g for g in groups if g is not None and any(not _NOT_OURS.search(d.place) for d in g.datasets())]


def number_of(name: str) -> tuple[int, str]:
    """Sorts "10" behind "9"."""
    return (int(name), name) if name.isascii() and name.isdecimal() else (10**9, name)
