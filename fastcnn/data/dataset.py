"""A series of elements, each an array or a tuple of arrays, made when it is iterated: what scripts do with tf.data."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from fastcnn.arrays import with_numpy
from fastcnn.data.skipping import Omissions
from fastcnn.random import stream_kept

if TYPE_CHECKING:
    from PIL.Image import Image


class Passes:
    """How often something was iterated, where that decides the order of the next time."""

    def __init__(self) -> None:
        self.number = 0

    def next(self) -> int:
        """The number of the pass that begins now."""
        self.number += 1
        return self.number - 1


class Dataset:
    """Elements that can be iterated again and again; every method returns a new dataset.

        for images, labels in dataset.map(lambda x, y: (x / 255, y)).shuffle(1000).batch(32):
            ...

    make : returns a fresh iterator over the elements.
    length : number of elements, None when unknown.
    like : the dataset that this one is made of.
    passes : counts of iterations that the order depends on, besides those of `like`.

    Attributes:
        class_names, file_paths, omissions: of photos out of a folder; the datasets made of it keep them.
    """

    def __init__(
        self,
        make: Callable[[], Iterator],
        length: int | None = None,
        like: "Dataset | None" = None,
        passes: Sequence[Passes] = (),
    ):
        self._make, self._length = make, length
        self._passes: tuple[Passes, ...] = (*getattr(like, "_passes", ()), *passes)
        self.class_names: list[str] | None = getattr(like, "class_names", None)
        self.file_paths: list[str] | None = getattr(like, "file_paths", None)
        self.omissions: Omissions | None = getattr(like, "omissions", None)

    @classmethod
    def from_tensor_slices(cls, arrays: object) -> "Dataset":
        """Samples of an array (N, ...), or tuples of samples of arrays of N samples each.

        Raises:
            ValueError: when the arrays differ in their number of samples.
        """
        parts = [np.asarray(a) for a in arrays] if isinstance(arrays, tuple) else [np.asarray(arrays)]
        if len({len(part) for part in parts}) != 1:
            raise ValueError(f"from_tensor_slices: arrays must be of one length. Received: {[len(p) for p in parts]}")
        if isinstance(arrays, tuple):
            return cls(lambda: zip(*parts, strict=True), len(parts[0]))
        return cls(lambda: iter(parts[0]), len(parts[0]))

    def __iter__(self) -> Iterator:
        return (with_numpy(element) for element in self._make())

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """(path, reason) of every photo of a folder that was left out so far."""
        return [] if self.omissions is None else self.omissions.files

    def as_numpy_iterator(self) -> Iterator:
        """The elements as plain arrays."""
        return self._make()

    def __len__(self) -> int:
        if self._length is None:
            raise TypeError("the length of this dataset is not known; count with sum(1 for _ in dataset)")
        return self._length

    def cardinality(self) -> int:
        """Number of elements; -2 when it is not known, -1 when there is no end (as in tf.data)."""
        return -2 if self._length is None else self._length

    def preview(
        self,
        path: str | os.PathLike | None = None,
        rows: int = 4,
        columns: int = 8,
        class_names: Sequence[str] | None = None,
        data_format: str | None = None,
    ) -> "Image":
        """One picture of the photos that the next iteration gives first, with their labels.

        Later iterations are as without a look: counts of passes and NumPy's global random state are put back. Functions
        given to `map` do run, so whatever else they count or draw from moves on. How values become colours, the
        arguments, the result and the errors: see fastcnn.preprocessing.image.Iterator.preview.

        data_format : "channels_first" or "channels_last"; default: found from the shape.
        """
        from fastcnn.data.dataset_preview import preview_elements

        before = [passes.number for passes in self._passes]
        try:
            with stream_kept():
                names = class_names or self.class_names
                return preview_elements(iter(self._make()), path, rows, columns, names, data_format)
        finally:
            for passes, number in zip(self._passes, before, strict=True):
                passes.number = number

    def _then(self, make: Callable[[], Iterator], length: int | None, *passes: Passes) -> "Dataset":
        return Dataset(make, length, self, passes)

    def map(self, function: Callable, num_parallel_calls: object = None, deterministic: object = None) -> "Dataset":
        """function(element), or function(x, y) of the parts of a tuple. The two settings change nothing here."""

        def applied(element: object) -> object:
            element = with_numpy(element)
            return function(*element) if isinstance(element, tuple) else function(element)

        return self._then(lambda: map(applied, self._make()), self._length)

    def filter(self, predicate: Callable) -> "Dataset":
        """The elements that predicate(element), or predicate(x, y), is true of."""

        def holds(element: object) -> bool:
            element = with_numpy(element)
            return bool(predicate(*element) if isinstance(element, tuple) else predicate(element))

        return self._then(lambda: filter(holds, self._make()), None)

    def batch(self, batch_size: int, drop_remainder: bool = False, **ignored: object) -> "Dataset":
        """Elements stacked, `batch_size` at a time; the last batch may be smaller, or is left out."""
        if int(batch_size) < 1:
            raise ValueError(f"batch: batch_size must be a positive integer. Received: {batch_size!r}")
        length = self._length
        if length is not None:
            length = length // batch_size if drop_remainder else -(-length // batch_size)

        def batches() -> Iterator:
            for group in _groups(self._make(), batch_size):
                if len(group) == batch_size or not drop_remainder:
                    yield _stacked(list(group))

        return self._then(batches, length)

    def unbatch(self) -> "Dataset":
        """The samples of every batch."""

        def samples() -> Iterator:
            for element in self._make():
                yield from zip(*element, strict=True) if isinstance(element, tuple) else element

        return self._then(samples, None)

    def shuffle(
        self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = True
    ) -> "Dataset":
        """Elements in random order: each one drawn from `buffer_size` waiting ones.

        seed : None draws from NumPy's global random state when iterated. Every iteration has an order of its own,
            unless reshuffle_each_iteration is False.
        """
        passes = Passes()
        fixed = seed if seed is not None else int(np.random.randint(2**31))

        def shuffled() -> Iterator:
            number = passes.next() if reshuffle_each_iteration is not False else 0
            rng = np.random.default_rng([fixed, number])
            waiting: list = []
            for element in self._make():
                if len(waiting) < buffer_size:
                    waiting.append(element)
                    continue
                place = rng.integers(buffer_size)
                yield waiting[place]
                waiting[place] = element
            rng.shuffle(waiting)
            yield from waiting

        return self._then(shuffled, self._length, passes)

    def repeat(self, count: int | None = None) -> "Dataset":
        """The elements again and again, `count` times or without end."""

        def repeated() -> Iterator:
            for _ in itertools.count() if count is None or count < 0 else range(count):
                yield from self._make()

        endless = count is None or count < 0
        return self._then(repeated, None if endless or self._length is None else self._length * count)

    def take(self, count: int) -> "Dataset":
        """The first `count` elements; -1 takes all."""
        if count < 0:
            return self
        length = None if self._length is None else min(count, self._length)
        return self._then(lambda: itertools.islice(self._make(), count), length)

    def skip(self, count: int) -> "Dataset":
        """All but the first `count` elements."""
        length = None if self._length is None else max(self._length - count, 0)
        return self._then(lambda: itertools.islice(self._make(), count, None), length)

    def concatenate(self, other: "Dataset") -> "Dataset":
        """These elements, then those of `other`."""
        known = self._length is not None and other._length is not None
        length = self._length + other._length if known else None
        return self._then(lambda: itertools.chain(self._make(), other._make()), length, *other._passes)

    def enumerate(self, start: int = 0) -> "Dataset":
        """(number, element) pairs."""
        return self._then(lambda: enumerate(self._make(), start), self._length)

    def cache(self, filename: str = "") -> "Dataset":
        """Keeps all elements in memory once they have all been made, for iterations to come.

        Raises:
            ValueError: for a file name; elements are kept in memory only.
        """
        if filename:
            raise ValueError(
                f"cache: elements are kept in memory only; leave the file name out. Received: {filename!r}"
            )
        kept: list = []
        full: list[bool] = []

        def cached() -> Iterator:
            if full:
                yield from kept
                return
            made = []
            for element in self._make():
                made.append(element)
                yield element
            kept[:], full[:] = made, [True]

        return self._then(cached, self._length)

    def prefetch(self, buffer_size: object = None) -> "Dataset":
        """The dataset itself: photos are decoded ahead of need by threads already."""
        return self


def _groups(elements: Iterator, size: int) -> Iterator[tuple]:
    while group := tuple(itertools.islice(elements, size)):
        yield group


def _stacked(elements: list) -> object:
    """One element whose arrays have a batch axis."""
    first = elements[0]
    if isinstance(first, tuple):
        return tuple(_stacked(list(parts)) for parts in zip(*elements, strict=True))
    if isinstance(first, dict):
        return {name: _stacked([element[name] for element in elements]) for name in first}
    return np.stack([np.asarray(element) for element in elements])
