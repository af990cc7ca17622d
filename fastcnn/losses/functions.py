"""The losses as functions of labels and outputs: one value for each row, with gradients.

y_true and y_pred have the same shape (n, ..., C) unless said otherwise; the result has the shape (n, ...). Where one of
them lacks a last axis of length 1, it gets it or the other loses it, as in Keras.
"""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn import config, ops
from fastcnn.ops.crossentropy import floats, probabilities
from fastcnn.ops.elementwise import Value


def pair(y_true: object, y_pred: object) -> tuple[Value, Value]:
    """Labels and outputs of one floating type and one rank."""
    y_true, y_pred = floats(y_true, y_pred)
    if y_true.ndim + 1 == y_pred.ndim and y_pred.shape[-1] == 1:
        return (ops.expand_dims(y_true, -1), y_pred) if y_true.ndim == 1 else (y_true, ops.squeeze(y_pred, -1))
    if y_pred.ndim + 1 == y_true.ndim and y_true.shape[-1] == 1:
        return (y_true, ops.expand_dims(y_pred, -1)) if y_pred.ndim == 1 else (ops.squeeze(y_true, -1), y_pred)
    return y_true, y_pred


def mean_squared_error(y_true: object, y_pred: object) -> Value:
    """Mean of (y_true - y_pred) ** 2."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true: object, y_pred: object) -> Value:
    """Mean of |y_true - y_pred|."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true: object, y_pred: object) -> Value:
    """100 * mean of |y_true - y_pred| / |y_true|."""
    y_true, y_pred = pair(y_true, y_pred)
    return 100 * ops.mean(ops.abs((y_true - y_pred) / ops.maximum(ops.abs(y_true), config.epsilon)), axis=-1)


def mean_squared_logarithmic_error(y_true: object, y_pred: object) -> Value:
    """Mean of (log(y_true + 1) - log(y_pred + 1)) ** 2; negative values count as 0."""
    logs = [ops.log(ops.maximum(y, config.epsilon) + 1) for y in pair(y_true, y_pred)]
    return ops.mean(ops.squared_difference(*logs), axis=-1)


def huber(y_true: object, y_pred: object, delta: float = 1.0) -> Value:
    """Mean of half the squared error, which goes on as a straight line where the error passes delta."""
    y_true, y_pred = pair(y_true, y_pred)
    error = ops.abs(y_true - y_pred)
    near = ops.minimum(error, delta)
    return ops.mean(near * (error - 0.5 * near), axis=-1)


def log_cosh(y_true: object, y_pred: object) -> Value:
    """Mean of log(cosh(y_pred - y_true))."""
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(ops.logaddexp(error, -error) - math.log(2), axis=-1)


def cosine_similarity(y_true: object, y_pred: object, axis: int = -1) -> Value:
    """Minus the cosine of the angle between y_true and y_pred, vectors along the axis."""
    y_true, y_pred = (ops.normalize(y, axis) for y in pair(y_true, y_pred))
    return -ops.sum(y_true * y_pred, axis=axis)


def _signs(y_true: Value) -> Value:
    """Labels -1 and 1, also from labels 0 and 1."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return 2 * y_true - 1 if binary else y_true


def hinge(y_true: object, y_pred: object) -> Value:
    """Mean of max(1 - y_true * y_pred, 0), y_true being -1 or 1 (labels 0 and 1 are taken as these)."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.maximum(1 - _signs(y_true) * y_pred, 0), axis=-1)


def squared_hinge(y_true: object, y_pred: object) -> Value:
    """Mean of max(1 - y_true * y_pred, 0) ** 2, labels as for hinge."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(ops.maximum(1 - _signs(y_true) * y_pred, 0)), axis=-1)


def categorical_hinge(y_true: object, y_pred: object) -> Value:
    """max(best wrong class - right class + 1, 0), y_true being one-hot."""
    y_true, y_pred = pair(y_true, y_pred)
    right, wrong = ops.sum(y_true * y_pred, axis=-1), ops.max((1 - y_true) * y_pred, axis=-1)
    return ops.maximum(wrong - right + 1, 0)


def kl_divergence(y_true: object, y_pred: object) -> Value:
    """Sum of y_true * log(y_true / y_pred), both of them probabilities."""
    y_true, y_pred = (ops.clip(y, config.epsilon, 1) for y in pair(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true: object, y_pred: object) -> Value:
    """Mean of y_pred - y_true * log(y_pred)."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon), axis=-1)


def _smooth(y_true: Value, label_smoothing: float, classes: int) -> Value:
    return y_true * (1 - label_smoothing) + label_smoothing / classes if label_smoothing else y_true


def categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Value:
    """-sum of y_true * log(y_pred) over the classes, which lie along the axis."""
    y_true, y_pred = pair(y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, y_true.shape[axis])
    return ops.categorical_crossentropy(y_true, y_pred, from_logits, axis)


def sparse_categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Value:
    """categorical_crossentropy with class numbers (n, ...) or (n, ..., 1); rows of `ignore_class` give 0."""
    values = ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits, axis)
    if ignore_class is None:
        return values
    ignored = np.reshape(ops.stop_gradient(y_true), values.shape) == ignore_class
    return ops.where(ignored, 0, values)


def binary_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Value:
    """Mean of -(y_true * log(y_pred) + (1 - y_true) * log(1 - y_pred))."""
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.binary_crossentropy(_smooth(y_true, label_smoothing, 2), y_pred, from_logits), axis=axis)


def binary_focal_crossentropy(
    y_true: object,
    y_pred: object,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Value:
    """Mean of (1 - p) ** gamma * binary crossentropy, p being the probability of the right answer (Lin et al., 2018).

    apply_class_balancing : weigh class 1 by alpha and class 0 by 1 - alpha.
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, 2)
    y_pred = ops.sigmoid(y_pred) if from_logits else y_pred
    right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    values = (1 - right) ** gamma * ops.binary_crossentropy(y_true, y_pred)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return ops.mean(values, axis=axis)


def categorical_focal_crossentropy(
    y_true: object,
    y_pred: object,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Value:
    """-sum of alpha * (1 - y_pred) ** gamma * y_true * log(y_pred); alpha may have one number a class."""
    y_true, y_pred = pair(y_true, y_pred)
    y_true = _smooth(y_true, label_smoothing, y_true.shape[axis])
    y_pred = probabilities(ops.softmax(y_pred, axis) if from_logits else y_pred, axis)
    weights = ops.cast(alpha, y_pred.dtype) * (1 - y_pred) ** gamma
    return -ops.sum(weights * y_true * ops.log(y_pred), axis=axis)


def dice(y_true: object, y_pred: object, axis: int | Sequence[int] | None = None) -> Value:
    """1 - 2 * overlap / (sum of y_true + sum of y_pred), over the axes (None: the whole batch as one)."""
    y_true, y_pred = pair(y_true, y_pred)
    overlap, total = ops.sum(y_true * y_pred, axis=axis), ops.sum(y_true + y_pred, axis=axis)
    return 1 - 2 * overlap / (total + config.epsilon)


def tversky(
    y_true: object,
    y_pred: object,
    alpha: float = 0.5,
    beta: float = 0.5,
    axis: int | Sequence[int] | None = None,
) -> Value:
    """1 - overlap / (overlap + alpha * what y_pred lacks + beta * what y_pred has too much), over the axes."""
    y_true, y_pred = pair(y_true, y_pred)
    overlap = ops.sum(y_true * y_pred, axis=axis)
    lacking, too_much = ops.sum((1 - y_pred) * y_true, axis=axis), ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - overlap / (overlap + alpha * lacking + beta * too_much + config.epsilon)
