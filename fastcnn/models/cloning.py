"""clone_model: a model of the same layers with fresh weights, or of what a function makes of each layer."""

from collections.abc import Callable, Sequence

from fastcnn.layers.base import Layer
from fastcnn.layers.graph import SymbolicTensor
from fastcnn.layers.input import Input
from fastcnn.models.model import Model
from fastcnn.models.sequential import Sequential


def clone_model(
    model: Model,
    input_tensors: SymbolicTensor | Sequence[SymbolicTensor] | None = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., object] | None = None,
    recursive: bool = False,
) -> Model:
    """A model of the same layers with fresh weights.

    input_tensors : what Input() gave, for the copy to read.
    clone_function : layer -> the layer that takes its place, by default a fresh one of the same configuration.
    call_function : (layer, inputs) -> outputs, in place of calling the layer; not for a Sequential.
    recursive : the two functions meet the layers of models inside, too.

    Raises:
        ValueError: for functions, where the model has a `call` of its own or no known input.
    """
    if input_tensors is None and clone_function is None and call_function is None:
        from fastcnn.saving.model import own_classes

        return type(model).from_config(model.get_config(), own_classes(model))
    if model.graph is None or model.is_written:
        raise ValueError(f"clone_model: {model.name!r} is no graph of layers, so its layers cannot be exchanged")
    chain = isinstance(model, Sequential)
    if chain and call_function is not None:
        raise ValueError("clone_model: call_function is for Model(inputs, outputs). Received a Sequential")
    made: dict[Layer, Layer] = {}

    def clone(layer: Layer) -> Layer:
        if layer not in made:
            inner = recursive and isinstance(layer, Model)
            made[layer] = (
                clone_model(layer, None, clone_function, None if isinstance(layer, Sequential) else call_function, True)
                if inner
                else (clone_function or _fresh)(layer)
            )
        return made[layer]

    x = _input_for(model, input_tensors)
    if chain:
        return Sequential([x, *map(clone, model.layers)], name=model.name)
    return Model(x, _outputs(model, x, clone, call_function or _call), name=model.name)


def _input_for(model: Model, given: object) -> SymbolicTensor:
    given = list(given) if isinstance(given, (list, tuple)) else [given]
    if len(given) != 1:
        raise ValueError(f"clone_model: expected one input tensor. Received: {len(given)}")
    if given[0] is None:
        return Input(batch_shape=model.input_shape, dtype=model.dtype, name=model.input.name)
    return given[0].tensor if isinstance(given[0], Layer) else given[0]


def _outputs(model: Model, x: SymbolicTensor, clone: Callable[[Layer], Layer], call: Callable) -> list[SymbolicTensor]:
    tensors = {id(model.input): x}
    for node in model.graph.nodes:
        if node.inputs:
            inputs = [tensors[id(t)] for t in node.inputs]
            options = {} if node.training is None else {"training": node.training}
            outputs = call(clone(node.layer), inputs if len(inputs) > 1 else inputs[0], **options)
            outputs = outputs if isinstance(outputs, list) else [outputs]
            tensors.update(zip(map(id, node.outputs), outputs, strict=True))
    return [tensors[id(t)] for t in model.outputs]


def _fresh(layer: Layer) -> Layer:
    return type(layer).from_config(layer.get_config())


def _call(layer: Layer, *args: object, **kwargs: object) -> object:
    return layer(*args, **kwargs)
