"""Packages whose names are imported when they are first used, so that importing a package costs next to nothing."""

import sys
from collections.abc import Callable
from importlib import import_module


def lazily(package: str, modules: dict[str, str], otherwise: Callable[[str], object] | None = None) -> Callable:
    """The __getattr__ of a package.

    modules : module of the package -> the names in it, separated by spaces.
    otherwise : asked for any other name; without it there are no others.
    """
    module_of = names_of(modules)

    def find(name: str) -> object:
        if name in module_of:
            found = getattr(import_module(f"{package}.{module_of[name]}"), name)
            setattr(sys.modules[package], name, found)  # the next look-up finds it at once
            return found
        if otherwise is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return otherwise(name)

    return find


def names_of(modules: dict[str, str]) -> dict[str, str]:
    """Name -> module."""
    return {name: module for module, names in modules.items() for name in names.split()}
