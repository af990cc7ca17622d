"""Sample weights from class weights."""

from collections.abc import Mapping

import numpy as np


def weights_of_classes(class_weight: object) -> dict[int, float] | None:
    """fit's class_weight as {class number: weight}: it may be that, or a sequence of weights by class number.

    Raises:
        ValueError: for anything else.
    """
    if class_weight is None:
        return None
    expected = "class_weight must be {class number: weight}, or a list of weights by class number"
    try:
        if isinstance(class_weight, Mapping):
            weights = {_whole(key): float(weight) for key, weight in class_weight.items()}
        else:
            weights = dict(enumerate(np.asarray(class_weight, np.float64).ravel().tolist()))
        if not all(weight >= 0 for weight in weights.values()):
            raise ValueError
        return weights
    except (TypeError, ValueError):
        raise ValueError(f"{expected}. Received: {class_weight!r}") from None


def _whole(key: object) -> int:
    """A class number; np.unique(y) gives them as floats."""
    number = int(key)
    if isinstance(key, str) or number != key:
        raise ValueError
    return number


def combine(y: np.ndarray, weights: np.ndarray | None, class_weight: Mapping[int, float] | None) -> np.ndarray | None:
    """Weight of each sample: its own, times that of its class; classes not named weigh 1.

    y : class numbers (N,) or (N, 1), or one-hot rows (N, C).
    class_weight : {class number: weight}, or None.
    """
    if class_weight is None:
        return weights
    y = np.asarray(y)
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else np.rint(y.reshape(len(y))).astype(np.int64)
    per_class = np.array([class_weight.get(int(c), 1.0) for c in classes])
    return per_class if weights is None else per_class * weights
