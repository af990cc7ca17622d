"""Pooling layers."""

from fastcnn.engine.ops.convolution import avgpool2d, maxpool2d
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import resolve_padding, window_output
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class _Pooling2D(Layer):
    """A sliding window over images: `pool` is the op of each subclass."""

    pool = None

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.pool_size = arguments.pair(kind, "pool_size", pool_size)
        self.strides = self.pool_size if strides is None else arguments.pair(kind, "strides", strides)
        self.padding = arguments.padding_mode(kind, padding)
        self.data_format = arguments.data_format(kind, data_format)

    def _window(self, input_shape: Shape) -> tuple:
        padding = resolve_padding(self.padding, input_shape[1:3], self.pool_size, self.strides)
        return self.pool_size, self.strides, padding

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank(type(self).__name__, input_shape, 4, "(batch, rows, columns, channels)")
        size = window_output(input_shape[1:3], *self._window(input_shape))
        return (input_shape[0], *size, input_shape[3])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return type(self).pool(builder, x, *self._window(x.shape))


class MaxPooling2D(_Pooling2D):
    """Largest value of each window. Input (N, H, W, C), output (N, OH, OW, C).

    pool_size, strides : pixels, one integer or (rows, columns); strides None means pool_size.
    padding : "valid", or "same" (padding never wins).
    """

    pool = maxpool2d


class AveragePooling2D(_Pooling2D):
    """Mean of each window's pixels; with padding "same", padding does not count. Arguments as MaxPooling2D."""

    pool = avgpool2d


class _GlobalPooling2D(Layer):
    """One window as large as the image."""

    pool = None

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(type(self).__name__, data_format)
        self.keepdims = keepdims

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank(type(self).__name__, input_shape, 4, "(batch, rows, columns, channels)")
        return (input_shape[0], 1, 1, input_shape[3]) if self.keepdims else (input_shape[0], input_shape[3])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        size = x.shape[1:3]
        y = type(self).pool(builder, x, size, size, ((0, 0), (0, 0)))
        return y if self.keepdims else builder.view(y, (x.shape[0], x.shape[3]))


class GlobalAveragePooling2D(_GlobalPooling2D):
    """Mean over rows and columns: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims."""

    pool = avgpool2d


class GlobalMaxPooling2D(_GlobalPooling2D):
    """Maximum over rows and columns: (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims."""

    pool = maxpool2d


MaxPool2D = MaxPooling2D
AvgPool2D = AveragePooling2D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
