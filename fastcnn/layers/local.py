"""Locally connected layers (Keras 1 and 2): convolutions whose weights differ from place to place."""

from math import prod

from fastcnn import activations
from fastcnn.engine.ops.local import locally_connected
from fastcnn.engine.ops.merging import merge
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.convolution import Sizes
from fastcnn.layers.sequences import plane
from fastcnn.layers.windowed import Windowed


class _LocallyConnected(Windowed):
    """What LocallyConnected1D and LocallyConnected2D share: all but the number of axes."""

    any_size = False
    PADDINGS = ("valid",)

    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        kernel_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        kernel_constraint: object = None,
        bias_constraint: object = None,
        implementation: int = 1,
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
        if implementation != 1:
            raise ValueError(
                f"{name}: implementation must be 1; the others store weights otherwise, mostly zeros. "
                f"Received: {implementation!r}"
            )
        self.filters = arguments.positive(name, "filters", filters)
        self._set_window(kernel_size, strides, padding, data_format, 1)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def _filters(self, channels: int) -> int:
        return self.filters

    def build(self, input_shape: Shape) -> None:
        size = self.compute_output_shape(input_shape)[1:-1]
        self._add_kernel((prod(size), prod(self.kernel_size) * input_shape[-1], self.filters))
        self.bias = None
        if self.use_bias:
            shape, controls = (*size, self.filters), self._controls("bias")
            self.bias = self.add_weight(shape, self.bias_initializer, name="bias", **controls)

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        size, window = self._output_size(x.shape[1:3]), (plane(self.kernel_size), plane(self.strides))
        return locally_connected(builder, x, builder.variable(self.kernel), size, *window)

    def _lower_bias(self, builder: Builder, y: Tensor) -> Tensor:
        return merge(builder, "add", [y, builder.view(builder.variable(self.bias), (1, *y.shape[1:]))])


class LocallyConnected2D(_LocallyConnected):
    """A convolution with windows of weights of its own at each place, plus bias and activation.

    Input (N, H, W, C), output (N, OH, OW, filters). Weights: kernel (OH OW, KH KW C, filters), bias (OH, OW, filters).

    filters : number of output channels.
    kernel_size, strides : pixels, one integer or (rows, columns).
    padding : "valid" is the only one.

    Raises:
        ValueError: for arguments out of range.
    """


class LocallyConnected1D(_LocallyConnected):
    """A convolution over sequences with weights of its own at each step, plus bias and activation.

    Input (N, L, C), output (N, OL, filters). Weights: kernel (OL, K C, filters), bias (OL, filters). Arguments as in
    LocallyConnected2D, in steps.
    """

    AXES = 1
