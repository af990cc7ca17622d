"""keras.random: arrays of random numbers, which follow NumPy's global seed or a seed of their own."""

from collections.abc import Sequence

import numpy as np

from fastcnn.random import generator

_LIMIT = 2.0  # standard deviations at which truncated_normal draws again


class SeedGenerator:
    """A series of random numbers that goes on from call to call: `normal((2, 3), seed=SeedGenerator(1))`."""

    def __init__(self, seed: int | None = None, **options: object):
        self.seed = seed
        self.rng = generator() if seed is None else np.random.default_rng(seed)

    def next(self) -> int:
        """The next seed of the series."""
        return int(self.rng.integers(2**31))


def _rng(seed: object) -> np.random.Generator:
    if isinstance(seed, SeedGenerator):
        return seed.rng
    return generator() if seed is None else np.random.default_rng(seed)


def normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: object = None
) -> np.ndarray:
    """Normally distributed numbers."""
    return (mean + stddev * _rng(seed).standard_normal(tuple(shape))).astype(dtype or "float32")


def truncated_normal(
    shape: Sequence[int], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: object = None
) -> np.ndarray:
    """Normally distributed numbers, drawn again beyond two standard deviations."""
    rng = _rng(seed)
    values = rng.standard_normal(tuple(shape))
    while (outside := np.abs(values) > _LIMIT).any():
        values[outside] = rng.standard_normal(int(outside.sum()))
    return (mean + stddev * values).astype(dtype or "float32")


def uniform(
    shape: Sequence[int], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: object = None
) -> np.ndarray:
    """Numbers that are equally likely from minval up to maxval."""
    return _rng(seed).uniform(minval, maxval, tuple(shape)).astype(dtype or "float32")


def randint(shape: Sequence[int], minval: int, maxval: int, dtype: str = "int32", seed: object = None) -> np.ndarray:
    """Whole numbers from minval up to maxval - 1."""
    return _rng(seed).integers(minval, maxval, tuple(shape)).astype(dtype)


def shuffle(x: np.ndarray, axis: int = 0, seed: object = None) -> np.ndarray:
    """x in another order along an axis."""
    return _rng(seed).permutation(x, axis=axis)


def dropout(
    inputs: object, rate: float, noise_shape: Sequence[int | None] | None = None, seed: object = None
) -> object:
    """inputs with a share `rate` of them set to 0 and the others divided by 1 - rate; gradients pass through.

    noise_shape : the mask's shape, broadcast; None in it is the inputs' size.

    Raises:
        ValueError: unless 0 <= rate < 1.
    """
    if not 0 <= rate < 1:
        raise ValueError(f"dropout: rate must be at least 0 and less than 1. Received: {rate!r}")
    sizes = noise_shape or inputs.shape
    shape = [own if size is None else size for size, own in zip(sizes, inputs.shape, strict=True)]
    return inputs * ((_rng(seed).random(shape) >= rate) / (1 - rate)).astype(inputs.dtype)
