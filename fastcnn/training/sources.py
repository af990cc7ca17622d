"""Where batches come from: arrays, iterators over folders, datasets by number, generators; all look the same to fit."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from fastcnn.training.source import Batch, Source, after, unpack
from fastcnn.utils.dataset import PyDataset


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
        super().__init__()
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

    def _pass(self, steps: int | None, skip: int) -> Iterator[Batch]:
        wanted = self.steps if steps is None else steps
        while wanted > 0:
            for chosen in self._chosen()[skip:wanted]:
                yield tuple(None if a is None else a[chosen] for a in (self.x, self.y, self.weights))
            wanted, skip = wanted - self.steps, max(skip - self.steps, 0)

    def state(self) -> dict:
        return {"rng": None if self.rng is None else self.rng.bit_generator.state}

    def restore(self, state: dict) -> None:
        if self.rng is not None:
            self.rng.bit_generator.state = state["rng"]

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
    """An endless iterator that knows its length: `len(it)` batches are one pass, next(it) goes on after it.

    One with get_state, set_state and skip says where it is; others draw again.
    """

    endless = True

    def __init__(self, iterator: object, origin: str):
        super().__init__()
        self.iterator, self.steps = iterator, len(iterator)
        self.samples, self.batch_size = getattr(iterator, "n", None), getattr(iterator, "batch_size", None)
        folder = getattr(iterator, "directory", None)
        self.origin = f"{origin} ({type(iterator).__name__}{f' of {str(folder)!r}' if folder else ''})"
        self._tells = hasattr(iterator, "get_state") and hasattr(iterator, "skip")

    def sample_shape(self) -> tuple[int, ...] | None:
        shape = getattr(self.iterator, "image_shape", None)
        return None if shape is None else tuple(shape)

    def sample_labels(self) -> np.ndarray | None:
        classes, mode = getattr(self.iterator, "num_classes", None), getattr(self.iterator, "class_mode", None)
        samples = {"binary": [0.0], "sparse": [(classes or 1) - 1.0], "categorical": [[0.0] * (classes or 1)]}
        return np.array(samples[mode]) if classes and mode in samples else None

    def _pass(self, steps: int | None, skip: int) -> Iterator[Batch]:
        if self._tells:
            self.iterator.skip(skip)
            return self._next(steps, skip)
        return after(self._next(steps, 0), skip)

    def _next(self, steps: int | None, skip: int) -> Iterator[Batch]:
        for _ in range(skip, self.steps if steps is None else steps):
            yield unpack(next(self.iterator))

    def restart(self) -> None:
        super().restart()
        self.iterator.reset()

    def state(self) -> dict:
        return {"iterator": self.iterator.get_state()} if self._tells else super().state()

    def restore(self, state: dict) -> None:
        if self._tells:
            self.iterator.set_state(state["iterator"])
        else:
            super().restore(state)


class NumberedSource(Source):
    """A dataset of batches by number (Sequence, PyDataset); order shuffled by `rng` if given.

    A dataset whose batches change at the end of an epoch is asked for its get_state; without one it draws again.
    """

    endless = True

    def __init__(self, dataset: Sequence, origin: str, rng: np.random.Generator | None = None):
        super().__init__()
        self.dataset, self.rng, self.steps = dataset, rng, len(dataset)
        self.origin = f"{origin} ({type(dataset).__name__})"
        if self.steps < 1:
            raise ValueError(f"{self.origin} holds no batches")
        self._first = None if rng is None else rng.bit_generator.state
        changes = getattr(type(dataset), "on_epoch_end", PyDataset.on_epoch_end) is not PyDataset.on_epoch_end
        self._tells, self._draws_again = hasattr(dataset, "get_state"), changes and not hasattr(dataset, "get_state")

    def sample_shape(self) -> tuple[int, ...]:
        return unpack(self.dataset[0])[0].shape[1:]

    def _pass(self, steps: int | None, skip: int) -> Iterator[Batch]:
        return after(self._numbered(steps, 0), skip) if self._draws_again else self._numbered(steps, skip)

    def _numbered(self, steps: int | None, skip: int) -> Iterator[Batch]:
        wanted = self.steps if steps is None else steps
        while wanted > 0:
            getattr(self.dataset, "on_epoch_begin", lambda: None)()
            order = np.arange(self.steps) if self.rng is None else self.rng.permutation(self.steps)
            for number in order[skip:wanted]:
                yield unpack(self.dataset[int(number)])
            wanted, skip = wanted - self.steps, max(skip - self.steps, 0)
            getattr(self.dataset, "on_epoch_end", lambda: None)()

    def state(self) -> dict:
        state = super().state() if self._draws_again else {}
        rng = None if self.rng is None else self._first if self._draws_again else self.rng.bit_generator.state
        return state | {"rng": rng, "dataset": self.dataset.get_state() if self._tells else None}

    def restore(self, state: dict) -> None:
        if self.rng is not None:
            self.rng.bit_generator.state = state["rng"]
        if self._draws_again:
            super().restore(state)
        elif self._tells:
            self.dataset.set_state(state["dataset"])


class GeneratorSource(Source):
    """A Python generator, or anything that can be iterated: again each epoch if it can be, else going on.

    An epoch for which there are too few batches ends early, with a warning.
    """

    def __init__(self, batches: object, origin: str):
        super().__init__()
        self.iterable, self.origin = batches, f"{origin} ({type(batches).__name__})"
        self._once = iter(batches) is batches
        self._validates = origin == "validation_data"  # on the same batches after every epoch
        self._current: Iterator | None = None
        self._peeked: list[Batch] = []

    def sample_shape(self) -> tuple[int, ...]:
        if not self._peeked:
            try:
                self._peeked.append(self._next())
            except StopIteration:
                raise ValueError(f"{self.origin} has no batches left; it must yield enough for every epoch") from None
        return self._peeked[0][0].shape[1:]

    def _next(self) -> Batch:
        if self._current is None:
            self._current = iter(self.iterable)
        return unpack(next(self._current))

    def _pass(self, steps: int | None, skip: int) -> Iterator[Batch]:
        return after(self._drawn(steps), skip)

    def _drawn(self, steps: int | None) -> Iterator[Batch]:
        if not self._once and not self._peeked and (steps is None or self._validates):
            self._current = None
        count, began_before = 0, self._current is not None and not self._once and not self._peeked
        while steps is None or count < steps:
            try:
                batch = self._peeked.pop() if self._peeked else self._next()
            except StopIteration:
                self._current = None if not self._once else self._current
                if count == 0 and began_before:  # the last epoch ended where the batches do
                    began_before = False
                    continue
                if steps is not None or count == 0:
                    self._ran_out(count, steps)
                return
            count += 1
            yield batch

    def _ran_out(self, count: int, steps: int | None) -> None:
        expected = "at least one" if steps is None else f"{steps}"
        warnings.warn(
            f"{self.origin} ran out of batches: this epoch has {count} of {expected}. "
            "Let it yield enough for every epoch, or give steps_per_epoch",
            stacklevel=2,
        )


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
