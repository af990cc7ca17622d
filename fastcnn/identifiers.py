"""From names and configurations to objects, for the small families: regularizers, constraints."""

from collections.abc import Callable, Mapping

from fastcnn import custom_objects as custom
from fastcnn.compat.names import present_name
from fastcnn.spelling import suggestion


def look_up(kind: str, known: Mapping[str, Callable], identifier: object) -> Callable | None:
    """The object of a name, class, {"class_name": ..., "config": ...}, or function; instances and None pass.

    kind : what it is called in errors. known : name -> class, or function that makes an instance.

    Raises:
        ValueError: for what is none of these; the message lists the names that are known.
    """
    identifier = custom.resolve(identifier)
    if identifier is None:
        return None
    if isinstance(identifier, Mapping):
        return from_description(kind, known, identifier)
    made = known.get(present_name(f"{kind}s", identifier)) if isinstance(identifier, str) else identifier
    if not callable(made):
        raise _unknown(kind, known, identifier)
    return made() if isinstance(identifier, (str, type)) else made


def description(thing: Callable) -> dict | str:
    """{"class_name": ..., "config": ...} of an object with get_config, or a function's name."""
    if hasattr(thing, "get_config"):
        return {"class_name": type(thing).__name__, "config": thing.get_config()}
    return thing.__name__


def from_description(
    kind: str, known: Mapping[str, Callable], described: object, custom_objects: Mapping | None = None
) -> Callable:
    """What `description` described; custom_objects (name -> class or function) come before those known.

    Raises:
        ValueError: for a name that is in neither.
    """
    config = described if isinstance(described, Mapping) else {"class_name": described}
    name, own = config.get("class_name"), custom.known(custom_objects)
    if name not in own:
        if name not in known:
            raise _unknown(kind, known, name)
        found = known[name]
        return found.from_config(config.get("config", {})) if isinstance(found, type) else found()
    found = own[name]
    return found.from_config(config.get("config", {})) if isinstance(found, type) else found


def _unknown(kind: str, known: Mapping[str, Callable], identifier: object) -> ValueError:
    return ValueError(
        f"unknown {kind}. Received: {identifier!r}{suggestion(identifier, known)}. Known: {', '.join(sorted(known))}"
    )
