"""From a name, function or description to a loss, and back."""

from collections.abc import Callable, Mapping

from fastcnn.compat.losses import OLDER_NAMES
from fastcnn.custom_objects import known
from fastcnn.layers.naming import snake_case
from fastcnn.losses import crossentropy, functions, written
from fastcnn.losses.base import Loss
from fastcnn.spelling import suggestion

CLASSES: dict[str, type[Loss]] = {
    cls.__name__: cls
    for module in (crossentropy, written)
    for cls in vars(module).values()
    if isinstance(cls, type) and hasattr(functions, snake_case(cls.__name__))
}
FUNCTIONS: dict[str, Callable] = {snake_case(name): getattr(functions, snake_case(name)) for name in CLASSES}
_BY_FUNCTION = {FUNCTIONS[snake_case(name)]: cls for name, cls in CLASSES.items()}
_CHOSEN_BY_SHAPE = ("crossentropy", "ce")
NOT_OFFERED = {
    "ctc": "CTC is for sequences of text and sound",
    "circle": "Circle is for embeddings; write it as a function of (y_true, y_pred) in fastcnn.ops",
}


def make(identifier: object, custom_objects: Mapping[str, object] | None = None) -> Loss:
    """The Loss that compile(loss=identifier) means.

    identifier : a name, a Loss or its class, a function of (y_true, y_pred), or {"class_name": ..., "config": ...}.
    custom_objects : name -> function or class of the user's own, besides those that are registered.

    Raises:
        ValueError: for an unknown name; the message lists those that are known.
    """
    identifier = _only(identifier)
    if isinstance(identifier, str) and identifier in _CHOSEN_BY_SHAPE:
        return crossentropy.AutoCrossentropy()
    found = get(identifier, custom_objects)
    if isinstance(found, Loss):
        return found
    if found is None:
        raise _unknown(identifier)
    return _BY_FUNCTION[found]() if found in _BY_FUNCTION else written.LossFunctionWrapper(found)


def _only(identifier: object) -> object:
    """The one loss of a list, or of a dictionary by output, as models of one output may be given it."""
    by_output = isinstance(identifier, Mapping) and "class_name" not in identifier
    if not by_output and not isinstance(identifier, (list, tuple)):
        return identifier
    if len(identifier) != 1:
        raise ValueError(f"expected one loss, for the model's one output. Received {len(identifier)}: {identifier!r}")
    return next(iter(identifier.values() if by_output else identifier))


def get(identifier: object, custom_objects: Mapping[str, object] | None = None) -> Loss | Callable | None:
    """Keras's losses.get: a function for a function's name, a Loss for anything else; None stays None.

    Raises:
        ValueError: for an unknown name; the message lists those that are known.
    """
    if isinstance(identifier, dict):
        return deserialize(identifier, custom_objects)
    if isinstance(identifier, str):
        own = known(custom_objects).get(identifier)
        found = own or FUNCTIONS.get(OLDER_NAMES.get(identifier, identifier)) or CLASSES.get(identifier)
        if found is None:
            raise _unknown(identifier)
        identifier = found
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if identifier is not None and not callable(identifier):
        raise _unknown(identifier)
    return identifier


def serialize(loss: Loss | Callable) -> dict | str:
    """A description from which `deserialize` makes the loss again: class and arguments, or a function's name."""
    if isinstance(loss, Loss):
        return {"class_name": type(loss).__name__, "config": loss.get_config()}
    return loss.__name__


def deserialize(config: Mapping | str, custom_objects: Mapping[str, object] | None = None) -> Loss | Callable:
    """The loss of a description.

    Raises:
        ValueError: for a class or function that is neither of this package nor among `custom_objects`.
    """
    if isinstance(config, str):
        return get(config, custom_objects)
    name, arguments, own = config.get("class_name"), dict(config.get("config") or {}), known(custom_objects)
    if name == written.LossFunctionWrapper.__name__:
        function = arguments.pop("fn", None)
        function = function.get("config") if isinstance(function, Mapping) else function
        if function not in own:
            raise ValueError(
                f"the loss {function!r} is a function of your own: give custom_objects={{{function!r}: ...}}"
            )
        return written.LossFunctionWrapper(own[function], **arguments)
    if name == crossentropy.AutoCrossentropy.__name__:
        return crossentropy.AutoCrossentropy.from_config(arguments)
    cls = own.get(name) or CLASSES.get(name)
    if cls is None:
        raise _unknown(name)
    return cls.from_config(arguments)


def _unknown(identifier: object) -> ValueError:
    reason = NOT_OFFERED.get(identifier.lower()) if isinstance(identifier, str) else None
    if reason is not None:
        return ValueError(f"loss {identifier!r} is not offered: {reason}")
    names = sorted([*FUNCTIONS, *OLDER_NAMES, *_CHOSEN_BY_SHAPE])
    hint = suggestion(identifier, names)
    return ValueError(
        f"unknown loss. Received: {identifier!r}{hint}. Known: {', '.join(names)}; or a function of (y_true, y_pred)"
    )
