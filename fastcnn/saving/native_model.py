"""A model as a native file and back: which arrays a configuration means, and who may be built from one.

Only the layers, optimizers and losses of this package can come out of a file: a closed table, no names to import.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fastcnn import layers, losses, optimizers
from fastcnn.engine.variable import Variable
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import abstract_weights
from fastcnn.models import Sequential
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.native import read_model, write_model

LAYERS = {name: cls for name in layers.__all__ if isinstance(cls := getattr(layers, name), type) and cls is not Layer}

Shapes = dict[str, tuple[tuple[int, ...], object]]


def save_model(model: Sequential, path: str | Path) -> None:
    """Writes weights, configuration, and if compiled the optimizer's state."""
    config = {
        "class_name": "Sequential",
        "config": require_built(model).get_config(),
        "compile": _compile_config(model),
    }
    write_model(path, config, _arrays(model), _training(model))


def save_weights(model: Sequential, path: str | Path) -> None:
    """Writes the weights alone."""
    config = {"class_name": "Sequential", "config": require_built(model).get_config(), "compile": None}
    write_model(path, config, _of_layers(_arrays(model)))


def load_weights(model: Sequential, path: str | Path) -> None:
    """Reads the weights of a file into a built model of the same shapes, layer by layer in order.

    Raises:
        ModelFileError: when the file is damaged or holds other shapes; the model is unchanged then.
    """
    _, arrays, _ = read_model(path, _expected)
    found = list(_of_layers(arrays).values())
    wanted = require_built(model).weights
    if [a.shape for a in found] != [w.shape for w in wanted]:
        shapes = f"expected weights of shapes {[w.shape for w in wanted]}. Received: {[a.shape for a in found]}"
        raise ModelFileError(path, f"{shapes}; the file is of another network")
    for variable, array in zip(wanted, found, strict=True):
        variable.assign(array)


def load_model(path: str | Path, compile: bool = True) -> Sequential:
    """Reads a model; with compile it goes on training where it stopped.

    Raises:
        ModelFileError: when the file is damaged, incomplete or not of this kind.
    """
    config, arrays, training = read_model(path, _expected)
    model = _skeleton(config)
    for name, variable in _variables(model).items():
        variable.value = arrays[name]  # nothing is bound to the new model's arrays yet
    if model.optimizer is not None and training is not None:
        model.optimizer.iterations = int(training.get("iterations", 0))
    if not compile:
        model.optimizer = model.loss_function = model.loss = None
    return model


def model_from_config(config: Mapping, abstract: bool = False) -> Sequential:
    """The model of a configuration; abstract: weights have shapes but no memory, until they are given arrays."""
    if abstract:
        with abstract_weights():
            return model_from_config(config)
    model = Sequential(name=config["name"], dtype=config["dtype"])
    shape = config["input_shape"]
    if shape is not None:
        model.add(layers.InputLayer(batch_shape=tuple(shape)))
    for entry in config["layers"]:
        cls = LAYERS.get(entry["class_name"])
        if cls is None:
            raise ValueError(f"unknown layer. Received: {entry['class_name']!r}. Known: {', '.join(sorted(LAYERS))}")
        model.add(cls.from_config(entry["config"]))
    return model


def _expected(config: Mapping) -> Shapes:
    """Name, shape and type of every array that a file with this configuration holds; nothing is allocated."""
    return {name: (variable.shape, variable.dtype) for name, variable in _variables(_skeleton(config)).items()}


def _skeleton(config: Mapping) -> Sequential:
    if config.get("class_name") != "Sequential":
        raise ValueError(f"class_name must be 'Sequential'. Received: {config.get('class_name')!r}")
    try:
        model = model_from_config(config["config"], abstract=True)
        compiled = config["compile"]
        if compiled is not None:
            model.compile(optimizers.get(compiled["optimizer"]), losses.get(compiled["loss"]), compiled["metrics"])
            if compiled["slots"]:
                model.optimizer.build(model.trainable_weights)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the configuration is not one of this version: {error}") from error
    return model


def _compile_config(model: Sequential) -> dict | None:
    if model.optimizer is None:
        return None
    described = {
        name: {"class_name": type(item).__name__, "config": item.get_config()}
        for name, item in (("optimizer", model.optimizer), ("loss", model.loss_function))
    }
    # metrics that are functions or objects of the user's own cannot come out of a file
    metrics = [m for m in model.compiled_metrics if isinstance(m, str)]
    return described | {"metrics": metrics, "slots": bool(_slots(model))}


def _training(model: Sequential) -> dict | None:
    return None if model.optimizer is None else {"iterations": model.optimizer.iterations}


def _variables(model: Sequential) -> dict[str, Variable]:
    made = {
        f"layers/{number}/{weight.name.rsplit('/', 1)[-1]}": weight
        for number, layer in enumerate(model.layers)
        for weight in layer.weights
    }
    return made | {f"optimizer/{i}/{slot.name.rsplit('/', 1)[-1]}": slot for i, slot in enumerate(_slots(model))}


def _slots(model: Sequential) -> list[Variable]:
    """The optimizer's slots of the weights in training, in the weights' order; those trained earlier are left out."""
    if model.optimizer is None or not model.optimizer.variables:
        return []
    model.optimizer.build(model.trainable_weights)  # weights that were thawed since the last step
    return model.optimizer.slots_of(model.trainable_weights)


def _arrays(model: Sequential) -> dict[str, np.ndarray]:
    return {name: variable.value for name, variable in _variables(model).items()}


def _of_layers(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights alone, in the model's order."""
    return {name: array for name, array in arrays.items() if name.startswith("layers/")}


def require_built(model: Sequential) -> Sequential:
    """The model, if it has weights; else a ValueError that says what to do."""
    if not model.built:
        raise ValueError("the model has no weights yet: give the first layer input_shape=..., or fit it first")
    return model
