"""Affine maps of batches of images, with a matrix for each image, and their gradient."""

import numpy as np

from fastcnn.switching import get_backend

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
_BY_KERNEL = ("reflect", "nearest", "constant")  # "wrap" there has scipy's period, size - 1


def warp(
    images: np.ndarray, matrices: np.ndarray, fill_mode: str, fill_value: float = 0.0, interpolation: str = "bilinear"
) -> np.ndarray:
    """images (N, H, W, C), each moved by its matrix of (N, 2, 3) float64; a new array of the same type.

    Output pixel (row, column) reads the input at matrix @ (row, column, 1). fill_mode, for places outside:
    "reflect" (d c b a | a b c d | d c b a), "nearest" (a a a a | a b c d | d d d d), "wrap" (a b c d | a b c d |
    a b c d;
    no blending across the seam), "constant" (fill_value, blended with the border's pixels).
    Source: the documentation of TensorFlow's ImageProjectiveTransformV3, which Keras's layers call.
    """
    moved = np.empty_like(images)
    if images.dtype != np.float32 or fill_mode not in _BY_KERNEL:
        for image, matrix, target in zip(images, matrices, moved, strict=True):
            index, weight = _taps(matrix, image.shape, fill_mode, interpolation)
            flat, weight = image.reshape(-1, image.shape[2]), weight[..., None].astype(image.dtype)
            values = (flat[index] * weight).sum(axis=0) + fill_value * (1 - weight.sum(axis=0))
            target[...] = values.reshape(target.shape)
        return moved
    affine = get_backend().image_affine
    options = {"order": int(interpolation == "bilinear"), "fill_mode": fill_mode, "cval": float(fill_value)}
    options |= {"flip_horizontal": False, "flip_vertical": False, "scale": 1.0}
    for image, matrix, target in zip(images, matrices, moved, strict=True):
        if fill_mode == "constant":  # a ring of the value, so that the border blends into it
            image = np.pad(image, ((1, 1), (1, 1), (0, 0)), constant_values=fill_value)
            matrix = matrix + [[0, 0, 1], [0, 0, 1]]
        affine(np.ascontiguousarray(image), target, np.ascontiguousarray(matrix), **options)
    return moved


def warp_gradient(dy: np.ndarray, matrices: np.ndarray, fill_mode: str, interpolation: str = "bilinear") -> np.ndarray:
    """The gradient of the images, from that of what `warp` made of them."""
    dx = np.empty_like(dy)
    for image, matrix, target in zip(dy, matrices, dx, strict=True):
        index, weight = _taps(matrix, image.shape, fill_mode, interpolation)
        flat, pixels = image.reshape(-1, image.shape[2]), image.shape[0] * image.shape[1]
        for channel in range(image.shape[2]):
            shares = (weight * flat[:, channel]).ravel()
            target[..., channel] = np.bincount(index.ravel(), shares, pixels).reshape(image.shape[:2])
    return dx


def _taps(
    matrix: np.ndarray, shape: tuple[int, int, int], fill_mode: str, interpolation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels each output pixel reads, (taps, H * W), and their weights; weight 0 outside the image."""
    rows, columns = (axis.ravel() for axis in np.indices(shape[:2], np.float64))
    axes = []
    for (a, b, c), size in zip(matrix, shape, strict=False):
        places = _into(a * rows + b * columns + c, size, fill_mode)
        if interpolation == "nearest":
            taps, weights = np.floor(places + 0.5)[None], np.ones((1, rows.size))
        else:
            floor = np.floor(places)
            taps, weights = np.stack([floor, floor + 1]), np.stack([floor + 1 - places, places - floor])
        weights = np.where((taps >= 0) & (taps < size), weights, 0)
        axes.append((np.clip(taps, 0, size - 1).astype(np.intp), weights))
    (row, row_weight), (column, column_weight) = axes
    index = row[:, None] * shape[1] + column
    weight = row_weight[:, None] * column_weight
    return index.reshape(-1, rows.size), weight.reshape(-1, rows.size)


def _into(places: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Places brought to where the fill mode reads; "constant" leaves them."""
    last = size - 1
    if fill_mode == "constant":
        return places
    if fill_mode == "reflect":
        folded = np.mod(places, 2 * size)
        places = np.where(
            (places >= 0) & (places <= last), places, np.where(folded < size, folded, 2 * size - 1 - folded)
        )
    elif fill_mode == "wrap" and last:
        turns = np.where(places < 0, np.trunc(-places / last) + 1, np.where(places > last, -np.trunc(places / last), 0))
        places = places + size * turns
    return np.clip(places, 0, last)
