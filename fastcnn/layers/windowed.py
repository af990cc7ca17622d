"""What layers share whose windows of weights slide over images."""

from fastcnn import activations
from fastcnn.engine.ops.dense import bias
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Padding, resolve_padding, window_output
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class Windowed(Layer):
    """Sizes of a convolution's windows and of its output, and the bias and activation that end it.

    A subclass calls `_set_window` and sets `activation`, `use_bias` and `bias`.
    """

    any_size = True

    def _set_window(
        self, kernel_size: object, strides: object, padding: object, data_format: object, dilation_rate: object
    ) -> None:
        """Checks and keeps the arguments.

        Raises:
            ValueError: for arguments out of range, and for strides together with dilation.
        """
        name = type(self).__name__
        self.kernel_size = arguments.pair(name, "kernel_size", kernel_size, 1024)
        self.strides = arguments.pair(name, "strides", strides)
        self.padding = arguments.padding_mode(name, padding)
        self.data_format = arguments.data_format(name, data_format)
        self.dilation_rate = arguments.pair(name, "dilation_rate", dilation_rate)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{name}: strides and dilation_rate cannot both exceed 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}"
            )

    def _filters(self, channels: int) -> int:
        """Channels of the output for so many of the input; ValueError where these do not fit."""
        raise NotImplementedError

    def _padding(self, input_shape: Shape) -> Padding:
        window = (self.kernel_size, self.strides, self.dilation_rate)
        return resolve_padding(self.padding, input_shape[1:3], *window)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank(type(self).__name__, input_shape, 4, "(batch, rows, columns, channels)")
        filters = self._filters(input_shape[3])
        window = (self.kernel_size, self.strides, self._padding(input_shape), self.dilation_rate)
        return (input_shape[0], *window_output(input_shape[1:3], *window), filters)

    def _lower_ends(self, builder: Builder, y: Tensor) -> Tensor:
        """What comes after the convolution."""
        if self.bias is not None:
            y = bias(builder, y, builder.variable(self.bias))
        return activations.lower(builder, self.activation, y)
