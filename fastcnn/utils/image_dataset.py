"""image_dataset_from_directory: the photos of a folder as a dataset of batches."""

import os
from collections.abc import Sequence

import numpy as np

from fastcnn.data import image_folder
from fastcnn.data.ahead import thread_count
from fastcnn.data.dataset import Dataset, Passes
from fastcnn.data.decode import CHANNELS, Reading
from fastcnn.data.photo_batches import PhotoBatches
from fastcnn.data.photos import FilePhotos, reader
from fastcnn.data.skipping import Omissions
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.taps import check_interpolation
from fastcnn.layers import arguments

FORMATS = ("BMP", "GIF", "JPEG", "PNG")
_LABEL_MODES = ("int", "categorical", "binary", None)


def image_dataset_from_directory(
    directory: str | os.PathLike,
    labels: object = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] | int = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
    *,
    on_error: str = "raise",
    max_skipped: float = 0.01,
    workers: int | None = None,
    isolate: bool = False,
) -> Dataset | list[Dataset]:
    """The photos of a folder as batches: float32 (N, height, width, channels) in 0..255, with their labels.

    labels : "inferred" (one subfolder a class), None (no labels), or one whole number for each photo, the photos sorted
        by folder and name.
    label_mode : "int" (int32, (N,)), "binary" (float32, (N, 1)), "categorical" (float32, one-hot) or None.
    shuffle : False keeps the order of the names. seed : for the order, and for which photos the split takes.
    validation_split, subset : "validation" takes the last share of the (shuffled) photos, "training" the others,
        "both" makes a list of the two.
    image_size : (height, width); interpolation without antialiasing, as tf.image.resize.
    format : accepted; batches are arrays in any case.
    on_error : "raise" stops at a photo that cannot be used; "skip" keeps its place in the batch with weight 0 (the
        batch is then (x, y, weights)), lists it in the dataset's `skipped`, and raises beyond the share max_skipped.
    workers : decoding threads; 0 decodes in the caller's thread.
    isolate : decodes in child processes, so that a photo that crashes its decoder is named like any other bad one.

    Returns:
        A Dataset with `class_names`, `file_paths` and `skipped`; batch_size=None gives single photos.

    Raises:
        FileNotFoundError, ValueError: when the folder or an argument does not fit.
        ImageError: while iterating, for a photo that cannot be used, by its path; before the first batch if its header
            says so.
    """
    _check_options(label_mode, validation_split, subset, shuffle, seed)
    seed = int(np.random.randint(10**6)) if seed is None else seed
    found = _indexed(directory, labels, class_names, follow_links)
    paths, numbers, names = found
    if label_mode == "binary" and labels is not None and len(names) != 2:
        raise ValueError(f'label_mode="binary" needs exactly 2 classes. Received: {len(names)}: {list(names)}')
    if verbose:
        print(f"Found {len(paths)} files" + (f" belonging to {len(names)} classes." if labels is not None else "."))
    if shuffle:
        order = np.arange(len(paths))
        np.random.RandomState(seed).shuffle(order)
        paths, numbers = [paths[i] for i in order], None if numbers is None else numbers[order]
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    resize = Resize(
        *arguments.pair("image_dataset_from_directory", "image_size", size),
        check_interpolation("image_dataset_from_directory", interpolation),
        crop_to_aspect_ratio=crop_to_aspect_ratio,
        pad_to_aspect_ratio=pad_to_aspect_ratio,
    )
    layout = arguments.data_format("image_dataset_from_directory", data_format)
    encoded = None if numbers is None or label_mode is None else _encoded(numbers, label_mode, len(names))
    workers, parts = thread_count(workers), []
    for cut, shuffled in _cuts(len(paths), validation_split, subset, shuffle, verbose):
        omissions = Omissions(len(paths[cut]), on_error, max_skipped)
        photos = FilePhotos(paths[cut], Reading(color_mode), CHANNELS[color_mode], omissions, read=reader(isolate))
        shown = None if encoded is None else encoded[cut]
        order, passes = seed if shuffled else None, Passes()
        batches = PhotoBatches(photos, shown, resize, layout == "channels_first", batch_size, order, passes, workers)
        part = Dataset(batches, len(batches), passes=[passes])
        part.file_paths, part.omissions = paths[cut], omissions
        part.class_names = list(names) if labels is not None else None
        parts.append(part)
    return parts if subset == "both" else parts[0]


def _check_options(label_mode: object, split: float | None, subset: object, shuffle: bool, seed: int | None) -> None:
    if label_mode not in _LABEL_MODES:
        raise ValueError(f"label_mode must be one of {_LABEL_MODES}. Received: {label_mode!r}")
    if (split is None) != (subset is None):
        raise ValueError(
            f"validation_split and subset go together. Received: validation_split={split!r}, subset={subset!r}"
        )
    if split is not None and not 0 < split < 1:
        raise ValueError(f"validation_split must be between 0 and 1. Received: {split!r}")
    if subset not in (None, "training", "validation", "both"):
        raise ValueError(f'subset must be "training", "validation" or "both". Received: {subset!r}')
    if split and shuffle and seed is None and subset != "both":
        raise ValueError(
            "with validation_split and shuffle give a seed, the same for both subsets, or subset='both': otherwise "
            "photos could be in both"
        )


def _indexed(
    directory: str | os.PathLike, labels: object, class_names: Sequence[str] | None, follow_links: bool
) -> tuple[list[str], np.ndarray | None, Sequence[str]]:
    """Paths of the photos, class numbers or None, names of the classes."""
    if isinstance(labels, str) and labels == "inferred":
        found = image_folder.scan(directory, class_names, formats=FORMATS, follow_links=follow_links)
        return [os.path.join(found.directory, name) for name in found.filenames], found.labels, found.classes
    if class_names:
        raise ValueError(f'class_names goes with labels="inferred". Received: labels={labels!r}')
    paths = image_folder.photos_below(directory, FORMATS, follow_links)
    if not paths:
        raise ValueError(f"no photos found in {os.fsdecode(directory)!r}; expected files of {', '.join(FORMATS)}")
    if labels is None:
        return paths, None, ()
    numbers = np.asarray(labels)
    if numbers.shape != (len(paths),):
        raise ValueError(f"labels: expected one number for each of {len(paths)} photos. Received: {numbers.shape}")
    return paths, numbers.astype(np.int32), [str(number) for number in sorted(set(numbers.tolist()))]


def _encoded(numbers: np.ndarray, mode: str, classes: int) -> np.ndarray:
    if mode == "binary":
        return numbers.astype(np.float32)[:, np.newaxis]
    return np.eye(classes, dtype=np.float32)[numbers] if mode == "categorical" else numbers.astype(np.int32)


def _cuts(total: int, split: float | None, subset: str | None, shuffle: bool, verbose: bool) -> list[tuple]:
    """(slice of the files, whether its order changes each epoch) of each dataset to make."""
    if split is None:
        return [(slice(None), shuffle)]
    held_out = int(split * total)
    both = {"training": slice(0, total - held_out), "validation": slice(total - held_out, total)}
    wanted = list(both) if subset == "both" else [subset]
    for name in wanted:
        count = held_out if name == "validation" else total - held_out
        if not count:
            raise ValueError(f"validation_split={split} of {total} photos leaves none for {name}")
        if verbose:
            print(f"Using {count} files for {name}.")
    return [(both[name], shuffle and not (subset == "both" and name == "validation")) for name in wanted]
