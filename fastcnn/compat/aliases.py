"""Two names for one thing: ``acc`` and ``accuracy``, ``lr`` and ``learning_rate``."""

from typing import Any

from fastcnn.compat import table

_TWINS = {
    prefix + name: prefix + twin
    for first, second in table.LOG_KEYS
    for name, twin in ((first, second), (second, first))
    for prefix in ("", "val_")
}


class AliasDict(dict):
    """A dict whose look-ups also find ``key``'s twin; the keys it stores and lists are those it was given."""

    def __missing__(self, key: Any) -> Any:
        twin = twin_of(key)
        if twin is not None and dict.__contains__(self, twin):
            return dict.__getitem__(self, twin)
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        return dict.__contains__(self, key) or dict.__contains__(self, twin_of(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of ``key`` or of its twin, else ``default``."""
        try:
            return self[key]
        except KeyError:
            return default

    def copy(self) -> "AliasDict":
        """Return a shallow copy that keeps the look-up."""
        return AliasDict(self)


def twin_of(key: Any) -> str | None:
    """Return the other spelling of ``key``, or None."""
    return _TWINS.get(key) if isinstance(key, str) else None


def take_renamed(owner: str, kwargs: dict[str, Any], old: str, default: Any) -> Any:
    """Return ``kwargs[old]`` if it is the only one, ``default`` if there are none.

    Raises TypeError for any other keyword, with ``owner`` in the message.
    """
    unknown = sorted(set(kwargs) - {old})
    if unknown:
        raise TypeError(f"{owner}: unexpected arguments. Received: {', '.join(unknown)}")
    return kwargs.get(old, default)
