"""Ops that move values: permuting, repeating, padding, cropping, resampling. All are NumPy, and all are linear."""

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


class _Resample(_Linear):
    name = "resample"

    def __init__(self, rows: np.ndarray, cols: np.ndarray):
        self.rows, self.cols = rows, cols
        self.there = _Band(rows), _Band(cols)
        self.back = _Band(rows.T), _Band(cols.T)

    def move(self, x: np.ndarray, y: np.ndarray) -> None:
        _along_both(*self.there, x, y)

    def move_back(self, dy: np.ndarray, dx: np.ndarray) -> None:
        _along_both(*self.back, dy, dx)


class _Band:
    """A matrix that is zero but for a band, cut into blocks of rows without the zeros beside them."""

    ROWS = 16

    def __init__(self, matrix: np.ndarray):
        self.blocks = []
        for begin in range(0, len(matrix), self.ROWS):
            block = matrix[begin : begin + self.ROWS]
            used = np.flatnonzero(block.any(axis=0))
            inside = slice(used[0], used[-1] + 1)
            self.blocks.append((slice(begin, begin + len(block)), inside, np.ascontiguousarray(block[:, inside])))

    def times(self, x: np.ndarray, y: np.ndarray) -> None:
        """Fills y (..., rows, M) with the matrix times each (columns, M) of x."""
        for rows, cols, block in self.blocks:
            np.matmul(block, x[:, cols], out=y[:, rows])


def _along_both(rows: _Band, cols: _Band, x: np.ndarray, y: np.ndarray) -> None:
    """y (N, OH, OW, C) = rows (OH, H) and cols (OW, W) times x (N, H, W, C)."""
    height, channels = x.shape[1], x.shape[3]
    wide = np.empty((height, y.shape[2], channels), x.dtype)  # of one image, which stays in cache
    for image, result in zip(x, y, strict=True):
        cols.times(image, wide)
        rows.times(wide.reshape(1, height, -1), result.reshape(1, len(result), -1))


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


def resample(builder: Builder, x: Tensor, rows: np.ndarray, cols: np.ndarray) -> Tensor:
    """x (N, H, W, C) times rows (OH, H) and cols (OW, W), the weights of each output row and column."""
    matrices = (np.ascontiguousarray(matrix, x.dtype) for matrix in (rows, cols))
    return call(builder, _Resample(*matrices), [x], (x.shape[0], rows.shape[0], cols.shape[0], x.shape[3]))
