"""A model as a native file and back: which arrays a configuration means."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fastcnn.config import using
from fastcnn.engine.variable import Variable
from fastcnn.layers.graph import abstract_weights
from fastcnn.models import Model
from fastcnn.saving.compiled import compile_config, compile_model
from fastcnn.saving.configs import layer_entry, model_from_entry
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.known import Reader
from fastcnn.saving.loading import place
from fastcnn.saving.native import read_model, write_model

Shapes = dict[str, tuple[tuple[int, ...], object]]


def save_model(model: Model, path: str | Path, include_optimizer: bool = True) -> None:
    """Writes weights, configuration, and if compiled the optimizer's state."""
    compiled = compile_config(model) if include_optimizer else None
    if compiled is None:
        write_model(path, _config(model, None), _of_layers(_arrays(model)))
        return
    compiled["slots"] = bool(_slots(model))
    write_model(path, _config(model, compiled), _arrays(model), {"iterations": model.optimizer.steps})


def save_weights(model: Model, path: str | Path) -> None:
    """Writes the weights alone."""
    write_model(path, _config(model, None), _of_layers(_arrays(model)))


def _config(model: Model, compiled: dict | None) -> dict:
    return layer_entry(model) | {"compile": compiled}


def load_weights(model: Model, path: str | Path, custom_objects: Mapping[str, object]) -> None:
    """Reads the weights of a file into a built model of the same shapes, layer by layer in order.

    Raises:
        ModelFileError: when the file is damaged or holds other shapes; the model is unchanged then.
    """
    _, arrays, _ = read_model(path, lambda config: _shapes(skeleton(config, Reader(custom_objects))))
    found = list(_of_layers(arrays).values())
    wanted = model.weights
    if [a.shape for a in found] != [w.shape for w in wanted]:
        shapes = f"expected weights of shapes {[w.shape for w in wanted]}. Received: {[a.shape for a in found]}"
        raise ModelFileError(path, f"{shapes}; the file is of another network")
    for variable, array in zip(wanted, found, strict=True):
        variable.assign(array)


def load_model(path: str | Path, reader: Reader, compile: bool = True) -> Model:
    """Reads a model; with compile it goes on training where it stopped.

    Raises:
        ModelFileError: when the file is damaged, incomplete or not of this kind.
    """
    made: list[Model] = []  # the skeleton whose arrays the file was compared with

    def expected(config: Mapping) -> Shapes:
        made.append(skeleton(config, reader, compile))
        return _shapes(made[0])

    _, arrays, training = read_model(path, expected)
    model = made[0]
    for name, variable in _variables(model).items():
        place(variable, arrays[name])
    if model.optimizer is not None and training is not None:
        model.optimizer.steps = int(training.get("iterations", 0))
    if not compile:
        model.optimizer = None
    return model


def skeleton(config: Mapping, reader: Reader, compile: bool = False) -> Model:
    """The model that a configuration means, its weights without memory, and its optimizer's slots if the file has them.

    compile : also its loss and metrics, which may be the caller's own.
    """
    compiled = config.get("compile")
    with abstract_weights(), using(era="keras3"):  # what was made with older defaults has names of its own
        model = model_from_entry(config, reader)
        if isinstance(compiled, Mapping):
            if compile:
                compile_model(model, compiled, reader)
            else:
                model.optimizer = reader.object(compiled.get("optimizer"), "optimizers")
            if compiled.get("slots"):
                model.optimizer.build(model.trainable_weights)
    return model


def _shapes(model: Model) -> Shapes:
    """Name, shape and type of every array that the file of such a model holds."""
    return {name: (variable.shape, variable.dtype) for name, variable in _variables(model).items()}


def _variables(model: Model) -> dict[str, Variable]:
    """What a file holds by name: layers/<number>/<weight>, optimizer/<number>/<slot>."""
    made: dict[str, Variable] = {}
    for number, layer in enumerate(model.layers):
        for weight in layer.weights:
            kind = weight.name.rsplit("/", 1)[-1]
            name, twin = f"layers/{number}/{kind}", 1
            while name in made and made[name] is not weight:  # a model in the model has several kernels
                name, twin = f"layers/{number}/{kind}_{twin}", twin + 1
            made[name] = weight
    return made | {f"optimizer/{i}/{slot.name.rsplit('/', 1)[-1]}": slot for i, slot in enumerate(_slots(model))}


def _slots(model: Model) -> list[Variable]:
    """The optimizer's slots of the weights in training, in the weights' order; those trained earlier are left out."""
    if model.optimizer is None or not model.optimizer.variables:
        return []
    model.optimizer.build(model.trainable_weights)  # weights that were thawed since the last step
    return model.optimizer.slots_of(model.trainable_weights)


def _arrays(model: Model) -> dict[str, np.ndarray]:
    return {name: variable.value for name, variable in _variables(model).items()}


def _of_layers(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights alone, in the model's order."""
    return {name: array for name, array in arrays.items() if name.startswith("layers/")}
