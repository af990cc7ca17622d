"""Mean, spread and whitening of a set of photos."""

import numpy as np

_BLOCK = 256  # photos at a time, so that a large set needs no second copy in floating point


def mean_per_channel(x: np.ndarray, axes: tuple[int, ...], scale: float) -> np.ndarray:
    """Mean of scale * x over `axes` of the four, in float64; the other axes but the first stay, with length 1."""
    sums = [block.sum(axis=axes, dtype=np.float64, keepdims=True) for block in _blocks(x)]
    return scale * np.sum(sums, axis=0)[0] / np.prod([x.shape[a] for a in axes])


def spread_per_channel(x: np.ndarray, axes: tuple[int, ...], scale: float) -> np.ndarray:
    """Standard deviation of scale * x over `axes`, shaped as `mean_per_channel`."""
    mean = mean_per_channel(x, axes, 1.0)
    squares = [np.square(block - mean).sum(axis=axes, keepdims=True) for block in _blocks(x)]
    return abs(scale) * np.sqrt(np.sum(squares, axis=0)[0] / np.prod([x.shape[a] for a in axes]))


def whitening_matrix(x: np.ndarray, epsilon: float) -> np.ndarray:
    """The matrix (D, D) float32 that makes the D values of a photo uncorrelated (ZCA); x : (N, D), centred.

    U diag(sqrt(N) / (s + epsilon)) U^T with the singular values s of x and its right singular vectors U. Only min(N, D)
    of them exist: with fewer photos than values they come from x itself, else from x^T x, which is smaller than x.
    Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009), appendix A, with Keras's
    epsilon on s.
    """
    x = x.astype(np.float64)
    if len(x) < x.shape[1]:
        _, singular, rows = np.linalg.svd(x, full_matrices=False)
        u = rows.T
    else:
        values, u = np.linalg.eigh(x.T @ x)
        singular = np.sqrt(np.maximum(values, 0))
    return ((u * (np.sqrt(len(x)) / (singular + epsilon))) @ u.T).astype(np.float32)


def _blocks(x: np.ndarray) -> list[np.ndarray]:
    return [x[start : start + _BLOCK] for start in range(0, len(x), _BLOCK)]
