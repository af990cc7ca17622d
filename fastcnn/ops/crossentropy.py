"""Crossentropies as in keras.ops: of probabilities, or with from_logits of what comes before softmax / sigmoid.

Where the output is known to be a network's softmax or sigmoid, they start from what comes before that, as Keras on
TensorFlow does: the value is the same, but the gradient does not vanish when a probability gets too close to 0 or 1.
"""

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


def _before(activation: str, output: Value, from_logits: bool) -> tuple[Value, bool]:
    """The output's logits and True, where they are known, else the output as it is."""
    kind, logits = getattr(output, "logits", None) or (None, None)
    return (logits, True) if kind == activation and not from_logits else (output, from_logits)


def probabilities(output: Value, axis: int) -> Value:
    """Outputs that sum to 1 along the axis, away from 0 and 1."""
    shares = e.divide(output, r.sum(output, axis=axis, keepdims=True))
    return e.clip(shares, config.epsilon, 1 - config.epsilon)


def categorical_crossentropy(target: object, output: object, from_logits: bool = False, axis: int = -1) -> Value:
    """-sum of target * log(output) along the axis."""
    target, output = floats(target, output)
    if axis in (-1, output.ndim - 1):
        output, from_logits = _before("softmax", output, from_logits)
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
    output, from_logits = _before("sigmoid", output, from_logits)
    if from_logits:
        return e.subtract(e.softplus(output), e.multiply(target, output))
    output = e.clip(output, config.epsilon, 1 - config.epsilon)
    wrong = e.multiply(e.subtract(1, target), e.log(e.subtract(1, output)))
    return e.negative(e.add(e.multiply(target, e.log(output)), wrong))
