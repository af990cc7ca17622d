"""Ops that move values: permuting, repeating, padding, cropping. All are NumPy, and all are linear."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Pair

Margins = Sequence[Pair]  # (before, after) for each axis behind the batch


class _Linear:
    """y = forward(x), whose gradient needs dy alone."""

    name = ""

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        """Fills y."""
        raise NotImplementedError

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        """Fills dx."""
        raise NotImplementedError

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """As Call wants it."""
        self.move(inputs[0], y)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """As Call wants it."""
        if gradients[0] is not None:
            self.move_back(dy, gradients[0])


class _Permute(_Linear):
    name = "permute"

    def __init__(self, axes: Sequence[int]):
        self.axes, self.inverse = tuple(axes), tuple(int(axis) for axis in np.argsort(axes))

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        np.copyto(y, x.transpose(self.axes))

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        np.copyto(dx, dy.transpose(self.inverse))


class _Crop(_Linear):
    name = "crop"

    def __init__(self, margins: Margins):
        self.margins = margins

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        np.copyto(y, x[_inner(x.shape, self.margins)])

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        for axis, (before, after) in enumerate(self.margins, start=1):
            inside, size = _inner(dx.shape, self.margins[: axis - 1]), dx.shape[axis]
            slab = dx[inside].swapaxes(axis, 0)
            slab[:before] = 0
            slab[size - after :] = 0
        np.copyto(dx[_inner(dx.shape, self.margins)], dy)


class Pad(_Crop):
    """Zeros around x: what cropping undoes. Rewrite rules look for it."""

    name = "pad"

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        super().move_back(x, y)

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        super().move(dy, dx)


class _Repeat(_Linear):
    name = "repeat"

    def __init__(self, factors: Pair):
        self.factors = factors

    def _blocks(self, large: np.ndarray, small: np.ndarray) -> np.ndarray:
        """(N, H, s, W, t, C) of the large image (N, H s, W t, C)."""
        n, rows, cols, channels = small.shape
        return large.reshape(n, rows, self.factors[0], cols, self.factors[1], channels)

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        blocks = self._blocks(y, x)
        blocks[:, :, 0] = x[:, :, :, None]
        blocks[:, :, 1:] = blocks[:, :, :1]  # whole rows at a time

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        blocks = self._blocks(dy, dx)
        first, *others = np.ndindex(self.factors)
        np.copyto(dx, blocks[:, :, first[0], :, first[1]])
        for row, col in others:
            dx += blocks[:, :, row, :, col]


def _inner(shape: Sequence[int], margins: Margins) -> tuple[slice, ...]:
    """Slices of what lies inside the margins."""
    sizes = zip(margins, shape[1:], strict=False)
    return (slice(None), *(slice(before, size - after) for (before, after), size in sizes))


def permute(builder: Builder, x: Tensor, axes: Sequence[int]) -> Tensor:
    """x with its axes in another order; the batch axis stays in front."""
    return call(builder, _Permute(axes), [x], [x.shape[axis] for axis in axes])


def pad(builder: Builder, x: Tensor, margins: Margins) -> Tensor:
    """x with zeros around it, (before, after) for each axis behind the batch."""
    shape = [before + size + after for (before, after), size in zip(margins, x.shape[1:], strict=True)]
    return call(builder, Pad(margins), [x], (x.shape[0], *shape))


def crop(builder: Builder, x: Tensor, margins: Margins) -> Tensor:
    """x without its margins, (before, after) for each axis behind the batch."""
    shape = [size - before - after for (before, after), size in zip(margins, x.shape[1:], strict=True)]
    return call(builder, _Crop(margins), [x], (x.shape[0], *shape))


def repeat(builder: Builder, x: Tensor, factors: Pair) -> Tensor:
    """x (N, H, W, C) with every row and column so many times in place."""
    n, rows, cols, channels = x.shape
    return call(builder, _Repeat(factors), [x], (n, rows * factors[0], cols * factors[1], channels))
