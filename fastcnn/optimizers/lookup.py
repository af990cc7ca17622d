"""From a name to an optimizer."""

from fastcnn.optimizers.base import Optimizer
from fastcnn.optimizers.methods import SGD, Adam, AdamW, RMSprop

_CLASSES = {cls.__name__.lower(): cls for cls in (SGD, RMSprop, Adam, AdamW)}


def get(identifier: object) -> Optimizer:
    """The optimizer of that name (any case), {"class_name": ..., "config": ...}, or the instance itself.

    Raises:
        ValueError: for an unknown name; the message lists those that are known.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    name, config = identifier, {}
    if isinstance(identifier, dict):
        name, config = identifier.get("class_name"), identifier.get("config", {})
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()
    if not isinstance(name, str) or name.lower() not in _CLASSES:
        known = ", ".join(sorted(_CLASSES))
        raise ValueError(f"unknown optimizer. Received: {identifier!r}. Known: {known}")
    return _CLASSES[name.lower()].from_config(config)
