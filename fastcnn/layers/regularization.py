"""Dropout, and penalties of what passes by."""

from collections.abc import Sequence

from fastcnn.engine.ops.dense import dropout
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.noise import MaskedDropout, noise_shape_for
from fastcnn.regularizers import L1L2


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


class ActivityRegularization(Layer):
    """Passes its input on; the loss grows by l1 * sum(|x|) + l2 * sum(x * x), divided by the number of samples."""

    elementwise = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: object):
        super().__init__(activity_regularizer=L1L2(l1, l2), **kwargs)
        self.l1, self.l2 = float(l1), float(l2)

    def get_config(self) -> dict:
        config = super().get_config()
        config.pop("activity_regularizer", None)  # l1 and l2 say it
        return config

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return x
