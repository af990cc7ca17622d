"""Shape rules of the kernels, each said once; contract.py names the rule that a kernel keeps.

Every rule raises ValueError with the expected and the received shape, before any compiled code runs.
"""

import numpy as np

from fastcnn.kernels.geometry import Padding, Pair, argmax_dtype, window_output


def expect(kernel: str, name: str, array: np.ndarray | None, shape: tuple[int, ...]) -> None:
    """Raises unless `array` (if given) has exactly `shape`."""
    if array is not None and array.shape != shape:
        raise ValueError(f"{kernel}: expected {name} of shape {shape}. Received: {array.shape}")


def same(kernel: str, **arrays: np.ndarray | None) -> None:
    """All given arrays have the shape of the first one."""
    first, *others = ((name, array) for name, array in arrays.items() if array is not None)
    for name, array in others:
        expect(kernel, name, array, first[1].shape)


def conv2d(kernel: str, x: np.ndarray, w: np.ndarray, y: np.ndarray, strides, padding, dilation, groups) -> None:
    """x (N, H, W, C), w (KH, KW, C / groups, F), y (N, OH, OW, F)."""
    n, h, width, c = x.shape
    kh, kw, cg, f = w.shape
    if groups < 1 or c % groups or f % groups or cg != c // groups:
        raise ValueError(
            f"{kernel}: weights {w.shape} in {groups} group(s) do not fit {c} input channels; "
            f"expected weights of shape (KH, KW, {c}/groups, F) with F divisible by groups"
        )
    sliding(kernel, strides, padding, dilation)
    expect(kernel, "y", y, (n, *window_output((h, width), (kh, kw), strides, padding, dilation), f))


def unpooled(kernel: str, y: np.ndarray, x: np.ndarray, w: np.ndarray, strides, padding, dilation, pool_size: Pair):
    """A stand-in for the convolution's own output, of which max pooling with windows side by side left `y`."""
    sliding(kernel, pool_size, padding, dilation)
    sliding(kernel, strides, padding, dilation)
    size = window_output(x.shape[1:3], w.shape[:2], strides, padding, dilation)
    pooled = window_output(size, pool_size, pool_size, ((0, 0), (0, 0)))
    expect(kernel, "pooled array", y, (x.shape[0], *pooled, w.shape[3]))
    return np.broadcast_to(y[:1, :1, :1], (x.shape[0], *size, w.shape[3]))


def pooled_index(kernel: str, argmax: np.ndarray | None, y: np.ndarray, pool_size: Pair) -> None:
    """argmax (if given) like y, one byte a cell."""
    expect(kernel, "argmax", argmax, y.shape)
    if argmax is not None and argmax.dtype != argmax_dtype(pool_size):
        raise TypeError(
            f"{kernel}: argmax must be {argmax_dtype(pool_size)} for a window of {pool_size}. Received: {argmax.dtype}"
        )


def winograd(kernel: str, x: np.ndarray, w: np.ndarray, y: np.ndarray, argmax, padding, tile, pool_size) -> None:
    """A 3x3 convolution of one group, every pixel a window's place; tiles of 2 or 4."""
    if w.shape[:2] != (3, 3) or tile not in (2, 4):
        raise ValueError(f"{kernel}: expected 3x3 weights and tile 2 or 4. Received: {w.shape} and {tile}")
    full = unpooled(kernel, y, x, w, (1, 1), padding, (1, 1), pool_size)
    conv2d(kernel, x, w, full, (1, 1), padding, (1, 1), 1)
    pooled_index(kernel, argmax, y, pool_size)


def activation(kernel: str, name: str) -> None:
    """The activations that products apply to their results."""
    if name not in ("linear", "relu"):
        raise ValueError(f'{kernel}: activation must be "linear" or "relu". Received: {name!r}')


def pool2d(kernel: str, x: np.ndarray, y: np.ndarray, argmax, pool_size: Pair, strides: Pair, padding: Padding) -> None:
    """x (N, H, W, C), y and argmax (N, OH, OW, C); padding smaller than the window, so no window is all padding."""
    n, h, w, c = x.shape
    sliding(kernel, strides, padding, (1, 1))
    if any(max(pad) >= size for pad, size in zip(padding, pool_size, strict=True)):
        raise ValueError(f"{kernel}: padding {padding} must be smaller than the window {pool_size}")
    expect(kernel, "y", y, (n, *window_output((h, w), pool_size, strides, padding), c))
    pooled_index(kernel, argmax, y, pool_size)


def sliding(kernel: str, strides: Pair, padding: Padding, dilation: Pair) -> None:
    """Strides and dilation are pairs from 1 up, padding two pairs from 0 up."""
    pairs = [("strides", strides, 1), ("dilation", dilation, 1), ("padding", padding[0], 0), ("padding", padding[1], 0)]
    for name, pair, least in pairs:
        if len(pair) != 2 or any(not isinstance(v, int) or v < least for v in pair):
            raise ValueError(f"{kernel}: {name} must be two integers from {least} up. Received: {pair!r}")


def dense(kernel: str, x: np.ndarray, w: np.ndarray, y: np.ndarray, b: np.ndarray | None = None) -> None:
    """x (N, I), w (I, U), y (N, U), b (U,)."""
    expect(kernel, "w", w, (x.shape[1], y.shape[1]))
    expect(kernel, "y", y, (x.shape[0], w.shape[1]))
    expect(kernel, "b", b, (w.shape[1],))


def dense_update(kernel: str, x, dy, w, dx, hyper: np.ndarray, names: str, **slots: np.ndarray | None) -> None:
    """dense's shapes, dx like x, slots like w, hyper (k,) with the scalars called `names`."""
    dense(kernel, x, w, dy)
    expect(kernel, "dx", dx, x.shape)
    optimizer(kernel, hyper, names, w=w, **slots)


def channels(kernel: str, x: np.ndarray, **vectors: np.ndarray | None) -> None:
    """x (M, C) and vectors of shape (C,)."""
    for name, vector in vectors.items():
        expect(kernel, name, vector, (x.shape[1],))


def pooled_channels(kernel: str, x: np.ndarray, y: np.ndarray, argmax, pool_size: Pair, **vectors: np.ndarray) -> None:
    """x (N, H, W, C), y and argmax of what max pooling with windows side by side leaves of it, vectors (C,)."""
    sliding(kernel, pool_size, ((0, 0), (0, 0)), (1, 1))
    pooled = window_output(x.shape[1:3], pool_size, pool_size, ((0, 0), (0, 0)))
    expect(kernel, "pooled array", y, (x.shape[0], *pooled, x.shape[3]))
    pooled_index(kernel, argmax, y, pool_size)
    for name, vector in vectors.items():
        expect(kernel, name, vector, (x.shape[3],))


def losses(kernel: str, predictions: np.ndarray, targets: np.ndarray, per_sample: np.ndarray, result=None) -> None:
    """predictions, targets and result (N, C); per_sample (N,)."""
    same(kernel, predictions=predictions, targets=targets, result=result)
    expect(kernel, "per-sample array", per_sample, (predictions.shape[0],))


def optimizer(kernel: str, hyper: np.ndarray, names: str, **arrays: np.ndarray | None) -> None:
    """All arrays alike; hyper (k,) holds the scalars called `names`."""
    same(kernel, **arrays)
    expect(kernel, f"hyper ({names})", hyper, (len(names.split()),))
