"""Where batches come from: arrays, iterators over folders, datasets by number, generators; all look the same to fit."""

from collections.abc import Iterator, Sequence

import numpy as np

Batch = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]  # x, y, sample weights


def unpack(item: object) -> Batch:
    """x, (x,), (x, y) or (x, y, sample_weight) as three.

    Raises:
        ValueError: for anything else.
    """
    parts = tuple(item) if isinstance(item, (tuple, list)) else (item,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"a batch must be x, (x, y) or (x, y, sample_weight). Received {len(parts)} parts")
    x, y, weights = (*parts, None, None)[:3]
    return np.asarray(x), None if y is None else np.asarray(y), None if weights is None else np.asarray(weights)


class Source:
    """Batches, epoch by epoch.

    steps : batches in one pass, None when unknown.
    origin : what to call the data in messages.
    endless : whether batches go on after `steps`.
    """

    steps: int | None = None
    origin = "the data"
    endless = False
    samples: int | None = None
    batch_size: int | None = None

    def sample_shape(self) -> tuple[int, ...] | None:
        """Shape of one input without the batch axis, found without consuming data; None when unknown."""
        return None

    def sample_labels(self) -> np.ndarray | None:
        """Labels as the batches will have them, found without consuming data; None when unknown."""
        return None

    def batches(self, steps: int | None) -> Iterator[Batch]:
        """The batches of one epoch: `steps` of them, or one pass."""
        raise NotImplementedError

    def restart(self) -> None:
        """Goes back to the beginning, where that is possible."""


