"""The check itself: all files are looked at in parallel, then compared with each other."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from fastcnn.data.ahead import thread_count
from fastcnn.data.checking.inspection import Photo, inspect
from fastcnn.data.checking.kinds import KINDS, Finding
from fastcnn.data.checking.listing import Listing, list_files
from fastcnn.data.checking.report import Report
from fastcnn.data.image_error import shown
from fastcnn.data.isolated import IsolatedReader
from fastcnn.data.photo_sets import named_sets

FEW = 20  # photos of a class for training
IMBALANCE = 4  # times as many photos as the smallest class has
TINY = 32  # pixels of the shorter side
HUGE = 16  # times the pixels of the middle photo
LONG = 4  # times as long as wide
_COLOURED = 0.9  # share of colour photos from which a grey one stands out


def check_folder(
    folder: str | os.PathLike, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Report:
    """Looks at every file below `folder`: one subfolder a class, or training_set, test_set and such with these in each.

    Every photo is decoded to its end, in child processes, so that one that crashes or hangs a decoder is found too.

    workers : threads; None for one a processor. progress : called with the photos done so far and their number.

    Raises:
        FileNotFoundError, NotADirectoryError: when the folder is not there or is a file.
    """
    top = Path(folder)
    if not top.exists():
        raise FileNotFoundError(f"there is no folder {shown(top)}")
    if not top.is_dir():
        raise NotADirectoryError(f"expected a folder with one subfolder per class. Received a file: {shown(top)}")
    sets = {name: list_files(str(path)) for name, path in named_sets(top).items()}
    paths = [
        path for listing in sets.values() for photos in (*listing.classes.values(), listing.loose) for path in photos
    ]
    photos = _inspected(paths, thread_count(workers) or 1, progress or (lambda done, total: None))
    found = [*_of_files(list(photos.values())), *_doubles(sets, photos)]
    for name, listing in sets.items():
        found += _of_classes(name, listing)
    found += _of_sets(sets)
    order = list(KINDS)
    counts = {name: {c: len(p) for c, p in listing.classes.items()} for name, listing in sets.items()}
    found = [replace(f, paths=tuple(_within(top, path) for path in f.paths)) for f in found]
    return Report(str(top), counts, sorted(found, key=lambda f: (order.index(f.kind), f.paths)))


def _within(top: Path, path: str) -> str:
    """A path as seen from `top`; the name of a class stays what it is."""
    return os.path.relpath(path, top) if os.path.dirname(path) else path


def _inspected(paths: list[str], workers: int, progress: Callable[[int, int], None]) -> dict[str, Photo]:
    reader, found = IsolatedReader(), {}
    pool = ThreadPoolExecutor(workers, "fastcnn-check")
    try:
        for photo in pool.map(lambda path: inspect(path, reader.read), paths):
            found[photo.path] = photo
            progress(len(found), len(paths))
    finally:
        pool.shutdown(cancel_futures=True)
        reader.close()
    return found


def _of_files(photos: list[Photo]) -> Iterator[Finding]:
    """What single photos show, and how they differ from the rest."""
    good = [photo for photo in photos if not photo.error]
    middle = float(np.median([photo.size[0] * photo.size[1] for photo in good])) if good else 0.0
    coloured = sum("grey" not in photo.traits for photo in good) >= _COLOURED * len(good)
    for photo in photos:
        if photo.error:
            yield Finding("unreadable", (photo.path,), photo.error)
            continue
        width, height = photo.size
        size = f"{width} x {height} pixels"
        for trait in photo.traits - (set() if coloured else {"grey"}):
            yield Finding(trait, (photo.path,), f"holds {photo.format}" if trait == "wrong extension" else "")
        if min(photo.size) < TINY:
            yield Finding("tiny", (photo.path,), size)
        if width * height > HUGE * middle:
            yield Finding("huge", (photo.path,), size)
        if max(photo.size) > LONG * min(photo.size):
            yield Finding("long", (photo.path,), size)
        if not os.path.basename(photo.path).isprintable():
            yield Finding("odd name", (photo.path,))


def _doubles(sets: dict[str, Listing], photos: dict[str, Photo]) -> Iterator[Finding]:
    """Photos of the very same bytes: in two sets, in two classes, or twice in one."""
    places: dict[bytes, list[tuple[str, str, str]]] = defaultdict(list)
    for name, listing in sets.items():
        for label, paths in listing.classes.items():
            for path in paths:
                if photos[path].digest:
                    places[photos[path].digest].append((name, label, path))
    for same in places.values():
        if len(same) == 1:
            continue
        paths = tuple(path for _, _, path in same)
        if len({label for _, label, _ in same}) > 1:
            yield Finding("contradiction", paths)
        elif len({name for name, _, _ in same}) > 1:
            yield Finding("leak", paths)
        else:
            yield Finding("duplicate", paths)


def _of_classes(name: str, listing: Listing) -> Iterator[Finding]:
    """What one set of classes shows."""
    counts = {label: len(paths) for label, paths in listing.classes.items()}
    where = f"in {name}" if name else ""
    for kind, paths in (("loose", listing.loose), ("hidden", listing.hidden), ("left out", listing.others)):
        for path in paths:
            yield Finding(kind, (path,))
    for label, count in counts.items():
        if count == 0:
            yield Finding("empty class", (label,), where)
        elif count < FEW:
            yield Finding("few", (label,), f"{count} {where}".strip())
    sizes = sorted(count for count in counts.values() if count)
    if sizes and sizes[-1] > IMBALANCE * sizes[0]:
        yield Finding("imbalance", (), f"{sizes[0]:,} to {sizes[-1]:,} photos {where}".strip())


def _of_sets(sets: dict[str, Listing]) -> Iterator[Finding]:
    """What the names of all classes show."""
    every = sorted({label for listing in sets.values() for label in listing.classes})
    for label in every:
        missing = [name for name, listing in sets.items() if label not in listing.classes]
        if missing:
            yield Finding("missing class", (label,), f"not in {', '.join(missing)}")
    by_key = defaultdict(list)
    for label in every:
        by_key["".join(c for c in unicodedata.normalize("NFKC", label).casefold() if c.isalnum())].append(label)
    for labels in by_key.values():
        if len(labels) > 1:
            yield Finding("alike names", tuple(labels))
