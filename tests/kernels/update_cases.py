"""Shape cases of what stands between a gradient and its update."""

from collections.abc import Iterator

import numpy as np

from tests.kernels.cases import LENGTHS, Case


def _with_zeros(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Every third number is 0, where the slope of |x| is 0."""
    return (rng.standard_normal(shape) * (rng.integers(0, 3, shape) > 0)).astype(dtype)


def penalties() -> Iterator[Case]:
    """Weights (one row) and activities; sums over several blocks."""
    for shape in [*((1, length) for length in LENGTHS), (5, 7), (32, 1031), (130, 513)]:
        for l1, l2 in ((0.0, 0.01), (0.02, 0.0), (0.03, 0.2)):
            params = {"l1": l1, "l2": l2}
            fill = {"x": _with_zeros}
            yield Case("penalty_forward", {"x": shape, "y": (1,)}, params, fill, terms=shape[0] * shape[1])
            for before in (shape, None):
                yield Case("penalty_backward", {"x": shape, "before": before, "dx": shape}, params, fill)


def all_cases() -> list[Case]:
    """Every case of this file."""
    return list(penalties())
