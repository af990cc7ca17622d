"""A model as the JSON configuration that Keras 3 stores, and back from the configurations of every Keras.

Sequential: {"name", "layers": [...], "build_input_shape"}; in Keras 1, and Keras 2 up to 2.2.2, a bare list of layers.
Functional: {"name", "layers": [... each with "name" and "inbound_nodes"], "input_layers", "output_layers"}.
"""

from collections.abc import Mapping

from fastcnn.compat.notes import silent
from fastcnn.layers import InputLayer
from fastcnn.layers.base import Layer
from fastcnn.models import Model, Sequential
from fastcnn.saving.graphs import graph_config, model_of_graph
from fastcnn.saving.known import MODELS, Reader
from fastcnn.saving.objects import arguments_of, serialize_object


def model_config(model: Model) -> dict:
    """What Model.get_config returns: everything that rebuilds the model, weights aside."""
    first = {"name": model.name, "trainable": model.trainable, "dtype": model.dtype}
    if isinstance(model, Sequential):
        layers = [layer_entry(layer) for layer in model.layers]
        if not model.built:
            return first | {"layers": layers}
        entry = layer_entry(model.input.node.layer)
        return first | {"layers": [entry, *layers], "build_input_shape": list(model.input_shape)}
    if model.is_written or not model.built:
        return first | arguments_of(model)
    return first | graph_config(model.graph, layer_entry)


def layer_entry(layer: Layer) -> dict:
    """A layer in a model's configuration."""
    entry = serialize_object(layer)
    if isinstance(layer, InputLayer):
        dtype = layer.dtype or "float32"
        entry["config"] = {"batch_shape": list(layer.output_shape), "dtype": dtype, "name": layer.name}
    elif layer.built:
        entry["build_config"] = {"input_shape": _listed(layer.input_shape)}
    return entry


def _listed(shape: object) -> object:
    return [_listed(one) for one in shape] if isinstance(shape, (list, tuple)) else shape


@silent()
def model_from_entry(entry: object, reader: Reader) -> Model:
    """The model of {"class_name": ..., "config": ...}.

    Raises:
        ValueError: for what is no configuration of a model, with the place.
    """
    made = _layer(entry, reader)
    if not isinstance(made, Model):
        raise ValueError(f"its configuration is of a {type(made).__name__}, not of a model")
    return made


@silent()
def model_from_config(config: object, reader: Reader, cls: type[Model] | None = None) -> Model:
    """The model of a configuration as get_config gives it; `cls` where the caller knows the class."""
    if isinstance(config, list):
        config = {"layers": config}
    if not isinstance(config, Mapping):
        raise ValueError(f"the configuration of a model must be an object. Received: {type(config).__name__}")
    if cls is not None and cls not in (Model, Sequential) and "layers" not in config:
        return reader.build(cls, dict(config), "layers")
    entries = config.get("layers")
    if not isinstance(entries, list) or not entries:
        raise ValueError("the configuration of a model must list its layers")
    if "input_layers" in config:
        model = model_of_graph(config, lambda entry: _layer(entry, reader), cls or Model)
    else:
        model = _sequential(config, entries, reader, cls or Sequential)
    if config.get("trainable") is False:
        model.trainable = False
    return model


def _sequential(config: Mapping, entries: list, reader: Reader, cls: type[Sequential]) -> Sequential:
    model = cls(name=config.get("name"), dtype=_dtype(config))
    for number, entry in enumerate(entries):
        try:
            model.add(_layer(entry, reader))
        except ValueError as error:
            raise ValueError(f"layer {number + 1} of {model.name!r}: {error}") from error
    # input_shape: files of this package's first version
    shape = config.get("build_input_shape", config.get("input_shape"))
    if not model.built and isinstance(shape, list) and all(isinstance(size, int) for size in shape[1:]):
        model.build(tuple(shape))
    return model


def _dtype(config: Mapping) -> str:
    return "float64" if config.get("dtype") == "float64" else "float32"


def _layer(entry: object, reader: Reader) -> Layer:
    """The layer or model of an entry."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("class_name"), str):
        raise ValueError("a layer is not described by class_name and config")
    name = entry["class_name"].rpartition(">")[2]
    if name in MODELS and name not in reader.custom:
        return model_from_config(entry.get("config"), reader, Sequential if name == "Sequential" else Model)
    made = reader.object(entry, "layers")
    if not isinstance(made, Layer):
        raise ValueError(f"{name!r} is not a layer")
    if isinstance(made, Model) and not made.built:
        shape = (entry.get("build_config") or {}).get("input_shape")
        if isinstance(shape, list):
            made.build(tuple(shape))
    return made
