"""What an activation may be applied to: arrays, values that are being differentiated, and tensors of a program.

Each activation is said once, as a kernel or as a function of fastcnn.ops; what x is decides what happens.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fastcnn.engine import calls
from fastcnn.engine.ops.activations import elementwise
from fastcnn.engine.program import Builder, Tensor
from fastcnn.ops.deferring import Deferred
from fastcnn.ops.tape import Pullback, Traced, array_of, differentiate, lift, record


@dataclass(frozen=True)
class Emitting(Deferred):
    """A tensor of a program that is being written: applying something to it emits ops.

    Functions of fastcnn.ops emit kernels where there are some, and raise TypeError elsewhere.
    """

    builder: Builder
    tensor: Tensor

    def defer(self, function: str, args: tuple, kwargs: dict) -> "Emitting":
        from fastcnn.activations.as_kernels import KERNELS

        if function not in KERNELS:
            raise TypeError(f"fastcnn.ops.{function} has no kernel")
        return KERNELS[function](*args, **kwargs)

    __array_ufunc__ = None  # NumPy's functions raise TypeError instead of trying the elements


Value = np.ndarray | Traced | Emitting


def kernel(x: object, name: str, **params: object) -> Value:
    """The kernel `<name>_forward` of x, whose gradient is `<name>_backward`."""
    if isinstance(x, Emitting):
        return Emitting(x.builder, elementwise(x.builder, f"{name}_forward", x.tensor, **params))
    x = lift(x)
    array = _real(array_of(x))
    y = np.empty_like(array)
    _run(f"{name}_forward", array, y, **params)
    kept = array if name == "curve" else y  # the curves' gradients come from x

    def gradient(dy: np.ndarray) -> np.ndarray:
        dx = np.empty_like(array)
        _run(f"{name}_backward", kept, np.ascontiguousarray(dy, array.dtype).reshape(array.shape), dx, **params)
        return dx

    return record(y.reshape(np.shape(array_of(x))), (x, gradient))


def written(x: object, function: Callable) -> Value:
    """A function that is written with fastcnn.ops, of x."""
    if not isinstance(x, Emitting):
        x = lift(x)
        return function(x if isinstance(x, Traced) else _real(x).reshape(np.shape(x)))
    shape = output_shape(function, x.tensor.shape, x.tensor.dtype)
    return Emitting(x.builder, calls.call(x.builder, _Written(function, x.builder.differentiable), [x.tensor], shape))


def output_shape(function: Callable, shape: tuple, dtype: object = "float32") -> tuple:
    """Shape of the function's value for an array of `shape` (batch first), from trying it on ones.

    Raises:
        ValueError: when the function does not keep the batch axis.
    """
    batch = 2
    found = np.shape(function(np.ones((batch, *shape[1:]), dtype)))
    if found[:1] != (batch,):
        raise ValueError(f"an activation must keep the batch axis first. It gave {found} for a batch of {batch}")
    return (shape[0], *found[1:])


class _Written:
    """A function of fastcnn.ops as an op of a program.

    keep : whether a gradient follows each run; it is that run's own, since a function may draw random numbers.
    """

    def __init__(self, function: Callable, keep: bool):
        self.function, self.name, self._keep = function, getattr(function, "__name__", "activation"), keep
        self._pullback: Pullback | None = None

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """Fills y."""
        if self._keep:
            value, self._pullback = differentiate(self.function, inputs)
        else:
            with np.errstate(all="ignore"):
                value = self.function(*inputs)
        np.copyto(y, value)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the gradient, 0 where the function does not depend on x."""
        (dx,), self._pullback = self._pullback(dy), None
        np.copyto(gradients[0], 0 if dx is None else dx)


def _real(x: object) -> np.ndarray:
    """A contiguous array of float32 or float64 with at least one axis."""
    array = np.asarray(x)
    return np.ascontiguousarray(array, np.float64 if array.dtype == np.float64 else np.float32)


def _run(kernel_name: str, *arrays: np.ndarray, **params: object) -> None:
    from fastcnn.switching import get_backend

    if arrays[0].size:
        getattr(get_backend(), kernel_name)(*arrays, **params)
