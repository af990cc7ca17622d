"""Sample weights from class weights."""

from collections.abc import Mapping

import numpy as np


def combine(y: np.ndarray, weights: np.ndarray | None, class_weight: object) -> np.ndarray | None:
    """Weight of each sample: its own, times that of its class; classes not named weigh 1.

    y : class numbers (N,) or (N, 1), or one-hot rows (N, C).
    class_weight : {class number: weight}, or a sequence of weights by class number, or None.
    """
    if class_weight is None:
        return weights
    if not isinstance(class_weight, Mapping):
        class_weight = dict(enumerate(np.asarray(class_weight).ravel().tolist()))
    y = np.asarray(y)
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else np.rint(y.reshape(len(y))).astype(np.int64)
    per_class = np.array([float(class_weight.get(int(c), 1.0)) for c in classes])
    return per_class if weights is None else per_class * weights
