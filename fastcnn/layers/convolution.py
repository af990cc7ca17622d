"""Convolution layers."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.windowed import Windowed

Sizes = int | tuple[int, ...]


class _Convolution(Windowed):
    """What Conv1D and Conv2D share: all but the number of axes."""

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        name = type(self).__name__
        arguments.keep_controls(
            self,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.filters = arguments.positive(name, "filters", filters)
        self._set_window(kernel_size, strides, padding, data_format, dilation_rate)
        self._refuse_strides_with_dilation()
        self.groups = arguments.positive(name, "groups", groups)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        if self.filters % self.groups:
            raise ValueError(f"{name}: filters must be a multiple of groups={groups}. Received: {filters}")

    def _filters(self, channels: int) -> int:
        if channels % self.groups:
            raise ValueError(f"the channels must be a multiple of groups={self.groups}. Received: {channels}")
        return self.filters

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, input_shape[-1] // self.groups, self.filters)
        self._add_kernel(shape)
        self._add_bias(self.filters)

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        w = self._weights_over_images(builder, self.kernel)
        return conv2d(builder, x, w, *self._window(x.shape[1:3]), self.groups)


class Conv2D(_Convolution):
    """2-D convolution (cross-correlation, as everywhere in this field) plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: kernel (KH, KW, C / groups, filters), bias (filters,).

    filters : number of output channels.
    kernel_size, strides, dilation_rate : pixels, one integer or (rows, columns).
    padding : "valid" (none) or "same" (output ceil(size / stride); an odd pixel goes to the bottom and right).

    Raises:
        ValueError: for arguments out of range, and for strides together with dilation.
    """


class Conv1D(_Convolution):
    """1-D convolution plus bias and activation.

    Input (N, L, C), output (N, OL, filters). Weights: kernel (K, C / groups, filters), bias (filters,).

    filters : number of output channels.
    kernel_size, strides, dilation_rate : steps, one integer.
    padding : "valid", "same", or "causal" (all of it in front, so that no output depends on later steps).

    Raises:
        ValueError: for arguments out of range, and for strides together with dilation.
    """

    AXES = 1
    PADDINGS = ("valid", "same", "causal")


Convolution2D = Conv2D
Convolution1D = Conv1D
