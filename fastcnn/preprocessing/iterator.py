"""The part that all batch iterators share: order, epochs, reading ahead, saving what was made."""

import os
import threading
from collections.abc import Iterator as AbstractIterator
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from fastcnn.compat.names import OldAttributes
from fastcnn.data.ahead import Ahead, thread_count
from fastcnn.data.batch_job import Filled
from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.photos import Photos
from fastcnn.data.pil_arrays import array_to_img
from fastcnn.preprocessing.batches import BatchMaker
from fastcnn.random import generator
from fastcnn.utils.dataset import PyDataset

if TYPE_CHECKING:
    from fastcnn.data.pil_arrays import Image

_BATCHES_AHEAD = 2
_BUFFERS = _BATCHES_AHEAD + 2  # besides those ahead, one in use and one just asked for
_STATE = ("epoch", "batch_index", "total_batches_seen", "_touched")


class Iterator(OldAttributes, PyDataset):
    """Batches of photos: endless by `next` (a new order every round), or by number within the current epoch.

    Worker threads make the next batches while the current one is in use. Every batch is determined by seed, epoch
    and number, whatever the number of workers. `close` (or garbage collection) ends the threads.

    n : photos. batch_index : the number that `next` gives next. index_array : order of the current epoch.
    """

    def __init__(
        self,
        photos: Photos,
        n: int,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        image_data_generator: Any,
        image_shape: tuple[int, int, int],
        data_format: str,
        dtype: str,
        saving: tuple[str | None, str, str],
        workers: int | None,
    ):
        self.n, self.batch_size, self.shuffle = n, _positive("batch_size", batch_size), bool(shuffle)
        self.seed = seed
        self.image_data_generator, self.image_shape = image_data_generator, image_shape
        self.data_format, self.dtype = data_format, dtype
        self.save_to_dir, self.save_prefix, self.save_format = saving
        self.workers = _workers(workers, image_data_generator)
        self.epoch = self.batch_index = self.total_batches_seen = 0
        self._touched = False  # whether a batch of the current epoch has been handed out
        self._maker = BatchMaker(
            photos,
            image_data_generator,
            image_shape,
            dtype,
            data_format,
            n,
            self.batch_size,
            self.shuffle,
            _seed(seed),
            BatchBuffers(_BUFFERS),
        )
        self._ahead = Ahead(self._maker.job, self.workers)
        self.lock = threading.RLock()

    def __len__(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return -(-self.n // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """Batch `index` of the current epoch.

        Raises:
            IndexError: when there are fewer.
            ImageError: when a photo cannot be used.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"batch index must be below {len(self)}. Received: {index}")
        with self.lock:
            return self._fetch(index % len(self))

    def __iter__(self) -> AbstractIterator:
        return self

    def __next__(self) -> Any:
        with self.lock:
            number = self.batch_index
            batch = self._fetch(number)
            self.batch_index = (number + 1) % len(self)
            if self.batch_index == 0:
                self.on_epoch_end()
            return batch

    def next(self) -> Any:
        """The next batch, as `next(iterator)`."""
        return self.__next__()

    def on_epoch_end(self) -> None:
        """Goes on to the next epoch's order and random changes, if anything of this one has been used."""
        if self._touched:
            self.epoch, self._touched = self.epoch + 1, False

    def reset(self) -> None:
        """Makes `next` begin again at the first batch, of a new epoch if this one has been begun."""
        with self.lock:
            self.batch_index = 0
            self.on_epoch_end()

    def skip(self, batches: int) -> None:
        """Goes on by that many batches without making them."""
        with self.lock:
            for _ in range(batches):
                self._touched = True
                self.total_batches_seen += 1
                self.batch_index = (self.batch_index + 1) % len(self)
                if self.batch_index == 0:
                    self.on_epoch_end()

    def get_state(self) -> dict[str, Any]:
        """What `set_state` of an iterator over the same photos needs to give the batches that come now."""
        counts = {name: getattr(self, name) for name in _STATE}
        return {"seed": self._maker.seed, **counts}

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes to where `get_state` was called."""
        with self.lock:
            if state["seed"] != self._maker.seed:  # it was drawn: batches that were made ahead are others
                self._ahead.close()
                self._maker = replace(self._maker, seed=state["seed"])
                self._ahead = Ahead(self._maker.job, self.workers)
            for name in _STATE:
                setattr(self, name, state[name])

    def close(self) -> None:
        """Ends the worker threads; the iterator cannot be used afterwards."""
        self._ahead.close()

    def preview(
        self,
        path: str | os.PathLike | None = None,
        rows: int = 4,
        columns: int = 8,
        class_names: Sequence[str] | None = None,
    ) -> "Image":
        """One picture of the photos that come next, changed as training will see them, with their labels.

        The iterator stays where it is and gives the same batches as without a look. Values within 0..255, 0..1 or -1..1
        run from black to white over that range, others (standardised photos) from their lowest to their highest, all
        photos alike; the line at the bottom says which. Photos that are left out are crossed out.

        path : a file to write the picture to, in one step; its ending is the format.
        rows, columns : of the grid; each photo is shown at most once.
        class_names : names to show for class numbers; default: those of the iterator.

        Returns:
            The picture, a Pillow image: notebooks show it.

        Raises:
            ValueError: for a grid without a place, or a path whose ending stands for no picture.
            ImageError, OSError: when a photo cannot be used, or the file not be written.
        """
        from fastcnn.preprocessing.preview import preview

        with self.lock:
            return preview(self, path, rows, columns, class_names)

    @property
    def index_array(self) -> np.ndarray:
        """Positions of all photos in the order of the current epoch."""
        return self._maker.order(self._key(0)[0])

    def _key(self, number: int) -> tuple[int, int]:
        """What the batch depends on; `number` may run on into the next epochs."""
        epoch = 0 if self._maker.repeats else self.epoch + number // len(self)
        return epoch, number % len(self)

    def _fetch(self, number: int) -> Any:
        ahead = min(_BATCHES_AHEAD, len(self) - 1)
        following = [self._key(number + step) for step in range(1, ahead + 1)]
        filled = self._ahead.get(self._key(number), following)
        self._touched = True
        self.total_batches_seen += 1
        if self.save_to_dir:
            self._save(filled)
        return self._labelled(filled)

    def _labelled(self, filled: Filled) -> Any:
        """What the user gets for a finished batch."""
        raise NotImplementedError(f"{type(self).__name__} must implement _labelled(filled)")

    def _save(self, filled: Filled) -> None:
        """Writes the batch's photos to save_to_dir; names differ from epoch to epoch."""
        for photo, index in zip(filled.x, filled.indices, strict=True):
            tag = np.random.default_rng([self._maker.seed, self.epoch, index, 1]).integers(10_000_000)
            name = f"{self.save_prefix}_{index}_{tag}.{self.save_format}"
            array_to_img(photo, self.data_format, scale=True).save(os.path.join(self.save_to_dir, name))


def _positive(name: str, value: int) -> int:
    if not isinstance(value, Integral) or value < 1:
        raise ValueError(f"{name} must be a positive integer. Received: {value!r}")
    return int(value)


def _seed(seed: int | None) -> int:
    if seed is None:
        return int(generator().integers(2**32))
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"seed must be a non-negative integer or None. Received: {seed!r}")
    return int(seed)


def _workers(workers: int | None, image_data_generator: Any) -> int:
    """`thread_count`, but one thread for a function of the user, which need not be safe in several."""
    if workers is None and image_data_generator is not None and image_data_generator.preprocessing_function:
        return 1
    return thread_count(workers)
