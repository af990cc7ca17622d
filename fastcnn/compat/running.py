"""`fastcnn run script.py`: a Keras script as its author wrote it, in a process where Keras is fastcnn."""

import ast
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from fastcnn.compat import metrics, paths, table
from fastcnn.compat.notes import OURS
from fastcnn.compat.stand_in import install_as_keras

_HIDDEN = (*OURS, "<frozen importlib")


class _Script(SourceFileLoader):
    """Compiles a file afresh, and leaves no cache beside it."""

    def get_code(self, fullname: str) -> CodeType:
        """The compiled script."""
        return self.source_to_code(self.get_data(self.path), self.path)


def run(script: str, arguments: Sequence[str], era: str | None = None, whole_traceback: bool = False) -> int:
    """Runs a script as `python script.py arguments` would, with Keras standing for fastcnn; returns the exit code.

    era : whose numeric defaults hold, "keras2" or "keras3"; None finds out from the script's words.
    whole_traceback : whether an error also shows fastcnn's own lines.

    Raises:
        OSError: when there is no such script.
    """
    path = Path(script)
    if not path.is_file():
        raise FileNotFoundError(f"there is no script {script}")
    if era is None and era_of(path.read_bytes()) == "keras2":
        era = "keras2"
        print(f"fastcnn: {path.name} is written for Keras 1 or 2, whose numeric defaults hold (or give --era keras3)")
    install_as_keras(era)
    metrics.accuracy_key = accuracy_key_of(path.read_bytes())
    before = sys.argv, sys.path, sys.modules["__main__"]
    sys.argv, sys.path = [script, *arguments], [str(path.resolve().parent), *sys.path[1:]]
    try:
        _execute(str(path.absolute()))
    except Exception as error:
        print("".join(_lines(error, whole_traceback)), file=sys.stderr, end="")
        return 1
    finally:
        sys.argv, sys.path, sys.modules["__main__"] = before
    return 0


def _execute(path: str) -> None:
    loader = _Script("__main__", path)
    module: ModuleType = module_from_spec(spec_from_loader("__main__", loader))
    module.__spec__ = module.__package__ = None  # as in a script
    sys.modules["__main__"] = module
    loader.exec_module(module)


def _lines(error: BaseException, whole: bool) -> Iterator[str]:
    """The traceback as Python prints it; without `whole` the lines of fastcnn and of the import system are left out."""
    found = traceback.TracebackException.from_exception(error)
    if not whole:
        _leave_out_ours(found)
    yield from found.format()
    if not whole:
        yield "(fastcnn run --traceback shows fastcnn's own lines too)\n"


def _leave_out_ours(found: traceback.TracebackException) -> None:
    """Removes our lines, and errors that led to this one without a line of the script."""
    found.stack = traceback.StackSummary.from_list([f for f in found.stack if not f.filename.startswith(_HIDDEN)])
    for link in ("__cause__", "__context__"):
        before = getattr(found, link)
        if before is not None:
            _leave_out_ours(before)
            if not before.stack:
                setattr(found, link, None)


def era_of(source: bytes) -> str:
    """ "keras2" for a script of Keras 1 or of stand-alone Keras 2, as far as its words tell, else "keras3".

    They tell when it imports keras, and not tensorflow.keras, and has a word that Keras 3 does not know: an argument, a
    method, a module path, or `from __future__`, which Python 3 needs no more.
    """
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return "keras3"
    modules = {module for node in nodes for module in _modules(node)}
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    keywords = {node.arg for node in nodes if isinstance(node, ast.keyword)}
    inside_tensorflow = "keras" in attributes or any(m.startswith("tensorflow") and "keras" in m for m in modules)
    if inside_tensorflow or not any(module.partition(".")[0] == "keras" for module in modules):
        return "keras3"
    older = modules & {"__future__"} or keywords & table.UNMISTAKABLE or attributes & set(table.METHODS)
    return "keras2" if older or any(paths.below_keras(module) in paths.GONE for module in modules) else "keras3"


def accuracy_key_of(source: bytes) -> str:
    """The key of logs under which a script of Keras 2 looks for the accuracy: "accuracy" since 2.3, else "acc"."""
    try:
        nodes = ast.walk(ast.parse(source))
    except (SyntaxError, ValueError):
        return "acc"
    keys = {
        node.slice.value for node in nodes if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }
    newer, older = ({name, f"val_{name}"} for name in ("accuracy", "acc"))
    return "accuracy" if keys & newer and not keys & older else "acc"


def _modules(node: ast.AST) -> Iterator[str]:
    """Modules, and perhaps names in them, that a node imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
