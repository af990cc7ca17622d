"""Batches of photos from a folder with one subfolder per class."""

import os
import warnings
from collections.abc import Sequence
from typing import Any

from fastcnn.compat.calls import accepts_old_names
from fastcnn.data.image_folder import scan
from fastcnn.preprocessing.file_iterator import FileIterator, reading_of, split_of


class DirectoryIterator(FileIterator):
    """Batches (x, y) of the photos below `directory`, whose subfolders are the classes.

    x : (batch, height, width, channels), or channels first. y, by class_mode: "categorical" one-hot rows
    (batch, classes); "binary" and "sparse" class numbers (batch,); "input" a copy of x; None gives x alone.

    classes : names of the subfolders in label order; default: all, sorted; those that start with a dot never.
    subset : "training" or "validation": the files of each class after or before the generator's validation_split.
    on_error : "raise" stops at a photo that cannot be used; "skip" keeps its place in the batch with sample weight 0
        (the batch is then (x, y, weights)), lists it in `skipped`, and raises beyond the share max_skipped.
    cache : "ram" or "disk" keeps decoded photos, so that later epochs decode none; says how much that takes.
    cache_limit : bytes that they may take; default: half of the memory, or of the disk, that is free.
    workers : decoding threads; 0 decodes in the caller's thread.
    isolate : decodes in child processes, so that a photo that crashes its decoder is named like any other bad one.
    orientation, background, formats, max_pixels, scaled_jpeg : see fastcnn.data.decode.Reading.
    save_to_dir, save_prefix, save_format : writes every photo that is handed out, for a look at the changes.

    Attributes as in Keras: samples, n, num_classes, class_indices, classes (label of every file), filenames (relative),
    filepaths, labels, image_shape, target_size and the arguments.

    Raises:
        FileNotFoundError, ValueError: when the folder or an argument is not as described.
        ImageError: from the first batch on, for an unusable photo.
    """

    @accepts_old_names
    def __init__(
        self,
        directory: str | os.PathLike,
        image_data_generator: Any,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: str | None = None,
        **options: Any,
    ):
        self._check_class_mode(class_mode)
        reading = reading_of(target_size, color_mode, interpolation, keep_aspect_ratio, options)
        self.directory, self.subset, self.split = directory, subset, split_of(subset, image_data_generator)
        found = scan(directory, classes, formats=reading.formats, split=self.split, follow_links=follow_links)
        self.classes, self.filenames = found.labels, list(found.filenames)
        self.class_indices = {name: label for label, name in enumerate(found.classes)}
        self.num_classes = len(found.classes)
        paths = [os.path.join(found.directory, name) for name in found.filenames]
        saving = (save_to_dir, save_prefix, save_format)
        common = (image_data_generator, batch_size, shuffle, seed, data_format, dtype, saving)
        super().__init__(paths, reading, class_mode, *common, **options)
        self._tell(f"Found {self.samples} images belonging to {self.num_classes} classes.", *found.notes)
        if class_mode == "binary" and self.num_classes > 2:
            text = f'class_mode="binary" gives the labels 0 to {self.num_classes - 1} for {self.num_classes} classes'
            warnings.warn(f"{text}; a network with one sigmoid output can tell two apart", stacklevel=3)
