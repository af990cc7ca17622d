"""Folders that hold a set of photos to train on beside one to test on: what the two are called."""

from pathlib import Path

TRAINING = ("training_set", "train", "training")
TESTING = ("test_set", "test", "validation", "val", "valid")


def subfolder(folder: Path, names: tuple[str, ...]) -> Path | None:
    """The first of the names that is a folder in `folder`."""
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def named_sets(folder: Path) -> dict[str, Path]:
    """Name and folder of every set in `folder`, training first; the folder itself, without a name, if there is none."""
    found = {name: folder / name for name in (*TRAINING, *TESTING) if (folder / name).is_dir()}
    return found or {"": folder}
