"""Older names of classes, functions and attributes, found by a module's or an object's __getattr__."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from fastcnn.compat import table
from fastcnn.compat.notes import note


def older_names(module: str) -> Callable[[str], object]:
    """The __getattr__ of fastcnn.<module>: finds what the table lists for it.

    It raises ImportError for a name that is refused, so that `from fastcnn.layers import LSTM` too says why, and
    AttributeError for any other.
    """

    def find(name: str) -> object:
        if name in table.REFUSED.get(module, ()):
            raise ImportError(f"{module}.{name}: {table.REFUSED[module][name]}")
        target = table.SYNONYMS.get(module, {}).get(name)
        if target is None:
            target = table.NAMES.get(module, {}).get(name)
            if target is None:
                raise AttributeError(f"module 'fastcnn.{module}' has no attribute {name!r}")
            note([name], target)
        where, _, present = target.rpartition(".")
        return getattr(import_module(f"fastcnn.{where}"), present) if where else import_module(f"fastcnn.{present}")

    return find


def present_name(module: str, name: str) -> str:
    """A name of fastcnn.<module> as it is spelled today; any other name as it is."""
    target = table.NAMES.get(module, {}).get(name, name)
    if target != name:
        note([repr(name)], repr(target.rpartition(".")[2]))
    return target.rpartition(".")[2]


class OldAttributes:
    """Gives objects their attributes' older names: those of the table, and older arguments of layers."""

    def __getattr__(self, name: str) -> Any:
        if hasattr(type(self), name):  # a property, whose own error brought us here
            return object.__getattribute__(self, name)
        for present in (table.ATTRIBUTES.get(name), *table.ARGUMENTS.get(name, ())):
            if present is not None and (present in vars(self) or hasattr(type(self), present)):
                return getattr(self, present)
        message = f"{type(self).__name__!r} object has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=self)  # with these two Python suggests a near one
