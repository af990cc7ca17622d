"""Where a data set's files are: in a folder given, in the usual places, or on the network."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fastcnn.compat import keras_file
from fastcnn.utils.files import get_file

Pair = tuple[np.ndarray, np.ndarray]  # images (N, ...) and labels, uint8


@dataclass(frozen=True)
class Layout:
    """One of the forms in which a data set is found.

    files : for each file that is needed, its names, any of which will do; below the folder that is searched.
    read : makes ((x_train, y_train), (x_test, y_test)) of the files' paths.
    """

    files: tuple[tuple[str, ...], ...]
    read: Callable[[Sequence[Path]], tuple[Pair, Pair]]

    def found_in(self, folder: Path) -> list[Path] | None:
        """Paths of all files, None when one is missing."""
        paths = [next((folder / n for n in names if (folder / n).is_file()), None) for names in self.files]
        return None if None in paths else paths


@dataclass(frozen=True)
class Source:
    """What is fetched when nothing was found: name -> checksum, of files below `address`."""

    address: str
    checksums: dict[str, str]
    subfolder: str = ""


def load(
    name: str, layouts: Sequence[Layout], source: Source, path: str | os.PathLike | None = None, installed: str = ""
) -> tuple[Pair, Pair]:
    """The data set as ((x_train, y_train), (x_test, y_test)).

    path : a file or folder that holds it; None searches the usual places. installed : where a package puts it.

    Raises:
        FileNotFoundError: when it is nowhere and cannot be fetched; says which file to put where.
        ValueError: for damaged files; names the file.
    """
    given = None if path is None else Path(path).expanduser()
    if given is not None and given.exists():
        found = _read_from([given if given.is_dir() else given.parent], layouts, given)
        if found is None:
            raise _missing(name, layouts, given)
        return found
    found = _read_from([*_usual(name), *([Path(installed)] if installed else [])], layouts)
    if found is not None:
        return found
    cache = keras_file.home() / "datasets"
    try:
        for file, checksum in source.checksums.items():
            subfolder = os.path.join("datasets", source.subfolder)
            get_file(file, source.address + file, file_hash=checksum, cache_subdir=subfolder)
    except OSError as error:
        raise _missing(name, layouts, cache, f"and could not be fetched ({error})", source) from error
    return _read_from([cache / source.subfolder], layouts)


def _usual(name: str) -> list[Path]:
    roots = [Path(os.environ["FASTCNN_DATASETS"])] if os.environ.get("FASTCNN_DATASETS") else []
    roots.append(keras_file.home() / "datasets")
    folders = (name, name.replace("_", "-"), f"{name.upper()}/raw", "FashionMNIST/raw" if "fashion" in name else "")
    shared = "" if name == "fashion_mnist" else "."  # its files have the names of mnist's
    return [root / folder for root in roots for folder in (shared, *folders) if folder]


def _read_from(
    folders: Sequence[Path], layouts: Sequence[Layout], only: Path | None = None
) -> tuple[Pair, Pair] | None:
    for folder in folders:
        for layout in layouts:
            paths = layout.found_in(folder)
            if paths is None or (only is not None and only.is_file() and only not in paths):
                continue
            try:
                return layout.read(paths)
            except (ValueError, KeyError, EOFError, OSError) as error:
                raise ValueError(f"{paths[0]} and its like are damaged or of another kind: {error}") from error
    return None


def _missing(
    name: str, layouts: Sequence[Layout], folder: Path, reason: str = "", source: Source | None = None
) -> FileNotFoundError:
    """What to say when the files are nowhere."""
    forms = "\n".join(f"  {', '.join(names[0] for names in layout.files)}" for layout in layouts)
    text = f"{name} is not in {folder} {reason}".rstrip()
    text += f". Put one of these there, or name their folder with path= or FASTCNN_DATASETS:\n{forms}"
    if source is not None:
        text += f"\nThey are published at {source.address}"
    return FileNotFoundError(text)
