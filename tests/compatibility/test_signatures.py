"""Our public classes and functions take Keras's parameters, by the same names, in the same order, with its defaults."""

import inspect
import json
from importlib import import_module
from pathlib import Path

import pytest

from tests.compatibility.notes import REFUSED

SIGNATURES = json.loads((Path(__file__).parent.parent / "golden" / "signatures.json").read_text(encoding="utf-8"))
# Parameters that differ, and why.
DIFFERENT: dict[tuple[str, str], str] = {
    ("Model.compile", "loss_weights"): "comes after metrics, as in Keras 1 and 2, whose scripts give metrics by place",
    ("Model.train_on_batch", "y"): "every loss needs labels",
    ("Model.test_on_batch", "y"): "every loss needs labels",
    ("Model.save", "zipped"): "one of **older: refused where it asks for a folder",
    ("models.save_model", "zipped"): "as of Model.save",
    ("Model.save_weights", "max_shard_size"): "one of **older: refused unless None, as files are whole",
    ("metrics.Metric", "name"): "comes first, as in Keras 2, whose subclasses give it by place",
    ("metrics.Metric", "dtype"): "comes after the name",
    ("losses.deserialize", "name"): "is called config, which it is",
    ("Model.export", "format"): "onnx is the one format there is",
}
# Classes whose name is made when none is given.
NAMED = ("losses.", "optimizers.schedules.")


def find(name: str) -> object:
    """What fastcnn has under a row's name."""
    path = f"models.{name}" if name.startswith("Model.") else name
    *modules, last = path.split(".")
    owner = [modules.pop()] if modules[-1][0].isupper() else []
    place = import_module(".".join(["fastcnn", *modules]))
    for part in [*owner, last]:
        place = getattr(place, part)
    return place


def parameters(found: object) -> dict[str, inspect.Parameter]:
    """Parameters in order; what a constructor hands on as **kwargs to its base class is taken from there."""
    if not inspect.isclass(found):
        return dict(inspect.signature(found).parameters)
    made: dict[str, inspect.Parameter] = {}
    for cls in found.__mro__:
        if "__init__" in vars(cls):
            own = inspect.signature(cls.__init__).parameters
            made |= {name: p for name, p in own.items() if name not in made}
            if not any(p.kind is p.VAR_KEYWORD for p in own.values()):
                break
    return made


def spread(default: object, like: object) -> object:
    """A default in the form of Keras's: one number for all axes written out, tuples as lists, names in lower case."""
    if isinstance(default, str):
        return default.lower()
    if isinstance(like, list) and isinstance(default, int):
        return [default] * len(like)
    return json.loads(json.dumps(default)) if isinstance(default, tuple) else default


def same_default(name: str, parameter: str, ours: object, keras: object) -> bool:
    """Whether leaving the parameter out means what it means in Keras."""
    if keras is None:  # None, or nothing that JSON can hold
        return True
    if parameter == "name" and ours is None and name.startswith(NAMED):
        needed = [p for p in inspect.signature(find(name)).parameters.values() if p.default is p.empty]
        return find(name)(*[1] * len(needed)).name == keras
    return spread(ours, keras) == spread(keras, keras)


@pytest.mark.parametrize("name", [name for name in SIGNATURES if name not in REFUSED])
def test_parameters_are_those_of_keras(name):
    ours = {n: p for n, p in parameters(find(name)).items() if n not in ("self", "cls")}
    positional = [n for n, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    problems = []
    for place, (parameter, optional, default) in enumerate(SIGNATURES[name]):
        if (name, parameter) in DIFFERENT:
            continue
        if parameter not in ours:
            problems.append(f"{parameter} is missing")
            continue
        given = ours[parameter].default
        if optional and (given is inspect.Parameter.empty or not same_default(name, parameter, given, default)):
            problems.append(f"{parameter}={given!r}, Keras has {default!r}")
        if parameter in positional and place < 3 and positional.index(parameter) != place:
            problems.append(f"{parameter} is number {positional.index(parameter)}, in Keras {place}")
    assert not problems, ", ".join(problems)


def test_parameters_that_differ_exist():
    assert all(parameter in [n for n, *_ in SIGNATURES[name]] for name, parameter in DIFFERENT)
