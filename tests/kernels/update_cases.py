"""Shape cases of what stands between a gradient and its update."""

from collections.abc import Iterator

import numpy as np

from tests.kernels.cases import LENGTHS, Case, _hyper, _positive


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


def clipping() -> Iterator[Case]:
    """Norms below and above the limit, and 0."""
    for length in LENGTHS:
        x = {"x": (length,), "y": (length,)}
        yield Case("clip_by_value", x, {"limit": 0.5})
        for square in (0.0, 0.04, 9.0):
            fill = {"square": lambda rng, shape, dtype, square=square: np.full(shape, square, dtype)}
            yield Case("clip_by_norm", {"x": (length,), "square": (1,), "y": (length,)}, {"limit": 0.5}, fill)


ADAPTIVE = {  # kernel -> its arrays, those that are positive, hyper
    "adagrad_update": (("square",), ("square",), (0.1, 1e-7, 1e-3, 0.01)),
    "adadelta_update": (("square", "steps"), ("square", "steps"), (1.0, 0.95, 1e-7, 0.01)),
    "adamax_update": (("m", "largest"), ("largest",), (0.01, 0.9, 0.999, 1e-7, 0.01)),
    "nadam_update": (("m", "v"), ("v",), (0.01, 0.02, 0.9, 0.999, 1.5, 1e-7, 0.01)),
    "ftrl_update": (("square", "linear"), ("square",), (0.1, 0.5, 0.3, 0.2, 0.1, 0.01)),
    "lion_update": (("m",), (), (0.01, 0.9, 0.99, 0.01)),
    "lamb_direction": (("m", "v", "y"), ("v",), (0.01, 0.9, 0.999, 1.2, 1.5, 1e-6, 0.01)),
}


def adaptive() -> Iterator[Case]:
    """Updates; Ftrl with a power that is no root too, Lamb where a norm is 0."""
    for length in LENGTHS:
        w = {"w": (length,), "dw": (length,)}
        for kernel, (slots, positive, hyper) in ADAPTIVE.items():
            shapes = w | dict.fromkeys(slots, (length,)) | {"hyper": (len(hyper),)}
            fill = dict.fromkeys(positive, _positive) | _hyper(*hyper)
            yield Case(kernel, shapes, fill=fill)
            if kernel == "ftrl_update":
                yield Case(kernel, shapes, fill=fill | _hyper(0.1, 0.7, 0.0, 0.2, 0.0, 0.0))
        for squares in ((4.0, 9.0), (0.0, 9.0), (4.0, 0.0)):
            shapes = w | {"w_square": (1,), "dw_square": (1,), "hyper": (7,)}
            names = zip(("w_square", "dw_square"), squares, strict=True)
            fill = {name: lambda rng, shape, dtype, value=value: np.full(shape, value, dtype) for name, value in names}
            yield Case("lamb_update", shapes, fill=fill | _hyper(0.1, 0.9, 0.999, 1.2, 1.5, 1e-6, 0.01))


def all_cases() -> list[Case]:
    """Every case of this file."""
    return [*penalties(), *clipping(), *adaptive()]
