"""Layers that permute, repeat, pad, crop and enlarge; none has weights."""

from collections.abc import Sequence

from fastcnn.engine.ops import reshaping as ops
from fastcnn.engine.program import Builder, Tensor
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.taps import check_interpolation
from fastcnn.kernels.geometry import Pair
from fastcnn.layers import arguments, sequences
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.resizing import lower_resize
from fastcnn.layers.sequences import as_image, plane


class Permute(Layer):
    """Axes in another order: Permute((2, 1)) makes (N, L, C) into (N, C, L).

    dims : the axes, counted from 1; the batch axis is not counted and stays in front.
    """

    def __init__(self, dims: Sequence[int], **kwargs: object):
        super().__init__(**kwargs)
        self.dims = arguments.integers("Permute", "dims", dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"Permute: dims must hold each of 1, 2, ... once. Received: {dims!r}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("Permute", input_shape, len(self.dims) + 1, f"for dims={self.dims}")
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.permute(builder, x, (0, *self.dims))


class RepeatVector(Layer):
    """(N, C) -> (N, n, C): the same vector n times."""

    def __init__(self, n: int, **kwargs: object):
        super().__init__(**kwargs)
        self.n = arguments.positive("RepeatVector", "n", n)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("RepeatVector", input_shape, 2, "(batch, features)")
        return (input_shape[0], self.n, input_shape[1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        y = ops.repeat(builder, builder.view(x, (x.shape[0], 1, 1, x.shape[1])), (1, self.n))
        return builder.view(y, self.compute_output_shape(x.shape))


def _margins(layer: str, name: str, value: object, axes: int) -> tuple[Pair, ...]:
    """(before, after) for each axis, from one integer, or one for each axis, or a pair for each axis.

    A single axis takes an integer or a pair (before, after).
    """
    if axes == 1:
        return (_pair(layer, name, value, value),)
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(
            f"{layer}: {name} must be one integer, (rows, columns) or ((top, bottom), (left, right)). "
            f"Received: {value!r}"
        )
    return tuple(_pair(layer, name, part, value) for part in values)


def _pair(layer: str, name: str, value: object, received: object) -> Pair:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2 or any(isinstance(v, bool) or not hasattr(v, "__index__") or v < 0 for v in values):
        raise ValueError(f"{layer}: {name} must hold integers from 0 up, (before, after). Received: {received!r}")
    return int(values[0]), int(values[1])


class _ZeroPadding(Layer):
    """Zeros around images or sequences."""

    AXES = 2

    def __init__(self, padding: object = 1, data_format: str | None = None, **kwargs: object):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.padding = _margins(kind, "padding", padding, self.AXES)
        self.data_format = arguments.data_format(kind, data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        sizes = (size + sum(pad) for size, pad in zip(input_shape[1:-1], self.padding, strict=True))
        return (input_shape[0], *sizes, input_shape[-1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.pad(builder, x, (*self.padding, (0, 0)))


class ZeroPadding2D(_ZeroPadding):
    """Zeros around images (N, H, W, C).

    padding : pixels: one integer, (rows, columns), or ((top, bottom), (left, right)).
    """


class ZeroPadding1D(_ZeroPadding):
    """Zeros before and after sequences (N, L, C).

    padding : steps: one integer, or (before, after).
    """

    AXES = 1


class _Cropping(Layer):
    """Less of images or sequences."""

    AXES = 2

    def __init__(self, cropping: object, data_format: str | None = None, **kwargs: object):
        super().__init__(**kwargs)
        kind = type(self).__name__
        self.cropping = _margins(kind, "cropping", cropping, self.AXES)
        self.data_format = arguments.data_format(kind, data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect(type(self).__name__, input_shape, self.AXES)
        sizes = tuple(size - sum(cut) for size, cut in zip(input_shape[1:-1], self.cropping, strict=True))
        if min(sizes) < 1:
            raise ValueError(f"cropping={self.cropping} leaves nothing of {input_shape[1:-1]}")
        return (input_shape[0], *sizes, input_shape[-1])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return ops.crop(builder, x, (*self.cropping, (0, 0)))


class Cropping2D(_Cropping):
    """The middle of images (N, H, W, C).

    cropping : pixels to leave out: one integer, (rows, columns), or ((top, bottom), (left, right)).
    """

    def __init__(self, cropping: object = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: object):
        super().__init__(cropping, data_format, **kwargs)


class Cropping1D(_Cropping):
    """The middle of sequences (N, L, C).

    cropping : steps to leave out: one integer, or (before, after).
    """

    AXES = 1

    def __init__(self, cropping: object = (1, 1), data_format: str | None = None, **kwargs: object):
        super().__init__(cropping, data_format, **kwargs)


class UpSampling2D(Layer):
    """Larger images: (N, H, W, C) -> (N, H * size, W * size, C).

    size : one integer or (rows, columns).
    interpolation : "nearest" (every pixel repeated), "bilinear", "bicubic", "lanczos3" or "lanczos5".
    """

    def __init__(
        self,
        size: int | tuple[int, int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        self.size = arguments.pair("UpSampling2D", "size", size)
        self.data_format = arguments.data_format("UpSampling2D", data_format)
        known = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        self.interpolation = check_interpolation("UpSampling2D", interpolation, known)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect("UpSampling2D", input_shape, 2)
        return (input_shape[0], input_shape[1] * self.size[0], input_shape[2] * self.size[1], input_shape[3])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        if self.interpolation == "nearest":
            return ops.repeat(builder, x, self.size)
        height, width = self.compute_output_shape(x.shape)[1:3]
        return lower_resize(builder, x, Resize(height, width, self.interpolation))


class UpSampling1D(Layer):
    """Every step `size` times: (N, L, C) -> (N, L * size, C)."""

    def __init__(self, size: int = 2, **kwargs: object):
        super().__init__(**kwargs)
        self.size = arguments.positive("UpSampling1D", "size", size)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sequences.expect("UpSampling1D", input_shape, 1)
        return (input_shape[0], input_shape[1] * self.size, input_shape[2])

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        y = ops.repeat(builder, builder.view(x, as_image(x.shape)), plane((self.size,)))
        return builder.view(y, self.compute_output_shape(x.shape))
