"""Where the demo's photos are: in a folder for training and one for testing, or in one folder to be split."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fastcnn.data.decode import FORMATS
from fastcnn.data.image_error import shown
from fastcnn.data.image_folder import scan
from fastcnn.data.photo_sets import TESTING, TRAINING, subfolder

TEST_SHARE = 0.2


@dataclass(frozen=True)
class PhotoSets:
    """A folder of classes to train on, and one to test on; test None: TEST_SHARE of every class of `training`."""

    training: Path
    test: Path | None
    classes: tuple[str, ...]


def find_photo_sets(folder: str | Path) -> PhotoSets:
    """Finds the photos of `folder`: training_set/ and test_set/ (or train/ and test/, validation/, val/), or classes.

    Raises:
        FileNotFoundError, NotADirectoryError: when the folder is not there, or is a file.
        ValueError: when it holds no photos, fewer than two classes, or too few photos of a class.
    """
    folder = Path(folder)
    if not folder.exists():
        raise FileNotFoundError(f"there is no folder {shown(folder)}")
    if not folder.is_dir():
        raise NotADirectoryError(f"expected a folder with one subfolder per class. Received a file: {shown(folder)}")
    training, test = subfolder(folder, TRAINING), subfolder(folder, TESTING)
    if training is None and test is not None:
        raise ValueError(f"{shown(folder)} holds {test.name}/ but none of {', '.join(TRAINING)} to train on")
    sets = PhotoSets(training or folder, test, _classes(training or folder, 1 if test else round(1 / TEST_SHARE)))
    if test is not None:
        scan(test, sets.classes, formats=FORMATS)
    return sets


def training_part(folder: str | Path) -> Path:
    """The folder of classes to train on: training_set/ (or train/, training/) in `folder`, or `folder` itself."""
    return subfolder(Path(folder), TRAINING) or Path(folder)


def _classes(folder: Path, least: int) -> tuple[str, ...]:
    """The classes in the folder, after a look at whether each has at least `least` photos."""
    found = scan(folder, formats=FORMATS)
    if len(found.classes) < 2:
        names = ", ".join(map(shown, found.classes))
        raise ValueError(f"expected subfolders for at least two classes in {shown(folder)}. Received one: {names}")
    counts = np.bincount(found.labels, minlength=len(found.classes)).tolist()
    for name, count in zip(found.classes, counts, strict=True):
        if count < least:
            where = f"{shown(folder)}: the class {shown(name)!r}"
            raise ValueError(f"{where} needs at least {least} photo{'s' * (least > 1)}. Received: {count}")
    return found.classes
