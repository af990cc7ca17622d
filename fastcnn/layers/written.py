"""Layers that are written as a function of arrays, `call`, instead of kernels: users' own, and rare ones of ours."""

import inspect
from collections.abc import Sequence

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor

Shape = tuple[int | None, ...]
_TRIED_BATCH = 3  # samples in the batch of zeros with which an output's shape is found


class Written:
    """One call of a layer's `call` in a program.

    Without a `backward` of the layer's own, `call` is written in fastcnn.ops, and the gradients of its inputs and of
    the layer's weights come from what it did. With one, `call` gets plain arrays and backward(dy) returns dx, or a list
    of them for several inputs, or (dx, [gradients of the weights]).
    """

    def __init__(self, layer: object, inputs: int, training: bool, keep: bool):
        self.layer, self.name = layer, type(layer).__name__
        self._count, self._training, self._keep = inputs, training, keep
        self._pullback = None

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """Runs `call`; keeps what the gradient needs, where one is wanted."""
        arrays = inputs[: self._count]
        if hasattr(self.layer, "backward"):
            value = run(self.layer, arrays, self._training)
        else:
            from fastcnn.ops.tape import differentiate

            value, pullback = differentiate(
                lambda *found: run(self.layer, found, self._training), arrays, self.layer.weights
            )
            self._pullback = pullback if self._keep else None
        if np.shape(value) != y.shape:
            raise ValueError(
                f"layer {self.layer.name!r}: call gave an array of shape {np.shape(value)}, "
                f"but compute_output_shape says {y.shape}"
            )
        np.copyto(y, value)

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the wanted gradients; what does not depend on an input gets zeros."""
        found = self._own(dy) if self._pullback is None else self._pullback(dy)
        self._pullback = None
        for gradient, value in zip(gradients, found, strict=True):
            if gradient is not None:
                gradient[...] = 0 if value is None else value

    def _own(self, dy: np.ndarray) -> list:
        found = self.layer.backward(dy)
        dx, weights = found if isinstance(found, tuple) else (found, [])
        dx = list(dx) if isinstance(dx, list) else [dx]
        return dx + list(weights) + [None] * (len(self.layer.weights) - len(weights))


def run(layer: object, arrays: Sequence, training: bool) -> object:
    """layer.call of one input or a list, with `training` if it takes it."""
    given = arrays[0] if len(arrays) == 1 else list(arrays)
    takes = inspect.signature(layer.call).parameters
    more = {"training": training} if "training" in takes else {}
    return layer.call(given, **more)


def lower(layer: object, builder: Builder, x: Tensor | list[Tensor]) -> Tensor:
    """Emits the call."""
    inputs = x if isinstance(x, list) else [x]
    weights = [builder.variable(weight) for weight in layer.weights]
    shape = layer.compute_output_shape([t.shape for t in inputs] if isinstance(x, list) else x.shape)
    function = Written(layer, len(inputs), builder.training, builder.differentiable)
    return call(builder, function, [*inputs, *weights], shape)


def shape_by_trying(layer: object, input_shape: Shape | list[Shape]) -> Shape:
    """The output's shape, from running `call` on zeros."""
    several = isinstance(input_shape, list)
    shapes = input_shape if several else [input_shape]
    zeros = [np.zeros((_TRIED_BATCH, *shape[1:]), layer.dtype or "float32") for shape in shapes]
    with np.errstate(all="ignore"):
        found = np.shape(run(layer, zeros, False))
    if not found or found[0] != _TRIED_BATCH:
        raise ValueError(f"call must keep the batch axis first. It gave {found} for a batch of {_TRIED_BATCH}")
    return (shapes[0][0], *found[1:])
