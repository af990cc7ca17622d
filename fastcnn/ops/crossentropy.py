"""Crossentropies as in keras.ops: of probabilities, or with from_logits of what comes before softmax / sigmoid."""

import numpy as np

from fastcnn import config
from fastcnn.ops import elementwise as e
from fastcnn.ops import reductions as r
from fastcnn.ops.creation import cast, convert_to_tensor, one_hot, stop_gradient
from fastcnn.ops.elementwise import Value
from fastcnn.ops.nn import log_softmax


def floats(target: object, output: object) -> tuple[Value, Value]:
    """Both of one floating type, the output's."""
    output = convert_to_tensor(output)
    output = output if output.dtype.kind == "f" else cast(output, config.floatx)
    return cast(target, output.dtype), output


def probabilities(output: Value, axis: int) -> Value:
    """Outputs that sum to 1 along the axis, away from 0 and 1."""
    shares = e.divide(output, r.sum(output, axis=axis, keepdims=True))
    return e.clip(shares, config.epsilon, 1 - config.epsilon)


def categorical_crossentropy(target: object, output: object, from_logits: bool = False, axis: int = -1) -> Value:
    """-sum of target * log(output) along the axis."""
    target, output = floats(target, output)
    logs = log_softmax(output, axis) if from_logits else e.log(probabilities(output, axis))
    return e.negative(r.sum(e.multiply(target, logs), axis=axis))


def sparse_categorical_crossentropy(target: object, output: object, from_logits: bool = False, axis: int = -1) -> Value:
    """categorical_crossentropy with class numbers, which lack the axis or have length 1 there."""
    output = convert_to_tensor(output)
    numbers = np.asarray(stop_gradient(target))
    if numbers.ndim == output.ndim and numbers.shape[axis] == 1:
        numbers = numbers.squeeze(axis)
    hot = one_hot(numbers, output.shape[axis], axis=axis % output.ndim, dtype=output.dtype)
    return categorical_crossentropy(hot, output, from_logits, axis)


def binary_crossentropy(target: object, output: object, from_logits: bool = False) -> Value:
    """-(target * log(output) + (1 - target) * log(1 - output)), of each element."""
    target, output = floats(target, output)
    if from_logits:
        return e.subtract(e.softplus(output), e.multiply(target, output))
    output = e.clip(output, config.epsilon, 1 - config.epsilon)
    wrong = e.multiply(e.subtract(1, target), e.log(e.subtract(1, output)))
    return e.negative(e.add(e.multiply(target, e.log(output)), wrong))
