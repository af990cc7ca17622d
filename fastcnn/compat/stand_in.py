"""keras and tensorflow for scripts that import them: modules made on demand, whose names are found in fastcnn."""

import difflib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from fastcnn import config
from fastcnn.compat import paths, table, tensorflow

_TOPS = ("keras", "tf_keras", "keras_preprocessing", "tensorflow")
_VERSIONS = {"keras2": "2.3.1", "keras3": "3.15.1"}


def install_as_keras(era: str | None = None) -> None:
    """From now on `import keras`, `tensorflow` and `keras_preprocessing` in this process give fastcnn.

    era : "keras2" or "keras3" also sets `fastcnn.config.era`, whose numeric defaults hold.

    Raises:
        RuntimeError: when another keras or tensorflow has been imported already.
    """
    others = [
        name for name in _TOPS if name in sys.modules and not isinstance(sys.modules[name].__spec__.loader, _Maker)
    ]
    if others:
        where = getattr(sys.modules[others[0]], "__file__", "this process")
        raise RuntimeError(f"{others[0]} has been imported already, from {where}: call install_as_keras() before that")
    if era is not None:
        config.era = era
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds every module below the names that it stands in for, and says what is missing."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:
        """The specification of a module to be made.

        Raises:
            ImportError: for a module or name that fastcnn does not have; says what there is.
        """
        if fullname.partition(".")[0] not in _TOPS:
            return None
        if _names_of(fullname) is None:
            parent, _, name = fullname.rpartition(".")
            raise ImportError(_missing(parent, name), name=fullname)
        return ModuleSpec(fullname, _Maker(), is_package=True)


class _Maker(Loader):
    """Makes the module: a `__getattr__` that looks names up, and `__all__` for `import *`."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """None: an empty module will do."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Gives the module its look-ups."""
        find, names = _names_of(module.__name__)
        module.__doc__ = f"fastcnn in place of {module.__name__}."

        def look_up(name: str) -> object:
            if name == "__all__":
                return names()
            if name.startswith("__") and name != "__version__":
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            try:
                found = find(name)
            except AttributeError:
                found = None
            if not isinstance(found, ModuleType | None):
                return found
            if _names_of(f"{module.__name__}.{name}") is not None:
                return import_module(f"{module.__name__}.{name}")
            if found is None:
                raise AttributeError(_missing(module.__name__, name))
            return found

        module.__getattr__, module.__dir__ = look_up, names


_Look = tuple[Callable[[str], object], Callable[[], list[str]]]  # name -> object, and all names


def _names_of(fullname: str) -> _Look | None:
    """How names of a module are looked up and listed; None for a module that there is not."""
    path = paths.below_keras(fullname)
    if path is None:
        return tensorflow.names_of(fullname)
    if not paths.sources(path):
        return None
    return lambda name: _find(path, name), lambda: _list(path)


def _find(path: str, name: str) -> object:
    if name == "__version__" and not path:
        return _VERSIONS[config.era]
    for source in paths.sources(path):
        module = import_module(f"fastcnn.{source}" if source else "fastcnn")
        try:
            return getattr(module, name)
        except AttributeError:
            continue
    raise AttributeError(name)


def _list(path: str) -> list[str]:
    names = set(paths.children(path))
    for source in paths.sources(path):
        module = import_module(f"fastcnn.{source}" if source else "fastcnn")
        names.update(getattr(module, "__all__", None) or (name for name in dir(module) if not name.startswith("_")))
        names.update(table.SYNONYMS.get(source, ()))
    return sorted(names)


def _missing(parent: str, name: str) -> str:
    """What to say of a name that there is not."""
    path = paths.below_keras(f"{parent}.{name}")
    reason = tensorflow.reason_against(f"{parent}.{name}") if path is None else paths.REFUSED.get(path)
    if reason is not None:
        return f"{parent}.{name}: {reason}"
    look = _names_of(parent)
    known = look[1]() if look else []
    near = difflib.get_close_matches(name, known, 3, 0.7)
    if near:
        hint = f"; did you mean {' or '.join(near)}?"
    else:
        hint = f". There are: {', '.join(known)}" if 0 < len(known) <= 40 else ""
    return f"fastcnn has no {parent}.{name}{hint}"
