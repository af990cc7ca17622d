"""Output sizes and "same" padding: integers only, no arrays.

Sizes in pixels. `padding` is ((top, bottom), (left, right)); `strides`, `dilation`, `pool_size` are (rows, columns).
"""

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]


def effective_size(kernel: int, dilation: int) -> int:
    """Pixels that a window of `kernel` taps spans when its taps lie `dilation` apart."""
    return (kernel - 1) * dilation + 1


def output_size(size: int, kernel: int, stride: int, pad: Pair, dilation: int = 1) -> int:
    """Number of window positions along one axis; 0 or less when the window does not fit."""
    return (size + pad[0] + pad[1] - effective_size(kernel, dilation)) // stride + 1


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> Pair:
    """Padding that makes the output ceil(size / stride); the odd pixel goes to the end (bottom, right).

    Source: Keras / TensorFlow convention for padding="same".
    """
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + effective_size(kernel, dilation) - size, 0)
    return total // 2, total - total // 2


def resolve_padding(mode: str, image: Pair, kernel: Pair, strides: Pair, dilation: Pair = (1, 1)) -> Padding:
    """Turns "valid" or "same" into pixels for an image of (rows, columns).

    Raises:
        ValueError: for any other mode.
    """
    if mode == "valid":
        return (0, 0), (0, 0)
    if mode == "same":
        rows, cols = (same_padding(*axis) for axis in zip(image, kernel, strides, dilation, strict=True))
        return rows, cols
    raise ValueError(f'padding must be "valid" or "same". Received: {mode!r}')


def window_output(image: Pair, kernel: Pair, strides: Pair, padding: Padding, dilation: Pair = (1, 1)) -> Pair:
    """(rows, columns) of what a sliding window gives on an image.

    Raises:
        ValueError: when the window is larger than the padded image.
    """
    rows, cols = (output_size(*axis) for axis in zip(image, kernel, strides, padding, dilation, strict=True))
    if rows < 1 or cols < 1:
        raise ValueError(
            f"a window of {kernel[0]}x{kernel[1]} pixels (dilation {dilation}) does not fit an image of "
            f"{image[0]}x{image[1]} pixels with padding {padding}. Use a smaller window or larger images."
        )
    return rows, cols


def argmax_dtype(pool_size: Pair) -> str:
    """Smallest index type for a pooling window: one byte up to 255 cells, else int32."""
    return "uint8" if pool_size[0] * pool_size[1] <= 255 else "int32"
