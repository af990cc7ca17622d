"""Convolution layers that filter each channel on its own."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.windowed import Windowed

POINT = ((1, 1), ((0, 0), (0, 0)), (1, 1), 1)  # strides, padding, dilation and groups of a 1x1 convolution


class DepthwiseConv2D(Windowed):
    """2-D convolution of each channel with windows of its own, plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, C * depth_multiplier), channel c's results side by side. Weights: kernel
    (KH, KW, C, depth_multiplier), bias (C * depth_multiplier,).

    kernel_size, strides, dilation_rate : pixels, one integer or (rows, columns).
    padding : "valid" (none) or "same" (output ceil(size / stride); an odd pixel goes to the bottom and right).
    depth_multiplier : results of each channel.

    Raises:
        ValueError: for arguments out of range, and for strides together with dilation.
    """

    KERNEL = "kernel"  # name of the depthwise weights

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        activation: object = None,
        use_bias: bool = True,
        depthwise_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        depthwise_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        depthwise_constraint: object = None,
        bias_constraint: object = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        name = type(self).__name__
        arguments.unsupported(
            name,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.depth_multiplier = arguments.positive(name, "depth_multiplier", depth_multiplier)
        self.activation = activations.name_of(activation)
        self.use_bias = use_bias
        self.depthwise_initializer, self.bias_initializer = depthwise_initializer, bias_initializer

    def _filters(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, input_shape[3], self.depth_multiplier)
        self.depthwise_kernel: Variable = self.add_weight(self.KERNEL, shape, self.depthwise_initializer)
        self._build_ends(input_shape[3])

    def _build_ends(self, channels: int) -> None:
        """The weights that come after the depthwise ones."""
        size = (self._filters(channels),)
        self.bias = self.add_weight("bias", size, self.bias_initializer) if self.use_bias else None

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        channels = x.shape[3]
        shape = (*self.kernel_size, 1, channels * self.depth_multiplier)
        w = builder.view(builder.variable(self.depthwise_kernel), shape)
        window = (self.strides, self._padding(x.shape), self.dilation_rate)
        return self._lower_ends(builder, conv2d(builder, x, w, *window, groups=channels))


class SeparableConv2D(DepthwiseConv2D):
    """A depthwise convolution, then a 1x1 convolution that mixes the channels, plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: depthwise_kernel (KH, KW, C, depth_multiplier),
    pointwise_kernel (1, 1, C * depth_multiplier, filters), bias (filters,). Arguments as in DepthwiseConv2D.

    filters : number of output channels.

    Raises:
        ValueError: as DepthwiseConv2D.
    """

    KERNEL = "depthwise_kernel"

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, int],
        strides: int | tuple[int, int] = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: int | tuple[int, int] = (1, 1),
        depth_multiplier: int = 1,
        activation: object = None,
        use_bias: bool = True,
        depthwise_initializer: object = "glorot_uniform",
        pointwise_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        depthwise_regularizer: object = None,
        pointwise_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        depthwise_constraint: object = None,
        pointwise_constraint: object = None,
        bias_constraint: object = None,
        **kwargs: object,
    ):
        super().__init__(
            kernel_size,
            strides,
            padding,
            depth_multiplier,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            depthwise_initializer,
            bias_initializer,
            depthwise_regularizer,
            bias_regularizer,
            activity_regularizer,
            depthwise_constraint,
            bias_constraint,
            **kwargs,
        )
        arguments.unsupported(
            "SeparableConv2D", pointwise_regularizer=pointwise_regularizer, pointwise_constraint=pointwise_constraint
        )
        self.filters = arguments.positive("SeparableConv2D", "filters", filters)
        self.pointwise_initializer = pointwise_initializer

    def _filters(self, channels: int) -> int:
        return self.filters

    def _build_ends(self, channels: int) -> None:
        shape = (1, 1, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel: Variable = self.add_weight("pointwise_kernel", shape, self.pointwise_initializer)
        super()._build_ends(channels)

    def _lower_ends(self, builder: Builder, y: Tensor) -> Tensor:
        return super()._lower_ends(builder, conv2d(builder, y, builder.variable(self.pointwise_kernel), *POINT))


SeparableConvolution2D = SeparableConv2D
