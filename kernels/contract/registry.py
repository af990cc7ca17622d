"""The table of kernels and the check of one call's arguments."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fastcnn.kernels.arrays import Array, check_array


@dataclass(frozen=True)
class Kernel:
    """One entry: `module` is the file that holds it in every backend; `arrays` its array arguments in order."""

    name: str
    module: str
    optional: bool
    arrays: dict[str, Array]
    rule: Callable

    def check(self, *arrays: np.ndarray | None, **params: object) -> None:
        """Raises TypeError or ValueError unless the (canonical) arguments keep the contract."""
        reals = {}
        for (name, spec), array in zip(self.arrays.items(), arrays, strict=True):
            check_array(self.name, name, spec, array)
            if spec.dtype == "real" and array is not None:
                reals[name] = array.dtype
        if len(set(reals.values())) > 1:
            types = {name: str(dtype) for name, dtype in reals.items()}
            raise TypeError(f"{self.name}: all real arrays must have one dtype. Received: {types}")
        views = (None if a is None else spec.canonical(a) for spec, a in zip(self.arrays.values(), arrays, strict=True))
        self.rule(*views, **params)


KERNELS: dict[str, Kernel] = {}


def kernel(module: str, optional: bool = False) -> Callable[[Callable], Callable]:
    """Registers the decorated shape rule as a kernel that lives in `<backend>/<module>.py`."""

    def register(rule: Callable) -> Callable:
        parameters = inspect.signature(rule).parameters.values()
        arrays = {p.name: p.annotation for p in parameters if p.kind is not p.KEYWORD_ONLY}
        KERNELS[rule.__name__] = Kernel(rule.__name__, module, optional, arrays, rule)
        return rule

    return register
