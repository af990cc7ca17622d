"""Dropout."""

from fastcnn.engine.ops.dense import dropout
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class Dropout(Layer):
    """In training sets a share `rate` of the elements to 0 and divides the others by 1 - rate; else does nothing.

    rate : in [0, 1], the share that is dropped.
    seed : integer; None draws one when the layer is built.

    Raises:
        ValueError: rate out of range.
    """

    elementwise = True

    def __init__(self, rate: float, noise_shape: object = None, seed: int | None = None, **kwargs: object):
        super().__init__(**kwargs)
        arguments.unsupported("Dropout", noise_shape=noise_shape)
        if not 0 <= rate <= 1:
            raise ValueError(f"Dropout: rate must be in [0, 1]. Received: {rate!r}")
        self.rate, self.seed = float(rate), seed

    def build(self, input_shape: Shape) -> None:
        self.seed = self.draw_seed(self.seed)

    def get_config(self) -> dict:
        return super().get_config() | {"seed": self.seed}  # the one that was drawn: a copy goes on with it

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return dropout(builder, x, self.seed, self.rate) if builder.training and self.rate > 0 else x
