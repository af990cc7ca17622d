"""Convolution layers."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d
from fastcnn.engine.ops.dense import bias
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Padding, resolve_padding, window_output
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class Conv2D(Layer):
    """2-D convolution (cross-correlation, as everywhere in this field) plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: kernel (KH, KW, C / groups, filters), bias (filters,).

    filters : number of output channels.
    kernel_size, strides, dilation_rate : pixels, one integer or (rows, columns).
    padding : "valid" (none) or "same" (output ceil(size / stride); an odd pixel goes to the bottom and right).

    Raises:
        ValueError: for arguments out of range, and for strides together with dilation.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        groups: int = 1,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        kernel_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        kernel_constraint: object = None,
        bias_constraint: object = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        arguments.unsupported(
            "Conv2D",
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.filters = arguments.positive("Conv2D", "filters", filters)
        self.kernel_size = arguments.pair("Conv2D", "kernel_size", kernel_size, 1024)
        self.strides = arguments.pair("Conv2D", "strides", strides)
        self.padding = arguments.padding_mode("Conv2D", padding)
        self.data_format = arguments.channels_last("Conv2D", data_format)
        self.dilation_rate = arguments.pair("Conv2D", "dilation_rate", dilation_rate)
        self.groups = arguments.positive("Conv2D", "groups", groups)
        self.activation = activations.name_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"Conv2D: strides and dilation_rate cannot both exceed 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}"
            )
        if self.filters % self.groups:
            raise ValueError(f"Conv2D: filters must be a multiple of groups={groups}. Received: {filters}")

    def _padding(self, input_shape: Shape) -> Padding:
        window = (self.kernel_size, self.strides, self.dilation_rate)
        return resolve_padding(self.padding, input_shape[1:3], *window)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("Conv2D", input_shape, 4, "(batch, rows, columns, channels)")
        if input_shape[3] % self.groups:
            raise ValueError(f"the channels must be a multiple of groups={self.groups}. Received: {input_shape[3]}")
        window = (self.kernel_size, self.strides, self._padding(input_shape), self.dilation_rate)
        return (input_shape[0], *window_output(input_shape[1:3], *window), self.filters)

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, input_shape[3] // self.groups, self.filters)
        self.kernel = self.add_weight("kernel", shape, self.kernel_initializer)
        self.bias = self.add_weight("bias", (self.filters,), self.bias_initializer) if self.use_bias else None

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        window = (self.strides, self._padding(x.shape), self.dilation_rate, self.groups)
        y = conv2d(builder, x, builder.variable(self.kernel), *window)
        if self.bias is not None:
            y = bias(builder, y, builder.variable(self.bias))
        return activations.lower(builder, self.activation, y)


Convolution2D = Conv2D
