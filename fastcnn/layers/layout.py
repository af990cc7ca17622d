"""channels_first at the border: layers compute with the channels last, whatever the user's data_format.

A layer with data_format="channels_first" gets its images transposed, and what it makes stays so until somebody needs
the other order: a whole network of such layers transposes its input once.
"""

from dataclasses import dataclass

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor

FIRST = "channels_first"


def channels_last(shape: tuple) -> tuple:
    """(batch, channels, ...) -> (batch, ..., channels)."""
    return (shape[0], *shape[2:], shape[1])


def channels_first(shape: tuple) -> tuple:
    """(batch, ..., channels) -> (batch, channels, ...)."""
    return (shape[0], shape[-1], *shape[1:-1])


@dataclass(frozen=True)
class _MoveAxis:
    """Moves axis `source` to `target`; its gradient moves back."""

    source: int
    target: int
    name: str = "move_axis"

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        np.copyto(y, np.moveaxis(inputs[0], self.source, self.target))

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        np.copyto(gradients[0], np.moveaxis(dy, self.target, self.source))


@dataclass(frozen=True)
class Lowered:
    """A tensor of a program, and whether its memory has the channels last though its shape says they come first."""

    tensor: Tensor
    moved: bool = False

    def plain(self, builder: Builder) -> Tensor:
        """The tensor as its shape says."""
        tensor = self.tensor
        return call(builder, _MoveAxis(-1, 1), [tensor], channels_first(tensor.shape)) if self.moved else tensor

    def with_channels_last(self, builder: Builder) -> Tensor:
        """The tensor with its channels, which the shape says come first, in the last place."""
        tensor = self.tensor
        return tensor if self.moved else call(builder, _MoveAxis(1, -1), [tensor], channels_last(tensor.shape))


def move_axis(builder: Builder, x: Tensor, source: int, target: int) -> Tensor:
    """x with one axis in another place; x itself when that changes nothing."""
    shape = list(x.shape)
    shape.insert(target, shape.pop(source))
    return x if source == target else call(builder, _MoveAxis(source, target), [x], shape)
