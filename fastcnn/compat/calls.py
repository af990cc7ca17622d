"""Calls in older spellings, translated before the called sees them, as the table says."""

import inspect
from collections.abc import Callable
from functools import cache, wraps

from fastcnn.compat import table
from fastcnn.compat.axes import follow_declared_shape
from fastcnn.compat.eras import optimizer_arguments
from fastcnn.compat.notes import note
from fastcnn.compat.windows import margins_of, window_of
from fastcnn.spelling import unexpected_argument

Call = tuple[tuple, dict]


def translate_call(cls: type, args: tuple, kwargs: dict) -> Call:
    """The present spelling of `cls(*args, **kwargs)`.

    Raises:
        TypeError: when an old and a new name for the same argument are both given, or for a value that is no more.
    """
    # A user's subclass without an __init__ of its own is called as its base.
    known = next(b for b in cls.__mro__ if "__init__" in vars(b) or b.__module__.startswith("fastcnn."))
    return _translate(known.__name__, parameters_of(cls), args, kwargs, whole_call=True)


def translate_layer(cls: type, args: tuple, kwargs: dict) -> tuple[tuple, dict, object]:
    """The present spelling of a layer's constructor call, and the `weights=[kernel, bias]` of Keras 1 and 2 or None."""
    args, kwargs = translate_call(cls, args, kwargs)
    follow_declared_shape(args, kwargs)
    return args, kwargs, None if "weights" in parameters_of(cls) else kwargs.pop("weights", None)


def accepts_old_names(function: Callable) -> Callable:
    """Decorates a function, method or __init__: it can be called in older spellings too."""
    signature = inspect.signature(function)
    parameters = frozenset(signature.parameters)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    name = function.__name__ if function.__name__ != "__init__" else function.__qualname__.split(".")[-2]
    valued = [argument for argument in table.VALUES if argument in parameters]

    @wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        args, kwargs = _translate(name, parameters, args, kwargs, whole_call=False)
        if not takes_any and (wrong := unexpected_argument(name, kwargs, parameters)):
            raise wrong
        if valued:  # they may have come by position
            bound = signature.bind(*args, **kwargs)
            for argument in set(valued) & set(bound.arguments):
                bound.arguments[argument] = _present_value(argument, bound.arguments[argument])
            args, kwargs = bound.args, bound.kwargs
        return function(*args, **kwargs)

    return call


@cache
def parameters_of(cls: type) -> frozenset[str]:
    """Names of all arguments of a class: its own and, as far as it hands keywords on, its bases'."""
    names: set[str] = set()
    for base in cls.__mro__:
        if "__init__" in vars(base) and base is not object:
            parameters = inspect.signature(base.__init__).parameters.values()
            names.update(p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD))
            if not any(p.kind is p.VAR_KEYWORD for p in parameters):
                break
    return frozenset(names)


def _translate(name: str, parameters: frozenset[str], args: tuple, kwargs: dict, whole_call: bool) -> Call:
    """args and kwargs in the present spelling, with a note when that changed anything.

    whole_call : whether the note shows all arguments, or the changed ones only.
    """
    kwargs = dict(kwargs)
    args, kwargs, spellings = window_of(name, args, kwargs)
    args, kwargs, margins = margins_of(name, args, kwargs)
    spellings += margins
    kwargs = _without_dropped(name, parameters, kwargs)
    translated, changed = _renamed(name, parameters, kwargs)
    for argument in translated:
        value = _present_value(argument, translated[argument])
        if value is not translated[argument]:
            translated[argument], changed[argument] = value, argument
    spellings += [f"{old}=" for old in dict.fromkeys(changed.values())]
    if spellings:
        shown = translated if whole_call else {key: translated[key] for key in changed}
        note(spellings, spelled(name, args if whole_call else ..., shown))
    return args, translated


def _renamed(owner: str, parameters: frozenset[str], kwargs: dict) -> tuple[dict, dict[str, str]]:
    """kwargs under their present names, and present name -> older name for those that changed."""
    own = table.OWN_ARGUMENTS.get(owner, {})
    renamed, changed = {}, {}
    for given, value in kwargs.items():
        present = own.get(given, () if given in parameters else table.ARGUMENTS.get(given, ()))
        known = [name for name in present if name in parameters] or [given]
        for name in known:
            if name != given and name in kwargs:
                raise TypeError(f"{owner}: {given!r} is the older name of {name!r}; give only one of them")
            renamed[name] = value
            if name != given:
                changed[name] = given
    for given in ("input_dim", "input_length"):
        if given in renamed and given not in parameters and "input_shape" in parameters:
            sizes = [renamed.pop(name) for name in ("input_length", "input_dim") if name in renamed]
            renamed["input_shape"] = tuple(sizes)
    return renamed, changed


def _present_value(argument: str, value: object) -> object:
    """The present spelling of an argument's value."""
    values = table.VALUES.get(argument)
    if values is None or not isinstance(value, (str, bool)):
        return value
    return values.get(value, value)


def _without_dropped(owner: str, parameters: frozenset[str], kwargs: dict) -> dict:
    """kwargs without those that mean nothing any more."""
    for argument in [name for name in kwargs if name in table.DROPPED and name not in parameters]:
        where, values, reason = table.DROPPED[argument]
        if owner not in where and not (where is table.LAYERS and "input_shape" in parameters):
            continue
        value = kwargs.pop(argument)
        if values is not table.ANY and value not in values:
            raise TypeError(f"{owner}: {argument} can no longer be chosen: {reason}. Received: {argument}={value!r}")
    return kwargs


def spelled(name: str, args: tuple | object, kwargs: dict) -> str:
    """The call as one would write it; long values, and all positional ones for args=..., are left out."""
    parts = ["..."] if args is ... else [_short(value) for value in args]
    parts += [f"{key}={_short(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def _short(value: object) -> str:
    plain = isinstance(value, (int, float, str, bool, type(None)))
    if plain or (isinstance(value, (tuple, list)) and all(isinstance(v, (int, tuple, type(None))) for v in value)):
        return repr(value)
    return "..."


def fill_when_built(layer: object, weights: object) -> None:
    """Keras 1's and 2's `weights=[kernel, bias]`: the layer starts with these instead of drawn ones."""
    build = layer.build

    def build_and_fill(input_shape: tuple) -> None:
        build(input_shape)
        if layer._origin.rng is not None:  # else only shapes are wanted
            layer.set_weights(weights)

    layer.build = build_and_fill


class RenamedOptimizer(type):
    """Optimizers: `lr` is learning_rate; `decay` divides the rate by 1 + decay * iterations, as Keras 1 and 2 did.

    A call in these spellings has these versions' defaults.
    """

    def __call__(cls, *args: object, **kwargs: object) -> object:
        args, kwargs = translate_call(cls, args, optimizer_arguments(cls, args, kwargs))
        decay = kwargs.pop("decay", 0.0)
        try:
            optimizer = super().__call__(*args, **kwargs)
        except TypeError as error:
            raise unexpected_argument(cls.__name__, kwargs, parameters_of(cls)) or error from None
        optimizer.inverse_time_decay = float(decay)
        return optimizer

    def __init__(cls, name: str, bases: tuple, namespace: dict):
        super().__init__(name, bases, namespace)
        if "learning_rate" in namespace:
            cls.lr = namespace["learning_rate"]
