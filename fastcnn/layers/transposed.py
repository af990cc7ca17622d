"""Transposed convolution layers: they enlarge images and sequences with weights that are learnt."""

from fastcnn import activations
from fastcnn.engine.ops.convolution import conv2d_transpose
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Pair, effective_size
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.convolution import Sizes
from fastcnn.layers.sequences import plane
from fastcnn.layers.windowed import Windowed


class _Transposed(Windowed):
    """What Conv1DTranspose and Conv2DTranspose share: all but the number of axes.

    The output is what a convolution with these windows has as its input when its output is this layer's input; the
    values are that convolution's gradient.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        output_padding: Sizes | None = None,
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
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
        self.output_padding = self._extra_pixels(output_padding)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def _extra_pixels(self, output_padding: object) -> tuple[int, ...] | None:
        if output_padding is None:
            return None
        name = type(self).__name__
        extra = arguments.sizes(name, "output_padding", output_padding, self.AXES, least=0)
        if any(pixels >= stride for pixels, stride in zip(extra, self.strides, strict=True)):
            raise ValueError(f"{name}: output_padding must be smaller than strides={self.strides}. Received: {extra}")
        return extra

    def _filters(self, channels: int) -> int:
        return self.filters

    def _output_size(self, image: Pair) -> Pair:
        extra = (None, None) if self.output_padding is None else plane(self.output_padding, 0)
        axes = zip(image, plane(self.kernel_size), plane(self.strides), plane(self.dilation_rate), extra, strict=True)
        rows, cols = (self._output_length(*axis) for axis in axes)
        return rows, cols

    def _output_length(self, size: int, kernel: int, stride: int, dilation: int, extra: int | None) -> int:
        """Pixels of the output along one axis of `size` pixels.

        Raises:
            ValueError: no convolution with "same" padding leads back from there to `size` pixels.
        """
        span = effective_size(kernel, dilation)
        if self.padding == "valid":
            return (size - 1) * stride + (max(span, stride) if extra is None else span + extra)
        length = size * stride if extra is None else (size - 1) * stride + span % 2 + extra
        if -(-length // stride) != size:
            raise ValueError(
                f"output_padding={self.output_padding} gives {length} pixels for {size}, which strides={self.strides} "
                f'with padding "same" do not lead back from. Leave output_padding out for {size * stride} pixels.'
            )
        return length

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, self.filters, input_shape[-1])
        self._add_kernel(shape)
        self._add_bias(self.filters)

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        size = self._output_size(x.shape[1:3])
        return conv2d_transpose(builder, x, self._weights_over_images(builder, self.kernel), size, *self._window(size))


class Conv2DTranspose(_Transposed):
    """Transposed 2-D convolution plus bias and activation: the gradient of Conv2D with respect to its input.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: kernel (KH, KW, filters, C), bias (filters,).

    filters : number of output channels.
    kernel_size, strides, dilation_rate : pixels, one integer or (rows, columns).
    padding : "valid" (output (size - 1) * stride + window, and at least a stride each) or "same" (size * stride).
    output_padding : pixels, one integer or (rows, columns), below the strides: output (size - 1) * stride + window +
        output_padding for "valid", and (size - 1) * stride + window % 2 + output_padding for "same".

    Raises:
        ValueError: for arguments out of range, and for strides together with dilation.
    """


class Conv1DTranspose(_Transposed):
    """Transposed 1-D convolution plus bias and activation: the gradient of Conv1D with respect to its input.

    Input (N, L, C), output (N, OL, filters). Weights: kernel (K, filters, C), bias (filters,). Arguments as in
    Conv2DTranspose, in steps.
    """

    AXES = 1


Convolution2DTranspose = Conv2DTranspose
Convolution1DTranspose = Conv1DTranspose
