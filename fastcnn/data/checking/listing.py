"""Every file below a folder of classes, by what would become of it."""

import os
from dataclasses import dataclass, field

from fastcnn.data.decode import FORMATS
from fastcnn.data.image_folder import extensions_of


@dataclass
class Listing:
    """Paths below one folder of classes: photos by class, photos outside any class, and what is not read."""

    classes: dict[str, list[str]] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def list_files(folder: str) -> Listing:
    """Lists `folder`, whose subfolders are the classes; links to folders are not followed, as in training."""
    found, endings = Listing(), tuple(extensions_of(FORMATS))
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith("."):
            found.hidden.append(path)
        elif os.path.isdir(path):
            found.classes[name] = _photos_in(path, endings, found)
        elif name.lower().endswith(endings):
            found.loose.append(path)
    return found


def _photos_in(folder: str, endings: tuple[str, ...], found: Listing) -> list[str]:
    photos = []
    for root, folders, files in os.walk(folder):
        found.hidden += [os.path.join(root, name) for name in (*folders, *files) if name.startswith(".")]
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            (photos if name.lower().endswith(endings) else found.others).append(os.path.join(root, name))
    return photos
