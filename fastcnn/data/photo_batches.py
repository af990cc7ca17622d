"""Passes over photos in files, in batches that threads make ahead of need: what a dataset of a folder iterates."""

from collections.abc import Iterator

import numpy as np

from fastcnn.data.ahead import Ahead
from fastcnn.data.batch_job import BatchJob, Filled, weighted
from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.dataset import Passes
from fastcnn.data.photos import FilePhotos
from fastcnn.data.skipping import check_headers
from fastcnn.imaging.resampling import Resize

_AHEAD = 2  # batches
_BUFFERS = _AHEAD + 2  # besides those ahead, one in use and one just asked for
_SINGLE = 32  # photos that are made together where they are handed out one by one


class PhotoBatches:
    """Batches x, (x, y), or (x, y, weights) where a photo was left out; each call is a pass over all photos.

    x : float32 (N, *resize.size, channels), or channels first, in 0..255. labels : (photos, ...) or None.
    batch_size : None gives single photos. seed : for another order in every pass; None keeps that of the files.
    passes : counts them.

    Raises, while iterating:
        ImageError: for a photo that cannot be used, by its path; before the first batch if its header says so.
    """

    def __init__(
        self,
        photos: FilePhotos,
        labels: np.ndarray | None,
        resize: Resize,
        channels_first: bool,
        batch_size: int | None,
        seed: int | None,
        passes: Passes,
        workers: int,
    ):
        self._photos, self._labels, self._resize, self._workers = photos, labels, resize, workers
        self._channels_first, self._single, self._batch_size = channels_first, batch_size is None, batch_size or _SINGLE
        self._seed, self._passes, self._checked = seed, passes, False
        self._buffers = BatchBuffers(_BUFFERS)

    def __len__(self) -> int:
        """Elements of a pass."""
        total = len(self._photos.paths)
        return total if self._single else -(-total // self._batch_size)

    def __call__(self) -> Iterator:
        """The elements of one pass."""
        if not self._checked:
            found = check_headers(self._photos.paths, self._photos.reading, self._workers)
            self._photos.omissions.add_all(found)
            self._checked = True
        order = np.arange(len(self._photos.paths))
        if self._seed is not None:
            np.random.default_rng([self._seed, self._passes.next()]).shuffle(order)
        return self._pass([order[i : i + self._batch_size] for i in range(0, len(order), self._batch_size)])

    def _pass(self, batches: list[np.ndarray]) -> Iterator:
        ahead = Ahead(lambda number: self._job(batches[number]), self._workers)
        try:
            for number in range(len(batches)):
                filled = ahead.get(number, range(number + 1, min(number + 1 + _AHEAD, len(batches))))
                yield from self._alone(filled) if self._single else [self._element(filled)]
                del filled  # its memory is free for the next batch
        finally:
            ahead.close()
        if summary := self._photos.omissions.new_summary():
            print(summary)

    def _job(self, indices: np.ndarray) -> BatchJob:
        size, channels = self._resize.size, self._photos.channels
        shape = (channels, *size) if self._channels_first else (*size, channels)
        return BatchJob(self._photos, indices, self._buffers.take((len(indices), *shape), np.float32), self._fill)

    def _fill(self, slot: np.ndarray, photo: np.ndarray, position: int) -> None:
        if not self._channels_first:
            self._resize.into(photo, slot)
            return
        made = np.empty((*self._resize.size, len(slot)), np.float32)
        self._resize.into(photo, made)
        slot[...] = np.moveaxis(made, 2, 0)

    def _element(self, filled: Filled) -> object:
        if self._labels is None:
            return filled.x
        return weighted(filled.x, self._labels[filled.indices], filled.present, None)

    def _alone(self, filled: Filled) -> Iterator:
        """Single photos; those left out are left out altogether."""
        for x, index, present in zip(filled.x, filled.indices, filled.present, strict=True):
            if present:
                yield x if self._labels is None else (x, self._labels[index])
