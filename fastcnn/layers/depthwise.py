"""Convolution layers that filter each channel on its own."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.convolution import Sizes
from fastcnn.layers.sequences import plane
from fastcnn.layers.windowed import Windowed

POINT = ((1, 1), ((0, 0), (0, 0)), (1, 1), 1)  # strides, padding, dilation and groups of a 1x1 convolution


class _Depthwise(Windowed):
    """What depthwise convolutions share, whatever the number of axes and whatever follows them."""

    KERNEL = "kernel"  # name of the depthwise weights

    def __init__(
        self,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        name = type(self).__name__
        arguments.keep_controls(
            self,
            depthwise_regularizer=depthwise_regularizer,
            bias_regularizer=bias_regularizer,
            depthwise_constraint=depthwise_constraint,
            bias_constraint=bias_constraint,
        )
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.depth_multiplier = arguments.positive(name, "depth_multiplier", depth_multiplier)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.depthwise_initializer, self.bias_initializer = depthwise_initializer, bias_initializer

    def _filters(self, channels: int) -> int:
        return channels * self.depth_multiplier

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, input_shape[-1], self.depth_multiplier)
        self.depthwise_kernel: Variable = self.add_weight(
            shape, self.depthwise_initializer, name=self.KERNEL, **self._controls("depthwise")
        )
        self._build_ends(input_shape[-1])

    def _build_ends(self, channels: int) -> None:
        """The weights that come after the depthwise ones."""
        self._add_bias(self._filters(channels))

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        channels = x.shape[3]
        shape = (*plane(self.kernel_size), 1, channels * self.depth_multiplier)
        w = builder.view(builder.variable(self.depthwise_kernel), shape)
        return conv2d(builder, x, w, *self._window(x.shape[1:3]), groups=channels)


class DepthwiseConv2D(_Depthwise):
    """2-D convolution of each channel with windows of its own, plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, C * depth_multiplier), channel c's results side by side. Weights: kernel
    (KH, KW, C, depth_multiplier), bias (C * depth_multiplier,).

    kernel_size, strides, dilation_rate : pixels, one integer or (rows, columns).
    padding : "valid" (none) or "same" (output ceil(size / stride); an odd pixel goes to the bottom and right).
    depth_multiplier : results of each channel.

    Raises:
        ValueError: for arguments out of range.
    """


class DepthwiseConv1D(_Depthwise):
    """1-D convolution of each channel with windows of its own, plus bias and activation.

    Input (N, L, C), output (N, OL, C * depth_multiplier). Weights: kernel (K, C, depth_multiplier), bias
    (C * depth_multiplier,). Arguments as in DepthwiseConv2D, in steps.
    """

    AXES = 1


class _Separable(_Depthwise):
    """What SeparableConv1D and SeparableConv2D share: all but the number of axes."""

    KERNEL = "depthwise_kernel"

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        name = type(self).__name__
        arguments.keep_controls(
            self, pointwise_regularizer=pointwise_regularizer, pointwise_constraint=pointwise_constraint
        )
        self.filters = arguments.positive(name, "filters", filters)
        self.pointwise_initializer = pointwise_initializer

    def _filters(self, channels: int) -> int:
        return self.filters

    def _build_ends(self, channels: int) -> None:
        shape = (*[1] * self.AXES, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel: Variable = self.add_weight(
            shape, self.pointwise_initializer, name="pointwise_kernel", **self._controls("pointwise")
        )
        super()._build_ends(channels)

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        y, w = super()._convolve(builder, x), builder.variable(self.pointwise_kernel)
        return conv2d(builder, y, builder.view(w, (1, 1, *w.shape[-2:])), *POINT)


class SeparableConv2D(_Separable):
    """A depthwise convolution, then a 1x1 convolution that mixes the channels, plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: depthwise_kernel (KH, KW, C, depth_multiplier),
    pointwise_kernel (1, 1, C * depth_multiplier, filters), bias (filters,). Arguments as in DepthwiseConv2D.

    filters : number of output channels.

    Raises:
        ValueError: as DepthwiseConv2D.
    """


class SeparableConv1D(_Separable):
    """A depthwise convolution of sequences, then one of window 1 that mixes the channels, plus bias and activation.

    Input (N, L, C), output (N, OL, filters). Weights: depthwise_kernel (K, C, depth_multiplier), pointwise_kernel
    (1, C * depth_multiplier, filters), bias (filters,). Arguments as in SeparableConv2D, in steps.
    """

    AXES = 1


SeparableConvolution2D = SeparableConv2D
SeparableConvolution1D = SeparableConv1D
