"""The word on an older spelling: once a process for each, at the user's own line."""

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fastcnn import kernels

# Where the lines of this package are; kernels lie beside it in a checkout.
OURS = (str(Path(__file__).parents[1]), str(Path(kernels.__file__).parent))
_noted: set[str] = set()
_silenced = False


class LegacySpellingWarning(UserWarning):
    """An older spelling was understood; the message shows the present one. Nothing needs to be done."""


def note(spellings: Iterable[str], present: str) -> None:
    """Warns that `present` is how these spellings are written now, unless each of them has been noted before."""
    fresh = [spelling for spelling in spellings if spelling not in _noted]
    if not fresh or _silenced:
        return
    _noted.update(fresh)
    message = f"{', '.join(fresh)}: understood; now spelled {present}"
    warnings.warn(message, LegacySpellingWarning, stacklevel=_levels_to_user())


def is_silent() -> bool:
    """Whether the block is one of `silent`."""
    return _silenced


@contextmanager
def silent() -> Iterator[None]:
    """No notes for a block: what comes out of an old file is nobody's spelling."""
    global _silenced
    before, _silenced = _silenced, True
    try:
        yield
    finally:
        _silenced = before


def _levels_to_user() -> int:
    """How many calls above note() the first line outside this package is."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
        level, frame = level + 1, frame.f_back
    return level
