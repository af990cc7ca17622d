"""Losses that are functions, as ops of a program."""

from collections.abc import Sequence

import numpy as np

from fastcnn import ops
from fastcnn.engine.program import Builder, Tensor
from fastcnn.ops.tape import Traced, differentiate, lift

_ACTIVATIONS = {"sigmoid_forward": "sigmoid", "softmax_forward": "softmax"}


class LossCall:
    """A loss's `call` on the labels that it was given before the step, and on the network's output.

    Labels stay out of the program: they may have another shape than the output, and no gradient goes there.

    activation : "sigmoid" or "softmax" when the input is what comes before the network's last activation, else None.
    keep : whether a gradient will be asked for.
    """

    def __init__(self, loss: object, activation: str | None, keep: bool):
        self.loss, self.name, self._activation, self._keep = loss, loss.name, activation, keep
        self.labels: np.ndarray | None = None
        self._pullback = None

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """Fills y (n, ...) with one value for each row of the output (n, ..., C)."""
        summed = self.loss.reduction == "sum"
        value, pullback = differentiate(
            lambda x: spread(self.name, self.loss.call(self.labels, self._output(x)), y.shape, summed), inputs
        )
        np.copyto(y, value)
        self._pullback = pullback if self._keep else None

    def _output(self, x: Traced) -> Traced:
        """The network's output."""
        if self._activation is None:
            return x
        y_pred = getattr(ops, self._activation)(x)
        y_pred.logits = (self._activation, x)
        return y_pred

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the gradient of the output.

        Raises:
            ValueError: when the value does not depend on the output by any function that has a gradient.
        """
        (gradient,) = self._pullback(dy)
        self._pullback = None
        if gradient is None:
            raise ValueError(
                f"loss {self.name!r}: its value has no gradient by y_pred, so nothing can be learnt. "
                "Comparisons, rounding and argmax have none"
            )
        np.copyto(gradients[0], gradient)


def before_activation(builder: Builder, y: Tensor) -> tuple[Tensor, str | None]:
    """What the sigmoid or softmax is made of that ends a network, and its name; else the output itself and None."""
    for op in reversed(builder.program.ops):
        if any(made.root is y.root for made in op.outputs.values()):
            activation = _ACTIVATIONS.get(op.kernel)
            whole = activation and op.args["x"].shape[-1] == y.shape[-1]  # a softmax over the axis that y ends with
            return (builder.view(op.args["x"], y.shape), activation) if whole else (y, None)
    return y, None


def spread(name: str, values: object, shape: Sequence[int], summed: bool) -> np.ndarray | Traced:
    """Values of a loss as one for each element of `shape` (n, ...), such that the mean of all stays what it was.

    values : of that shape or with further axes, one a sample (n, ...), or one for the batch.
    summed : keep the sum instead of the mean.

    Raises:
        ValueError: when there is not one value a sample.
    """
    values, shape = lift(values), tuple(shape)
    found, reduce = np.shape(values), ops.sum if summed else ops.mean
    if found[: len(shape)] == shape:
        extra = tuple(range(len(shape), len(found)))
        return reduce(values, axis=extra) if extra else values
    if found and found[0] == shape[0]:
        values = reduce(ops.reshape(values, (shape[0], -1)), axis=1)
    elif np.size(values if isinstance(values, (np.ndarray, Traced)) else np.asarray(values)) != 1:
        raise ValueError(
            f"loss {name!r}: expected one value a sample, shape {shape[:1]}, or one for the batch. Received: {found}"
        )
    size = np.size(values) if not isinstance(values, Traced) else values.size
    values = ops.broadcast_to(ops.reshape(values, (size,) + (1,) * (len(shape) - 1)), shape)
    return values / (np.prod(shape) / size) if summed else values
