"""The graph of a functional model as JSON, and back from what Keras 1, 2 and 3 store.

A layer's "inbound_nodes" lists its calls. Keras 3: {"args": [tensor or list of tensors], "kwargs"}, a tensor being
{"class_name": "__keras_tensor__", "config": {"shape", "dtype", "keras_history": [layer, call, output]}}.
Keras 1 and 2: a list of [layer, call, output] or [layer, call, output, kwargs], one for each input.
"""

from collections.abc import Callable, Mapping

from fastcnn.layers import InputLayer
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import Graph, Node, SymbolicTensor
from fastcnn.models import Model

MAX_LAYERS = 10_000
History = tuple[str, int, int]  # name of a layer, number of its call, number of that call's output


def graph_config(graph: Graph, layer_entry: Callable[[Layer], dict]) -> dict:
    """layers, input_layers and output_layers of a functional model."""
    within = {id(node) for node in graph.nodes}
    calls = {layer: [node for node in layer.nodes if id(node) in within] for layer in graph.layers}
    number = {id(node): position for nodes in calls.values() for position, node in enumerate(nodes)}

    def history(tensor: SymbolicTensor) -> list:
        return [tensor.name, number[id(tensor.node)], tensor.number]

    def described(tensor: SymbolicTensor) -> dict:
        config = {"shape": list(tensor.shape), "dtype": tensor.dtype, "keras_history": history(tensor)}
        return {"class_name": "__keras_tensor__", "config": config}

    def call(node: Node) -> dict:
        args = [described(tensor) for tensor in node.inputs]
        kwargs = {} if node.training is None else {"training": node.training}
        return {"args": [args] if isinstance(node.layer.input_shape, list) else args, "kwargs": kwargs}

    layers = [
        layer_entry(layer) | {"name": layer.name, "inbound_nodes": [call(node) for node in nodes if node.inputs]}
        for layer, nodes in calls.items()
    ]
    ends = {"input_layers": graph.inputs, "output_layers": graph.outputs}
    shown = {key: [history(tensor) for tensor in tensors] for key, tensors in ends.items()}
    return {"layers": layers} | {key: all_[0] if len(all_) == 1 else all_ for key, all_ in shown.items()}


def model_of_graph(config: Mapping, make_layer: Callable[[object], Layer], cls: type[Model]) -> Model:
    """The model of a functional configuration.

    Raises:
        ValueError: for calls that refer to what is not there, or in a circle.
    """
    layers: dict[str, Layer] = {}
    calls: dict[str, list[tuple[list[History], bool, dict]]] = {}
    if len(config["layers"]) > MAX_LAYERS:
        raise ValueError(f"it lists more than {MAX_LAYERS:,} layers")
    for entry in config["layers"]:
        layer = make_layer(entry)
        name = entry.get("name", layer.name)
        if name in layers:
            raise ValueError(f"two layers are called {str(name)[:80]!r}")
        layers[name], calls[name] = layer, [_call(node) for node in _list(entry.get("inbound_nodes", []))]
    made = _connect(layers, calls)
    ends = []
    for key in ("input_layers", "output_layers"):
        found = _histories(config[key])
        tensors = [_find(made, calls, layers, history) for history in found]
        if None in tensors or not tensors:
            raise ValueError(f"its {key} name what no layer makes: {found}")
        ends.append(tensors)
    model = cls(*ends, name=config.get("name"))
    order = {layer: position for position, layer in enumerate(layers.values())}
    model.graph.layers.sort(key=lambda layer: order[layer])  # that of the weights in the file
    return model


def _connect(layers: dict[str, Layer], calls: dict[str, list]) -> dict[tuple[str, int], Node]:
    """Makes the calls, each as soon as what it reads is there; (name of layer, number of call) -> node."""
    made: dict[tuple[str, int], Node] = {}
    for name, layer in layers.items():
        if isinstance(layer, InputLayer):
            made[name, 0] = layer.tensor.node
    waiting = {(name, n): call for name, listed in calls.items() for n, call in enumerate(listed)}
    while waiting:
        before = len(waiting)
        for key, (reads, several, kwargs) in list(waiting.items()):
            tensors = [_find(made, calls, layers, history) for history in reads]
            if None not in tensors and (key[1] == 0 or (key[0], key[1] - 1) in made):
                layers[key[0]](tensors if several else tensors[0], **kwargs)
                made[key] = layers[key[0]].nodes[-1]
                del waiting[key]
        if len(waiting) == before:
            name = next(iter(waiting))[0]
            raise ValueError(f"layer {str(name)[:80]!r} reads what no layer makes, or itself")
    return made


def _find(made: dict, calls: dict, layers: dict[str, Layer], history: History) -> SymbolicTensor | None:
    """The tensor that [layer, call, output] means; None as long as it is not there."""
    name, number, output = history
    if (name, number) not in made and isinstance(layers.get(name), Model) and number == len(calls[name]):
        number -= 1  # Keras 2 counts the calls of models from 1
    node = made.get((name, number))
    return node.outputs[output] if node is not None and 0 <= output < len(node.outputs) else None


def _call(node: object) -> tuple[list[History], bool, dict]:
    """What one call reads, whether as a list, and `training` if it was given."""
    if isinstance(node, Mapping):
        args = _list(node.get("args"))
        several = len(args) == 1 and isinstance(args[0], list)
        tensors = args[0] if several else args
        reads = [_history_of(tensor) for tensor in tensors]
        kwargs = node.get("kwargs", {})
    else:
        listed = _list(node)
        reads = _histories([item[:3] if isinstance(item, list) else item for item in listed])
        several = len(reads) > 1
        kwargs = next((item[3] for item in listed if isinstance(item, list) and len(item) > 3), {})
    if not reads or (len(reads) > 1 and not several):
        raise ValueError("a layer is called with several arguments, which only Keras's own functions take")
    return reads, several, _kwargs(kwargs)


def _kwargs(kwargs: object) -> dict:
    if not isinstance(kwargs, Mapping):
        raise ValueError("a layer is called with arguments that are no object")
    for key, value in kwargs.items():
        if value is not None and not (key == "training" and isinstance(value, bool)):
            raise ValueError(f"a layer is called with {str(key)[:60]}={ascii(value)[:60]}, which is not supported")
    return {"training": kwargs["training"]} if kwargs.get("training") is not None else {}


def _history_of(tensor: object) -> History:
    if not isinstance(tensor, Mapping) or tensor.get("class_name") != "__keras_tensor__":
        raise ValueError(f"a layer is called with {ascii(tensor)[:80]} in place of another layer's output")
    return _histories([(tensor.get("config") or {}).get("keras_history")])[0]


def _histories(value: object) -> list[History]:
    """[layer, call, output], or a list of such."""
    listed = _list(value)
    if listed and isinstance(listed[0], str):
        listed = [listed]
    for item in listed:
        if not isinstance(item, list) or len(item) != 3 or [type(part) for part in item] != [str, int, int]:
            raise ValueError(f"a call must be named by [layer, call, output]. Received: {ascii(item)[:80]}")
    return [tuple(item) for item in listed]


def _list(value: object) -> list:
    if not isinstance(value, list):
        raise ValueError(f"expected a list in its graph. Received: {ascii(value)[:80]}")
    return value