class ArraySource(Source):
    """Arrays x (N, ...), y (N, ...) and sample weights (N,) cut into batches; the last one may be smaller.

    rng : shuffles the samples anew each epoch; None keeps their order.
    whole_batches : shuffles the order of the batches only (Keras's shuffle="batch").

    Raises:
        ValueError: when lengths differ or there are no samples.
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray | None = None,
        weights: np.ndarray | None = None,
        batch_size: int | None = None,
        rng: np.random.Generator | None = None,
        whole_batches: bool = False,
        origin: str = "x",
    ):
        x, y, weights = unpack((x, y, weights))
        for name, array in (("y", y), ("sample_weight", weights)):
            if array is not None and len(array) != len(x):
                raise ValueError(f"x and {name} must have as many samples. Received: {len(x)} and {len(array)}")
        if x.ndim == 0 or not len(x):
            raise ValueError(f"{origin} holds no samples: shape {x.shape}")
        batch_size = 32 if batch_size is None else int(batch_size)
        if batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer. Received: {batch_size}")
        self.x, self.y, self.weights = x, y, weights
        self.batch_size, self.rng, self.whole_batches, self.origin = batch_size, rng, whole_batches, origin
        self.samples, self.steps = len(x), -(-len(x) // batch_size)

    def sample_shape(self) -> tuple[int, ...]:
        return self.x.shape[1:]

    def sample_labels(self) -> np.ndarray | None:
        return self.y

    def batches(self, steps: int | None) -> Iterator[Batch]:
        wanted = self.steps if steps is None else steps
        while wanted > 0:
            for chosen in self._chosen()[:wanted]:
                yield tuple(None if a is None else a[chosen] for a in (self.x, self.y, self.weights))
            wanted -= self.steps

    def _chosen(self) -> list:
        """What each batch of one pass takes: slices (views) in order, or shuffled indices."""
        cuts = [slice(i, i + self.batch_size) for i in range(0, self.samples, self.batch_size)]
        if self.rng is None:
            return cuts
        if self.whole_batches:
            self.rng.shuffle(cuts)
            return cuts
        order = self.rng.permutation(self.samples)
        return [order[cut] for cut in cuts]


class IteratorSource(Source):
    """An endless iterator that knows its length: `len(it)` batches are one pass, next(it) goes on after it."""

    endless = True

    def __init__(self, iterator: object, origin: str):
        self.iterator, self.steps = iterator, len(iterator)
        self.samples, self.batch_size = getattr(iterator, "n", None), getattr(iterator, "batch_size", None)
        folder = getattr(iterator, "directory", None)
        self.origin = f"{origin} ({type(iterator).__name__}{f' of {str(folder)!r}' if folder else ''})"

    def sample_shape(self) -> tuple[int, ...] | None:
        shape = getattr(self.iterator, "image_shape", None)
        return None if shape is None else tuple(shape)

    def sample_labels(self) -> np.ndarray | None:
        classes, mode = getattr(self.iterator, "num_classes", None), getattr(self.iterator, "class_mode", None)
        samples = {"binary": [0.0], "sparse": [(classes or 1) - 1.0], "categorical": [[0.0] * (classes or 1)]}
        return np.array(samples[mode]) if classes and mode in samples else None

    def batches(self, steps: int | None) -> Iterator[Batch]:
        for _ in range(self.steps if steps is None else steps):
            yield unpack(next(self.iterator))

    def restart(self) -> None:
        self.iterator.reset()


class NumberedSource(Source):
    """A dataset of batches by number (Sequence, PyDataset); order shuffled by `rng` if given."""

    endless = True

    def __init__(self, dataset: Sequence, origin: str, rng: np.random.Generator | None = None):
        self.dataset, self.rng, self.steps = dataset, rng, len(dataset)
        self.origin = f"{origin} ({type(dataset).__name__})"
        if self.steps < 1:
            raise ValueError(f"{self.origin} holds no batches")

    def sample_shape(self) -> tuple[int, ...]:
        return unpack(self.dataset[0])[0].shape[1:]

    def batches(self, steps: int | None) -> Iterator[Batch]:
        wanted = self.steps if steps is None else steps
        while wanted > 0:
            order = np.arange(self.steps) if self.rng is None else self.rng.permutation(self.steps)
            for number in order[:wanted]:
                yield unpack(self.dataset[int(number)])
            wanted -= self.steps
            getattr(self.dataset, "on_epoch_end", lambda: None)()


class GeneratorSource(Source):
    """A Python generator, or anything that can be iterated: again each epoch if it can be, else going on."""

    def __init__(self, batches: object, origin: str):
        self.iterable, self.origin = batches, f"{origin} ({type(batches).__name__})"
        self._once = iter(batches) is batches
        self._current: Iterator | None = None
        self._peeked: list[Batch] = []

    def sample_shape(self) -> tuple[int, ...]:
        if not self._peeked:
            self._peeked.append(self._next())
        return self._peeked[0][0].shape[1:]

    def _next(self) -> Batch:
        if self._current is None:
            self._current = iter(self.iterable)
        return unpack(next(self._current))

    def batches(self, steps: int | None) -> Iterator[Batch]:
        if not self._once and not self._peeked and steps is None:
            self._current = None
        count = 0
        while steps is None or count < steps:
            try:
                batch = self._peeked.pop() if self._peeked else self._next()
            except StopIteration:
                self._current = None if not self._once else self._current
                if count == 0:
                    raise ValueError(
                        f"{self.origin} has no batches left; it must yield enough for every epoch"
                    ) from None
                return
            count += 1
            yield batch


def make_source(
    x: object,
    y: object = None,
    weights: object = None,
    batch_size: int | None = None,
    shuffle: bool | str = False,
    rng: np.random.Generator | None = None,
    origin: str = "x",
) -> Source:
    """The source for whatever fit, evaluate or predict was given."""
    if isinstance(x, (tuple, list)) and origin == "validation_data":
        return make_source(*x[:3], batch_size=batch_size, origin=origin)
    order = rng if shuffle else None
    if hasattr(x, "__array__") or isinstance(x, (list, tuple)):
        return ArraySource(x, y, weights, batch_size, order, shuffle == "batch", origin)
    if y is not None:
        raise ValueError(f"y must be left out when x is a {type(x).__name__}: its batches carry the labels")
    if hasattr(x, "__len__") and hasattr(x, "__next__") and hasattr(x, "reset"):
        return IteratorSource(x, origin)
    if hasattr(x, "__len__") and hasattr(x, "__getitem__"):
        return NumberedSource(x, origin, order)
    if hasattr(x, "__iter__"):
        return GeneratorSource(x, origin)
    raise ValueError(f"{origin} must be arrays, an iterator of batches or a dataset. Received: {type(x).__name__}")
