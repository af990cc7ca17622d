"""Nested dicts and lists with arrays in them, as a file of this package and back."""

import os
from pathlib import Path

import numpy as np

from fastcnn.saving.native import read_model, write_model

_LONG = 16  # numbers in a list from which on they are stored as an array


def write_tree(path: str | os.PathLike, kind: str, tree: object) -> None:
    """Write dicts with text keys, lists, arrays, numbers, texts, truth values and None, in one atomic step.

    kind : says what the tree is; read_tree asks for the same.

    Raises
        ModelFileError for what cannot be stored, before anything is written
        OSError as write_model
    """
    arrays: dict[str, np.ndarray] = {}
    packed = _pack(tree, arrays)
    described = [[name, list(array.shape), array.dtype.str[1:]] for name, array in arrays.items()]
    write_model(path, {"kind": kind, "arrays": described}, arrays, {"tree": packed})


def read_tree(path: str | Path, kind: str) -> object:
    """Read what write_tree wrote; tuples come back as lists.

    Raises
        ModelFileError when the file is damaged or of another kind
        OSError when it cannot be read
    """

    def expected(config: dict) -> dict[str, tuple]:
        if config.get("kind") != kind:
            raise ValueError(f"expected a file of kind {kind!r}. Received: {config.get('kind')!r}")
        return {name: (shape, dtype) for name, shape, dtype in config["arrays"]}

    _, arrays, training = read_model(path, expected)
    return _unpack(training["tree"], arrays)


def _pack(value: object, arrays: dict[str, np.ndarray]) -> object:
    if isinstance(value, dict):
        return {"dict": [[str(key), _pack(item, arrays)] for key, item in value.items()]}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return {"array": _stored(value, arrays)}
    if isinstance(value, (list, tuple)):
        if len(value) >= _LONG and all(type(item) is float for item in value):
            return {"floats": _stored(np.array(value), arrays)}
        return [_pack(item, arrays) for item in value]
    if type(value) is float:
        return {"float": value.hex()}  # exact, and holds what JSON has no word for
    if type(value) is int and abs(value) >= 2**63:
        return {"int": hex(value)}
    return value


def _stored(array: np.ndarray, arrays: dict[str, np.ndarray]) -> str:
    name = f"arrays/{len(arrays)}"
    arrays[name] = np.array(array)
    return name


def _unpack(value: object, arrays: dict[str, np.ndarray]) -> object:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, held), *_ = value.items()
    if kind == "dict":
        return {key: _unpack(item, arrays) for key, item in held}
    if kind == "array":
        return arrays[held]
    if kind == "floats":
        return arrays[held].tolist()
    return float.fromhex(held) if kind == "float" else int(held, 16)
