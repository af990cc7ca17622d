"""Convolution and pooling of images (N, H, W, C) by gathering windows: for layers and losses that users write.

The package's own layers run kernels instead, which are many times faster.
"""

from collections.abc import Sequence

import numpy as np

from fastcnn.kernels import geometry
from fastcnn.ops import reductions, shapes
from fastcnn.ops.elementwise import Value, divide, together
from fastcnn.ops.tape import array_of, lift, record

Pair = int | Sequence[int]


def _pair(value: Pair) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _check(name: str, x: Value, data_format: str | None) -> None:
    if x.ndim != 4 or data_format not in (None, "channels_last"):
        raise NotImplementedError(
            f"{name}: expected images (N, H, W, C), channels last. Received: {x.ndim} axes, data_format={data_format!r}"
        )


def _windows(x: Value, size: tuple, strides: tuple, dilation: tuple, padding: str, fill: float) -> Value:
    """(N, H, W, C) -> (N, rows, columns, height, width, C): what each position of a window sees."""
    pads = geometry.resolve_padding(padding, x.shape[1:3], size, strides, dilation)
    out = geometry.window_output(x.shape[1:3], size, strides, pads, dilation)
    x = shapes.pad(x, ((0, 0), *pads, (0, 0)), constant_values=fill) if np.any(pads) else x
    at = np.asarray(array_of(x))

    def places(i: int, j: int) -> tuple[slice, ...]:
        starts = i * dilation[0], j * dilation[1]
        ends = (start + (n - 1) * step + 1 for start, n, step in zip(starts, out, strides, strict=True))
        return (slice(None), *(slice(*cut) for cut in zip(starts, ends, strides, strict=True)))

    def gradient(dy: np.ndarray) -> np.ndarray:
        dx = np.zeros(at.shape, dy.dtype)
        for i, j in np.ndindex(*size):
            dx[places(i, j)] += dy[:, :, :, i, j]
        return dx

    seen = np.stack([at[places(i, j)] for i, j in np.ndindex(*size)], axis=3)
    return record(seen.reshape(*seen.shape[:3], *size, at.shape[-1]), (x, gradient))


def conv(
    inputs: object,
    kernel: object,
    strides: Pair = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Pair = 1,
) -> Value:
    """Convolution of images (N, H, W, C) with a kernel (height, width, C, filters).

    Raises:
        NotImplementedError: for sequences, volumes, groups and channels_first; there are layers for these.
    """
    x, w = together(inputs, kernel)
    _check("conv", x, data_format)
    if w.ndim != 4 or w.shape[2] != x.shape[-1]:
        raise NotImplementedError(f"conv: expected a kernel (height, width, {x.shape[-1]}, n). Received: {w.shape}")
    seen = _windows(x, w.shape[:2], _pair(strides), _pair(dilation_rate), padding, 0.0)
    return shapes.tensordot(seen, w, 3)


def max_pool(
    inputs: object, pool_size: Pair, strides: Pair | None = None, padding: str = "valid", data_format: str | None = None
) -> Value:
    """The largest value of each window; the first of equals gets the gradient."""
    x, size = lift(inputs), _pair(pool_size)
    _check("max_pool", x, data_format)
    seen = _windows(x, size, _pair(strides or size), (1, 1), padding, -np.inf)
    rows = shapes.reshape(seen, (*seen.shape[:3], size[0] * size[1], x.shape[-1]))
    return shapes.squeeze(reductions.take_along_axis(rows, reductions.argmax(rows, axis=3, keepdims=True), 3), 3)


def average_pool(
    inputs: object, pool_size: Pair, strides: Pair | None = None, padding: str = "valid", data_format: str | None = None
) -> Value:
    """The mean of each window, what lies outside of the image left out."""
    x, size = lift(inputs), _pair(pool_size)
    _check("average_pool", x, data_format)
    step = _pair(strides or size)
    inside = _windows(np.ones((1, *x.shape[1:3], 1), x.dtype), size, step, (1, 1), padding, 0.0).sum(axis=(3, 4))
    return divide(reductions.sum(_windows(x, size, step, (1, 1), padding, 0.0), axis=(3, 4)), inside)
