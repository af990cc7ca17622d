"""One kernel call that is timed: its shapes, its arrays, and how it is bound to a backend."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import KERNELS
from fastcnn.kernels.costs import Cost, cost

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """One call. shapes : array name -> shape (optional arrays that are not named are None).

    small : shapes of the same call for the check against NumPy.
    fill : arrays that must not be noise; positive : arrays that are never negative, such as averages of squares.
    terms : additions behind one output element of `small`; the tolerance grows with its root.
    """

    kernel: str
    label: str
    shapes: dict[str, Shape]
    small: dict[str, Shape]
    params: dict = field(default_factory=dict)
    fill: dict[str, object] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
    terms: int = 1

    def __str__(self) -> str:
        return f"{self.kernel} {self.label}"

    def arrays(self, small: bool = False) -> list[np.ndarray | None]:
        """The arguments in the contract's order, the same values for every backend; outputs are zeros, work is None."""
        rng, made = np.random.default_rng(1), []
        shapes = self.small if small else self.shapes
        for name, spec in KERNELS[self.kernel].arrays.items():
            shape = shapes.get(name)
            if spec.direction == "work" or shape is None:
                made.append(None)
            elif name in self.fill:
                made.append(np.array(self.fill[name]))
            else:
                array = _values(rng, shape, spec.dtype, spec.direction == "out")
                made.append(np.abs(array, out=array) if name in self.positive else array)
        return made

    @property
    def cost(self) -> Cost:
        """Operations and bytes of the call."""
        return cost(self.kernel, self.shapes, **self.params)


def _values(rng: np.random.Generator, shape: Shape, dtype: str, output: bool) -> np.ndarray:
    kind = {"real": "float32", "index": "uint8", "pixel": "uint8"}.get(dtype, dtype)
    if output:
        return np.zeros(shape, kind)
    if dtype == "real":
        values = rng.random(shape, np.float32)
        values -= np.float32(0.5)
        return values
    return rng.integers(0, {"index": 4, "pixel": 256}.get(dtype, 2**32), shape).astype(kind)


def bind(backend: Backend, case: Case, arrays: list[np.ndarray | None]) -> Callable[[], None]:
    """The call as the engine makes it: checked once, work memory allocated beforehand."""
    kernel = KERNELS[case.kernel]
    kernel.check(*arrays, **case.params)
    views = [None if a is None else s.canonical(a) for s, a in zip(kernel.arrays.values(), arrays, strict=True)]
    if "work" in kernel.arrays:
        shapes = {name: view.shape for name, view in zip(kernel.arrays, views, strict=True) if view is not None}
        size = backend.work_size(kernel.name, shapes, 4, **case.params)
        views[list(kernel.arrays).index("work")] = np.zeros(size, np.float32)
    return partial(backend.raw[case.kernel], *views, **case.params)
