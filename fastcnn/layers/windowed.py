"""What layers share whose windows of weights slide over images or sequences."""

from fastcnn import activations
from fastcnn.engine.ops.dense import bias
from fastcnn.engine.ops.reshaping import permute
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.kernels.geometry import Padding, Pair, resolve_padding, window_output
from fastcnn.layers import arguments, layout, sequences
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.sequences import as_image, plane


class Windowed(Layer):
    """Sizes of a convolution's windows and of its output, and the bias and activation that end it.

    A subclass says in AXES along how many axes its windows slide (2: images, 1: sequences), calls `_set_window`, sets
    `activation`, `use_bias` and `bias`, and convolves in `_convolve`.
    """

    any_size = True
    AXES = 2
    PADDINGS = ("valid", "same")

    def _set_window(
        self, kernel_size: object, strides: object, padding: object, data_format: object, dilation_rate: object
    ) -> None:
        """Checks and keeps the arguments; ValueError for those out of range."""
        name = type(self).__name__
        self.kernel_size = arguments.sizes(name, "kernel_size", kernel_size, self.AXES, 1024)
        self.strides = arguments.sizes(name, "strides", strides, self.AXES)
        self.padding = arguments.padding_mode(name, padding, self.PADDINGS)
        self.data_format = arguments.data_format(name, data_format)
        self.dilation_rate = arguments.sizes(name, "dilation_rate", dilation_rate, self.AXES)

    def _refuse_strides_with_dilation(self) -> None:
        """Keras knows both together only for depthwise convolutions."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{type(self).__name__}: strides and dilation_rate cannot both exceed 1. "
                f"Received: strides={self.strides}, dilation_rate={self.dilation_rate}"
            )

    def _filters(self, channels: int) -> int:
        """Channels of the output for so many of the input; ValueError where these do not fit."""
        raise NotImplementedError

    def _convolve(self, builder: Builder, x: Tensor) -> Tensor:
        """Emits the convolution of images; a sequence comes as an image of one row."""
        raise NotImplementedError

    def _padding(self, image: Pair) -> Padding:
        """Pixels around an image of (rows, columns); "causal" lets no window see what comes after it."""
        kernel, dilation = plane(self.kernel_size), plane(self.dilation_rate)
        if self.padding == "causal":
            return (0, 0), ((kernel[1] - 1) * dilation[1], 0)
        return resolve_padding(self.padding, image, kernel, plane(self.strides), dilation)

    def _window(self, image: Pair) -> tuple[Pair, Padding, Pair]:
        """Strides, padding and dilation over (rows, columns)."""
        return plane(self.strides), self._padding(image), plane(self.dilation_rate)

    def _output_size(self, image: Pair) -> Pair:
        """(rows, columns) of the output; ValueError where the window does not fit."""
        return window_output(image, plane(self.kernel_size), *self._window(image))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        size = self._output_size(plane(input_shape[1:-1]))
        return (input_shape[0], *size[-self.AXES :], self._filters(input_shape[-1]))

    def _weights_over_images(self, builder: Builder, variable: Variable) -> Tensor:
        """The tensor of (*kernel_size, I, O) weights as (KH, KW, I, O)."""
        w = builder.variable(variable)
        return builder.view(w, (*plane(self.kernel_size), *w.shape[-2:]))

    def _lower_bias(self, builder: Builder, y: Tensor) -> Tensor:
        return bias(builder, y, builder.variable(self.bias))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        y = self._convolve(builder, builder.view(x, as_image(x.shape)))
        if self.bias is not None:
            y = self._lower_bias(builder, y)
        shape = self.compute_output_shape(x.shape)
        if activations.is_elementwise(self.activation):
            return builder.view(activations.lower(builder, self.activation, y), shape)
        return self._lower_over_axes(builder, builder.view(y, shape))

    def _lower_over_axes(self, builder: Builder, y: Tensor) -> Tensor:
        """An activation that looks at more than single elements, which gets the axes as the user sees them."""
        if self.data_format != layout.FIRST:
            return activations.lower(builder, self.activation, y)
        y = permute(builder, y, (0, self.AXES + 1, *range(1, self.AXES + 1)))
        return permute(builder, activations.lower(builder, self.activation, y), (0, *range(2, self.AXES + 2), 1))
