"""Convolution layers."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.windowed import Windowed


class Conv2D(Windowed):
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
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self.groups = arguments.positive("Conv2D", "groups", groups)
        self.activation = activations.name_of(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        if self.filters % self.groups:
            raise ValueError(f"Conv2D: filters must be a multiple of groups={groups}. Received: {filters}")

    def _filters(self, channels: int) -> int:
        if channels % self.groups:
            raise ValueError(f"the channels must be a multiple of groups={self.groups}. Received: {channels}")
        return self.filters

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, input_shape[3] // self.groups, self.filters)
        self.kernel = self.add_weight("kernel", shape, self.kernel_initializer)
        self.bias = self.add_weight("bias", (self.filters,), self.bias_initializer) if self.use_bias else None

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        window = (self.strides, self._padding(x.shape), self.dilation_rate, self.groups)
        return self._lower_ends(builder, conv2d(builder, x, builder.variable(self.kernel), *window))


Convolution2D = Conv2D
