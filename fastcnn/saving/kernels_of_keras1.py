"""Kernels that Keras 1, or Theano, stored in another order of axes or mirrored, as they are today.

Keras 1 stored convolutions channels first where dim_ordering was "th" (filters, channels, rows, columns), and 1-D ones
as images of one column. Theano convolves where everybody else correlates: its kernels are mirrored.
"""

from collections.abc import Sequence

from fastcnn.layers.base import Layer
from fastcnn.saving.loading import Shape, Stored

# Layers whose first weight is a convolution's kernel: rows and columns first, then two axes of channels.
_CONVOLUTIONS = {"Conv1D": 1, "Conv2D": 2, "Conv3D": 3, "Conv2DTranspose": 2}


def stored_as(layer: Layer, stored: Sequence[Stored], keras_version: str, backend: str | None) -> list[Stored]:
    """The arrays of one layer, with what must be done to its kernel noted.

    keras_version, backend : what the file says, "1" and None if it says nothing.
    """
    if hasattr(layer, "layers"):
        return _of_layers(layer.layers, list(stored), keras_version, backend)
    rank = _CONVOLUTIONS.get(type(layer).__name__)
    if rank is None or not stored:
        return list(stored)
    axes, taken = None, ()
    if keras_version.split(".")[0] in ("0", "1"):
        axes, taken = _moved(type(layer).__name__, rank, stored[0].dataset.shape, layer)
    flipped = tuple(range(rank)) if backend == "theano" else ()
    return [Stored(stored[0].dataset, axes, flipped, taken), *stored[1:]]


def _of_layers(layers: Sequence[Layer], stored: list[Stored], keras_version: str, backend: str | None) -> list[Stored]:
    """The same for the layers of a model: trained weights of all of them come first, then the others."""
    changed = list(stored)
    position = 0
    for part in ("trainable_weights", "non_trainable_weights"):
        for layer in layers:
            count = len(getattr(layer, part))
            here = slice(position, position + count)
            changed[here] = stored_as(layer, stored[here], keras_version, backend)
            position += count
    return changed


def _moved(kind: str, rank: int, shape: Shape, layer: Layer) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """Order of the stored axes, and axes to drop, for a kernel of Keras 1; None where it is as today."""
    today = layer.weights[0].shape
    if kind == "Conv1D":
        if len(shape) != 4:
            return None, ()
        return (None, (1,)) if shape[:2] == (today[0], 1) else ((2, 3, 1, 0), (1,))
    spatial = tuple(range(2, 2 + rank))
    first, last = (*spatial, 1, 0), None
    if kind == "Conv2DTranspose":  # Keras 1 had filters and channels the other way round
        first, last = (*spatial, 0, 1), (0, 1, 3, 2)
    orders = [first, last] if getattr(layer, "data_format", None) == "channels_first" else [last, first]
    for order in orders:
        if len(shape) == len(today) and tuple(shape[axis] for axis in order or range(len(shape))) == today:
            return order, ()
    return orders[0], ()
