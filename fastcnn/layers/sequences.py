"""Sequences (N, L, C) beside images (N, H, W, C): layers that know both run a sequence as an image of one row."""

from fastcnn.kernels.geometry import Pair
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape

MEANINGS = {1: "(batch, steps, channels)", 2: "(batch, rows, columns, channels)"}


def expect(layer: str, input_shape: Shape, axes: int) -> None:
    """Raises ValueError unless the input has `axes` axes between batch and channels."""
    arguments.rank(layer, input_shape, axes + 2, MEANINGS[axes])


def plane(sizes: tuple[int, ...], row: int = 1) -> Pair:
    """Sizes along the axes of a sequence or an image -> (rows, columns); `row` is a sequence's first one."""
    return (row, *sizes)[-2:]


def as_image(shape: Shape) -> Shape:
    """(N, L, C) -> (N, 1, L, C); an image's shape stays."""
    return (shape[0], *plane(shape[1:-1]), shape[-1])
