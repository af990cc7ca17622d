"""What a mistyped name was probably meant to be."""

import difflib
from collections.abc import Iterable, Mapping


def suggestion(name: object, known: Iterable[str]) -> str:
    """ " (did you mean 'adam'?)", or nothing when no known name is near."""
    near = difflib.get_close_matches(name, list(known), 1) if isinstance(name, str) else []
    return f" (did you mean {near[0]!r}?)" if near else ""


def unexpected_argument(owner: str, arguments: Mapping[str, object], parameters: Iterable[str]) -> TypeError | None:
    """The error about the first argument that is not among the parameters; None when all are."""
    known = sorted(parameters)
    unknown = [name for name in arguments if name not in known]
    if not unknown:
        return None
    return TypeError(f"{owner}: unexpected argument {unknown[0]!r}{suggestion(unknown[0], known)}")
