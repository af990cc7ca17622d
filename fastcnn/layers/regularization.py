"""Dropout."""

from collections.abc import Sequence

from fastcnn.engine.ops.dense import dropout
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Shape
from fastcnn.layers.noise import MaskedDropout, noise_shape_for


class Dropout(MaskedDropout):
    """In training sets a share `rate` of the elements to 0 and divides the others by 1 - rate; else does nothing.

    rate : in [0, 1], the share that is dropped.
    noise_shape : for each axis the input's size, None for the same, or 1 where elements are dropped together.
    seed : integer; None draws one when the layer is built.

    Raises:
        ValueError: rate out of range, or a noise_shape that does not fit the input.
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = noise_shape

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.mask_shape(input_shape)

    def mask_shape(self, shape: Shape) -> Shape:
        return noise_shape_for("Dropout", self.noise_shape, shape)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        if self.noise_shape is not None:
            return super().lower(builder, x)
        return dropout(builder, x, self.seed, self.rate) if builder.training and self.active else x
