"""Random numbers: where they come from when nobody passed a generator, and arrays of them."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

_SEED_WORDS = 4
# Values scaled at a time, so that they are still in the cache (2**16 floats = 256 KiB).
_BLOCK = 2**16
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd


def generator() -> np.random.Generator:
    """Return a new generator, seeded by a draw from NumPy's global random state.

    A script that calls ``np.random.seed(7)`` or ``fastcnn.utils.set_random_seed(7)`` therefore gets the same weights,
    the same order of samples and the same dropout masks on every run; one that seeds nothing gets fresh ones. Each call
    advances NumPy's global state, so two models built one after the other differ.
    """
    words = np.random.randint(0, 2**32, size=_SEED_WORDS, dtype=np.uint32)
    # SFC64 fills large weight arrays faster than NumPy's default PCG64.
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words.tolist())))


@contextmanager
def stream_kept() -> Iterator[None]:
    """Leave NumPy's global random state as it was before the block, whatever draws from it there."""
    before = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(before)


def uniform(rng: np.random.Generator, shape: Sequence[int], low: float, high: float, dtype: Any) -> np.ndarray:
    """Return an array of ``shape``, uniform in [low, high)."""
    values = np.empty(math.prod(shape), _drawn_dtype(dtype))
    for start in range(0, values.size, _BLOCK):
        block = values[start : start + _BLOCK]
        rng.random(out=block, dtype=block.dtype)
        block *= high - low
        block += low
    return values.reshape(shape).astype(dtype, copy=False)


def normal(
    rng: np.random.Generator, shape: Sequence[int], mean: float, stddev: float, dtype: Any, truncated: bool = False
) -> np.ndarray:
    """Return an array of ``shape`` from the normal distribution; ``truncated`` redraws beyond two ``stddev``."""
    values = np.empty(math.prod(shape), _drawn_dtype(dtype))
    for start in range(0, values.size, _BLOCK):
        block = values[start : start + _BLOCK]
        rng.standard_normal(out=block, dtype=block.dtype)
        if truncated:
            _redraw_tails(rng, block)
        block *= stddev
        block += mean
    return values.reshape(shape).astype(dtype, copy=False)


def _redraw_tails(rng: np.random.Generator, block: np.ndarray) -> None:
    """Draw the values beyond +-2 again, in place, until none is left; one in 22 is at first."""
    tails = np.flatnonzero(np.abs(block) > 2.0)
    while tails.size:
        block[tails] = rng.standard_normal(tails.size, dtype=block.dtype)
        tails = tails[np.abs(block[tails]) > 2.0]


def _drawn_dtype(dtype: Any) -> np.dtype:
    """Return the float type to draw in: NumPy's generators know float32 and float64 only."""
    return np.dtype(dtype) if np.dtype(dtype) == np.float64 else np.dtype(np.float32)


def step_generator(key: np.ndarray) -> np.random.Generator:
    """Return the generator of one step of one layer; ``key`` is (seed, number of the step), as `Builder.key` has it.

    The same key gives the same numbers on every machine, whatever was drawn before: that makes a resumed run exact.
    """
    return np.random.Generator(np.random.Philox(key=key.astype(np.uint64)))


def item_uniforms(seed: Sequence[int], items: np.ndarray, count: int) -> np.ndarray:
    """Return (len(items), count) float64, uniform in [0, 1): a row is decided by ``seed`` and the item's number alone.

    Whatever is asked for together, in whatever order and by whichever thread, an item gets the same numbers.
    Source: SplitMix64 of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
    """
    start = np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)
    states = _mixed(start + (items.astype(np.uint64) + 1) * _GOLDEN)
    numbers = _mixed(states[:, np.newaxis] + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)
    return (numbers >> 11) * 2.0**-53


def _mixed(z: np.ndarray) -> np.ndarray:
    """SplitMix64's permutation of the 64-bit integers."""
    z = (z ^ (z >> 30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> 27)) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> 31)
