"""The base class of data that is read batch by batch."""

from collections.abc import Iterator
from typing import Any


class PyDataset:
    """Batches by number: a subclass implements ``__len__`` (batches an epoch) and ``__getitem__(i)``.

    An item is ``(x, y)``, ``(x, y, sample_weight)`` or ``x``. ``on_epoch_begin`` and ``on_epoch_end`` may be
    overridden, to shuffle for instance. The arguments describe how the batches are fetched: by how many workers, and
    how far ahead.
    """

    # On the class, so that subclasses need not call super().__init__().
    workers, use_multiprocessing, max_queue_size = 1, False, 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10):
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size

    def __getitem__(self, index: int) -> Any:
        """Return batch ``index``."""
        raise NotImplementedError(f"{type(self).__name__} must implement __getitem__(index).")

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        raise NotImplementedError(f"{type(self).__name__} must implement __len__().")

    @property
    def num_batches(self) -> int | None:
        """The number of batches in an epoch; None for endless data."""
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before every epoch."""

    def on_epoch_end(self) -> None:
        """Called after every epoch."""

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]


Sequence = PyDataset
