"""The photos of a folder that holds one subfolder per class."""

import os
import unicodedata
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastcnn.data.image_error import shown

EXTENSIONS = {
    "JPEG": ("jpg", "jpeg"),
    "PNG": ("png",),
    "BMP": ("bmp",),
    "GIF": ("gif",),
    "WEBP": ("webp",),
    "PPM": ("ppm", "pgm"),
    "TIFF": ("tif", "tiff"),
}
# Left out without `formats=`; worth a word, because their owner expects to train on them.
_REPORTED = ("tif", "tiff", "avif", "heic", "jfif")


@dataclass(frozen=True)
class ImageFolder:
    """What was found: class names in label order, files relative to the folder, and each file's label.

    labels : (number of files,) int32.
    notes : what was left out, one sentence each.
    """

    directory: str
    classes: tuple[str, ...]
    filenames: tuple[str, ...]
    labels: np.ndarray
    notes: tuple[str, ...]


def scan(
    directory: str | os.PathLike,
    classes: Sequence[str] | None = None,
    *,
    formats: Sequence[str],
    split: tuple[float, float] | None = None,
    follow_links: bool = False,
) -> ImageFolder:
    """Lists the photos of every class in the same order on every run and machine.

    A class's files are sorted by folder, then by name. `split` (a, b) keeps files int(a n) to int(b n) of each class.
    Names that start with a dot are left out.

    Raises:
        FileNotFoundError, NotADirectoryError: when the folder is not there or is a file.
        ValueError: when it holds no photos, a class has none, or a class that was asked for is not in it.
    """
    directory = os.fsdecode(directory)
    if not os.path.exists(directory):
        raise FileNotFoundError(
            f"no folder {shown(os.path.abspath(directory))}: expected a folder with one subfolder of photos per class"
        )
    present, hidden = _subfolders(directory)
    names = _checked_classes(directory, classes, present)
    extensions = extensions_of(formats)
    filenames, labels, others = [], [], Counter()
    empty = []
    for label, name in enumerate(names):
        files = _files_of(os.path.join(directory, name), extensions, follow_links, hidden, others)
        empty += [] if files else [name]
        if split is not None:
            files = files[int(split[0] * len(files)) : int(split[1] * len(files))]
        filenames += [os.path.relpath(path, directory) for path in files]
        labels += [label] * len(files)
    if not filenames:
        raise ValueError(_nothing_found(directory, names, extensions, others))
    if empty:
        raise ValueError(
            f"{shown(os.path.join(directory, empty[0]))} holds no photos, and every class needs some. Add them, "
            "remove the folder, or name the classes that you want with classes=[...]"
        )
    _warn_of_lookalikes(names)
    return ImageFolder(directory, names, tuple(filenames), np.array(labels, np.int32), _notes(hidden, others))


def photos_below(directory: str | os.PathLike, formats: Sequence[str], follow_links: bool = False) -> list[str]:
    """Paths of all photos below a folder, sorted by folder, then by name; names that start with a dot are left out.

    Raises:
        FileNotFoundError: when the folder is not there.
    """
    directory = os.fsdecode(directory)
    if not os.path.isdir(directory):
        raise FileNotFoundError(f"no folder {shown(os.path.abspath(directory))}: expected a folder of photos")
    return _files_of(directory, extensions_of(formats), follow_links, [], Counter())


def extensions_of(formats: Sequence[str]) -> set[str]:
    """File name endings of Pillow's formats, lower case, with the dot."""
    return {"." + e for f in formats for e in EXTENSIONS.get(f.upper(), (f.lower(),))}


def _subfolders(directory: str) -> tuple[list[str], list[str]]:
    """Names of the visible subfolders, sorted, and of the hidden ones."""
    with os.scandir(directory) as entries:
        names = sorted(entry.name for entry in entries if _is_folder(entry))
    return [n for n in names if not n.startswith(".")], [n for n in names if n.startswith(".")]


def _checked_classes(directory: str, classes: Sequence[str] | None, present: list[str]) -> tuple[str, ...]:
    if not classes:
        return tuple(present)
    missing = [name for name in classes if not os.path.isdir(os.path.join(directory, name))]
    if missing:
        there = ", ".join(map(repr, present)) or "none"
        raise ValueError(f"classes: no folder {missing[0]!r} in {shown(directory)}. Folders there: {there}")
    if len(set(classes)) < len(classes):
        raise ValueError(f"classes must be distinct. Received: {list(classes)!r}")
    return tuple(classes)


def _files_of(top: str, extensions: set[str], follow_links: bool, hidden: list[str], others: Counter) -> list[str]:
    """Paths of a class's photos; fills `hidden` with folders passed over and `others` with extensions left out."""
    paths, seen, waiting = [], set(), [top]
    while waiting:
        folder = waiting.pop()
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:  # a link back to a folder above would go round for ever
            continue
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_folder(entry):
                    if entry.name.startswith("."):
                        hidden.append(os.path.join(os.path.basename(top), entry.name))
                    elif follow_links or not entry.is_symlink():
                        waiting.append(entry.path)
                elif not entry.name.startswith("."):
                    extension = os.path.splitext(entry.name)[1].lower()
                    if extension in extensions:
                        paths.append(entry.path)
                    else:
                        others[extension] += 1
    return sorted(paths, key=os.path.split)


def _is_folder(entry: os.DirEntry) -> bool:
    """Whether an entry is a folder or a link to one; a link to itself is neither."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _nothing_found(directory: str, names: tuple[str, ...], extensions: set[str], others: Counter) -> str:
    text = f"no photos found in {shown(directory)}: expected one subfolder per class with files that end in "
    text += ", ".join(sorted(extensions)) + "."
    text += f" Received: {len(names)} subfolders"
    if others:
        text += " with " + ", ".join(f"{n} {e or 'extensionless'} files" for e, n in others.most_common(3))
    elif not names and any(os.path.isfile(os.path.join(directory, name)) for name in os.listdir(directory)):
        text += ", and files directly in the folder: move each into a subfolder named after its class"
    return text


def _notes(hidden: list[str], others: Counter) -> tuple[str, ...]:
    notes = []
    if hidden:
        more = f" and {len(hidden) - 3} more" if len(hidden) > 3 else ""
        notes.append(f"Hidden folders left out: {', '.join(map(shown, sorted(hidden)[:3]))}{more}.")
    for extension in _REPORTED:
        if count := others["." + extension]:
            advice = '; add "TIFF" to formats to use them' if extension.startswith("tif") else ""
            notes.append(f"{count:,} .{extension} files left out{advice}.")
    return tuple(notes)


def _warn_of_lookalikes(names: Sequence[str]) -> None:
    seen = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in seen:
            twins = f"{shown(seen[key])!r} and {shown(name)!r}"
            warnings.warn(f"the classes {twins} differ only in letter case or Unicode form", stacklevel=4)
        seen[key] = name
