"""Labels and arrays as scripts prepare them."""

from typing import Any

import numpy as np

from fastcnn.compat.calls import accepts_old_names


@accepts_old_names
def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Return the one-hot matrix (..., num_classes), float64, of the class indices ``x`` (...) or (..., 1).

    ``num_classes`` is the largest index + 1 if not given. Raises ValueError for indices outside [0, num_classes).
    """
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        advice = "np.unique(labels, return_inverse=True)[1] numbers them"
        raise ValueError(f"to_categorical: labels must be whole numbers; {advice}. Received: {x.dtype}")
    classes = x.astype(np.int64)
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    if num_classes is None:
        if classes.size == 0:
            raise ValueError("to_categorical: without labels, pass num_classes. Received: an empty array")
        num_classes = int(classes.max()) + 1
    outside = classes[(classes < 0) | (classes >= num_classes)]
    if outside.size:
        raise ValueError(f"to_categorical: labels must lie in [0, {num_classes}). Received: {outside.flat[0]}")
    one_hot = np.zeros((classes.size, num_classes))
    one_hot[np.arange(classes.size), classes.ravel()] = 1.0
    return one_hot.reshape(*classes.shape, num_classes)


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Return ``x`` divided by its norms of ``order`` along ``axis``; zeros stay zeros."""
    x = np.asarray(x)
    norms = np.linalg.norm(x, order, axis, keepdims=True)
    return x / np.where(norms == 0, 1, norms)
