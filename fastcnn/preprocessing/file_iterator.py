"""Batches of photos in files: what DirectoryIterator and DataFrameIterator share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn.data.batch_job import Filled, weighted
from fastcnn.data.photo_cache import make_cache
from fastcnn.data.photos import FilePhotos, reader
from fastcnn.data.pil_arrays import checked_data_format
from fastcnn.data.skipping import Omissions, check_headers
from fastcnn.preprocessing.iterator import Iterator

_READING = ("orientation", "background", "max_pixels", "scaled_jpeg")


def reading_of(target_size: Any, color_mode: str, interpolation: str, keep_aspect_ratio: bool, options: dict) -> Any:
    """Builds a fastcnn.data.decode.Reading; takes its other fields out of `options`."""
    from fastcnn.data.decode import Reading

    named = {name: options.pop(name) for name in _READING if name in options}
    if options.get("formats") is not None:
        named["formats"] = tuple(options["formats"])
    options.pop("formats", None)
    size = tuple(target_size) if isinstance(target_size, tuple | list) else target_size
    return Reading(color_mode, size, interpolation, keep_aspect_ratio, **named)


def split_of(subset: str | None, generator: Any) -> tuple[float, float] | None:
    """The share (from, to) of each class's files that a subset means.

    Raises:
        ValueError: for another name than "training" or "validation".
    """
    if subset is None:
        return None
    share = generator.validation_split if generator is not None else 0.0
    if subset not in ("training", "validation"):
        raise ValueError(f'subset must be "training", "validation" or None. Received: {subset!r}')
    return (0, share) if subset == "validation" else (share, 1)


class FileIterator(Iterator):
    """Batches of photos read from files, with the policy for unusable ones.

    Before the first batch the header of every file is looked at, so that a bad one stops at once and not in hour two.
    """

    _modes: tuple[str | None, ...] = ("categorical", "binary", "sparse", "input", None)

    def __init__(
        self,
        filepaths: Sequence[str],
        reading: Any,
        class_mode: str | None,
        image_data_generator: Any,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        data_format: str | None,
        dtype: str | None,
        saving: tuple[str | None, str, str],
        *,
        on_error: str = "raise",
        max_skipped: float = 0.01,
        cache: str | bool = False,
        cache_limit: int | None = None,
        workers: int | None = None,
        isolate: bool = False,
    ):
        from fastcnn.data.decode import CHANNELS

        data_format, channels = checked_data_format(data_format), CHANNELS[reading.color_mode]
        last = data_format == "channels_last"
        shape = (*reading.target_size, channels) if last else (channels, *reading.target_size)
        self.class_mode, self.color_mode = class_mode, reading.color_mode
        self.target_size, self.interpolation = reading.target_size, reading.interpolation
        self.keep_aspect_ratio = reading.keep_aspect_ratio
        self.filepaths, self.samples = list(filepaths), len(filepaths)
        self._reading, self._omissions = reading, Omissions(len(filepaths), on_error, max_skipped)
        self._checked = False
        kept, self._cache_note = make_cache(cache, cache_limit, self.samples, (*reading.target_size, channels))
        photos = FilePhotos(self.filepaths, reading, channels, self._omissions, kept, reader(isolate))
        common = (batch_size, shuffle, seed, image_data_generator, shape, data_format, dtype or "float32", saving)
        super().__init__(photos, self.samples, *common, workers)

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of every photo left out so far, in the order of the files."""
        return self._omissions.files

    @property
    def labels(self) -> Any:
        """The label of every file."""
        return self.classes

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The weight of every file, or None."""
        return None

    def _tell(self, *notes: str) -> None:
        """Prints what was found, and what the cache will take."""
        for note in (*notes, self._cache_note):
            if note:
                print(note)

    def _check_class_mode(self, class_mode: str | None) -> None:
        if class_mode not in self._modes:
            allowed = ", ".join(map(repr, self._modes))
            raise ValueError(f"class_mode must be one of {allowed}. Received: {class_mode!r}")

    def _fetch(self, number: int) -> Any:
        if not self._checked:
            self._omissions.add_all(check_headers(self.filepaths, self._reading, self.workers))
            self._checked = True
        batch = super()._fetch(number)
        if number == len(self) - 1 and (summary := self._omissions.new_summary()):
            print(summary)
        return batch

    def _labelled(self, filled: Filled) -> Any:
        if self.class_mode is None:
            return filled.x
        weights = None if self.sample_weight is None else self.sample_weight[filled.indices]
        return weighted(filled.x, self._targets_of(filled), filled.present, weights)

    def _targets_of(self, filled: Filled) -> Any:
        if self.class_mode == "input":
            return filled.x.copy()
        classes = np.asarray(self.classes)[filled.indices]
        if self.class_mode == "categorical":
            return np.eye(len(self.class_indices), dtype=self.dtype)[classes]
        return classes.astype(self.dtype)
