"""A user's own classes and functions under names that models and files may use, for the process or for a block."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

_objects: dict[str, object] = {}
_names: dict[object, str] = {}


def get_custom_objects() -> dict[str, object]:
    """The dictionary of name -> class or function itself: what is put in holds from then on."""
    return _objects


@contextmanager
def custom_object_scope(
    custom_objects: Mapping[str, object] | None = None, *more: Mapping[str, object]
) -> Iterator[None]:
    """Names that hold inside a `with` block: `with custom_object_scope({"dice": dice}): load_model(...)`."""
    before = dict(_objects)
    for mapping in (custom_objects or {}, *more):
        _objects.update(mapping)
    try:
        yield
    finally:
        _objects.clear()
        _objects.update(before)


CustomObjectScope = custom_object_scope


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Callable], Callable]:
    """Decorates a class or function so that files with it can be read: under its name, and as package>name.

    Raises:
        ValueError: for a class without get_config.
    """

    def register(found: Callable) -> Callable:
        if isinstance(found, type) and not hasattr(found, "get_config"):
            raise ValueError(f"register_keras_serializable: {found.__name__} has no get_config")
        full = f"{package}>{name or found.__name__}"
        _objects[full] = _objects[found.__name__] = found
        _names[found] = full
        return found

    return register


def get_registered_name(found: object) -> str:
    """package>name of what was registered, else its __name__."""
    return _names.get(found) or found.__name__


def get_registered_object(name: str, custom_objects: Mapping[str, object] | None = None) -> object | None:
    """What is registered under a name, None when nothing is."""
    return known(custom_objects).get(name)


def known(custom_objects: Mapping[str, object] | None = None) -> dict[str, object]:
    """All of a user's own names; those given come first."""
    return {**_objects, **(custom_objects or {})}


def resolve(identifier: object) -> object:
    """What is registered under `identifier` if that is a name, else `identifier` itself."""
    return _objects.get(identifier, identifier) if isinstance(identifier, str) else identifier
