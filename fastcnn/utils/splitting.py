"""One dataset as two."""

import random
from collections.abc import Iterable
from numbers import Integral

import numpy as np

from fastcnn.data.dataset import Dataset


def split_dataset(
    dataset: object,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """The first samples and the last as two datasets of single samples; `.batch(32)` makes batches of them.

    dataset : an array, a tuple of arrays of one length, a list of samples, or a Dataset, all of which is read.
    left_size, right_size : a number of samples, or a share between 0 and 1; one alone leaves the rest to the other.
    shuffle : changes the order before, by `seed`. preferred_backend : accepted; samples are arrays in any case.

    Raises:
        ValueError: for sizes that leave nothing on one side, or that are more than there is.
    """
    samples = _samples(dataset)
    left, right = _sizes(left_size, right_size, len(samples))
    if shuffle:
        random.Random(seed).shuffle(samples)  # noqa: S311 (an order, no secret)
    first, last = samples[:left], samples[len(samples) - right :] if right else []
    return Dataset(lambda: iter(first), left), Dataset(lambda: iter(last), right)


def _samples(dataset: object) -> list:
    if isinstance(dataset, tuple) or hasattr(dataset, "__array__"):
        dataset = Dataset.from_tensor_slices(dataset)
    if isinstance(dataset, Dataset):
        return list(dataset.as_numpy_iterator())
    if not isinstance(dataset, Iterable):
        raise TypeError(f"split_dataset: expected arrays, a list or a dataset. Received: {type(dataset).__name__}")
    return [np.asarray(sample) if not isinstance(sample, tuple) else sample for sample in dataset]


def _sizes(left: float | None, right: float | None, total: int) -> tuple[int, int]:
    """Numbers of samples on each side."""
    counts = [_count(name, size, total) for name, size in (("left_size", left), ("right_size", right))]
    if counts == [None, None]:
        raise ValueError("split_dataset: expected left_size, right_size or both")
    first, last = (total - counts[1 - i] if counts[i] is None else counts[i] for i in (0, 1))
    if first + last > total or not first or not last:
        raise ValueError(
            f"split_dataset: both sides must get some of the {total} samples. Received: left_size={left!r}, "
            f"right_size={right!r}"
        )
    return first, last


def _count(name: str, size: float | None, total: int) -> int | None:
    if size is None:
        return None
    whole = isinstance(size, Integral) and not isinstance(size, bool)
    if not (0 < size < (total if whole else 1)):
        raise ValueError(f"split_dataset: {name} must be below {total}, or a share between 0 and 1. Received: {size!r}")
    return int(size) if whole else round(size * total)
