"""Pooling layers."""

from fastcnn.engine.ops.convolution import avgpool2d, maxpool2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Pair, resolve_padding, window_output
from fastcnn.layers import arguments, sequences
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.sequences import as_image, plane


class _Pooling(Layer):
    """A window that slides along AXES axes: `pool` is the op of each subclass."""

    AXES = 2
    pool = None

    def __init__(
        self,
        pool_size: int | tuple[int, ...] = 2,
        strides: int | tuple[int, ...] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.pool_size = arguments.sizes(kind, "pool_size", pool_size, self.AXES)
        self.strides = self.pool_size if strides is None else arguments.sizes(kind, "strides", strides, self.AXES)
        self.padding = arguments.padding_mode(kind, padding)
        self.data_format = arguments.data_format(kind, data_format)

    def _window(self, image: Pair) -> tuple:
        """pool_size, strides and padding over (rows, columns)."""
        window = plane(self.pool_size), plane(self.strides)
        return *window, resolve_padding(self.padding, image, *window)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        image = plane(input_shape[1:-1])
        size = window_output(image, *self._window(image))
        return (input_shape[0], *size[-self.AXES :], input_shape[-1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        image = builder.view(x, as_image(x.shape))
        y = type(self).pool(builder, image, *self._window(image.shape[1:3]))
        return builder.view(y, self.compute_output_shape(x.shape))


class MaxPooling2D(_Pooling):
    """Largest value of each window. Input (N, H, W, C), output (N, OH, OW, C).

    pool_size, strides : pixels, one integer or (rows, columns); strides None means pool_size.
    padding : "valid", or "same" (padding never wins).
    """

    pool = maxpool2d


class AveragePooling2D(_Pooling):
    """Mean of each window's pixels; with padding "same", padding does not count. Arguments as MaxPooling2D."""

    pool = avgpool2d


class MaxPooling1D(_Pooling):
    """Largest value of each window. Input (N, L, C), output (N, OL, C). Arguments as MaxPooling2D, in steps."""

    AXES = 1
    pool = maxpool2d


class AveragePooling1D(_Pooling):
    """Mean of each window's steps; with padding "same", padding does not count. Arguments as MaxPooling1D."""

    AXES = 1
    pool = avgpool2d


class _GlobalPooling(Layer):
    """One window as large as the image or sequence."""

    AXES = 2
    pool = None

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(type(self).__name__, data_format)
        self.keepdims = keepdims

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        kept = (1,) * self.AXES if self.keepdims else ()
        return (input_shape[0], *kept, input_shape[-1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        image = builder.view(x, as_image(x.shape))
        size = image.shape[1:3]
        y = type(self).pool(builder, image, size, size, ((0, 0), (0, 0)))
        return builder.view(y, self.compute_output_shape(x.shape))


class GlobalAveragePooling2D(_GlobalPooling):
    """Mean over rows and columns: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims."""

    pool = avgpool2d


class GlobalMaxPooling2D(_GlobalPooling):
    """Maximum over rows and columns: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims."""

    pool = maxpool2d


class GlobalAveragePooling1D(_GlobalPooling):
    """Mean over the steps: (N, L, C) -> (N, C), or (N, 1, C) with keepdims."""

    AXES = 1
    pool = avgpool2d


class GlobalMaxPooling1D(_GlobalPooling):
    """Maximum over the steps: (N, L, C) -> (N, C), or (N, 1, C) with keepdims."""

    AXES = 1
    pool = maxpool2d


MaxPool2D = MaxPooling2D
AvgPool2D = AveragePooling2D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
MaxPool1D = MaxPooling1D
AvgPool1D = AveragePooling1D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalMaxPool1D = GlobalMaxPooling1D
