"""From a name or configuration to an optimizer, and back."""

from fastcnn import identifiers
from fastcnn.optimizers.adafactor import Adafactor
from fastcnn.optimizers.adaptive import Adadelta, Adagrad, Adamax, Ftrl, Lamb, Lion, Nadam
from fastcnn.optimizers.base import Optimizer
from fastcnn.optimizers.methods import SGD, Adam, AdamW, RMSprop
from fastcnn.spelling import suggestion

CLASSES = (SGD, RMSprop, Adam, AdamW, Adadelta, Adagrad, Adamax, Nadam, Ftrl, Lion, Lamb, Adafactor)
_BY_NAME = {cls.__name__.lower(): cls for cls in CLASSES}


def get(identifier: object) -> Optimizer:
    """The optimizer of that name (any case), {"class_name": ..., "config": ...}, or the instance itself.

    Raises:
        ValueError: for an unknown name; the message lists those that are known.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if not isinstance(identifier, str) or identifier.lower() not in _BY_NAME:
        raise _unknown(identifier)
    return _BY_NAME[identifier.lower()]()


def serialize(optimizer: Optimizer) -> dict:
    """{"class_name": ..., "config": ...}."""
    return identifiers.description(optimizer)


def deserialize(config: dict, custom_objects: dict | None = None) -> Optimizer:
    """The optimizer that serialize described; custom_objects: classes of the user's own, by name.

    Raises:
        ValueError: for a class that is neither of this package nor in custom_objects.
    """
    name = config.get("class_name")
    known = _BY_NAME.get(name.lower()) if isinstance(name, str) else None
    cls = (custom_objects or {}).get(name, known)
    if cls is None:
        raise _unknown(name)
    return cls.from_config(config.get("config", {}), custom_objects)


def _unknown(name: object) -> ValueError:
    return ValueError(
        f"unknown optimizer. Received: {name!r}{suggestion(name, _BY_NAME)}. Known: {', '.join(sorted(_BY_NAME))}"
    )
