"""Shape cases for depthwise convolution, beside those of tests.kernels.cases."""

from collections.abc import Iterator

from fastcnn.kernels import geometry
from tests.kernels.cases import Case, _padding
from tests.kernels.fused_cases import ACTIVATIONS

# N, (H, W), C, M, window, strides, padding, dilation: chunks of channels +-1, several patches, wide strides, runs of
# chunks with a part of one at the end, pixels 4 KB apart
DEPTHWISE = [
    (1, (1, 1), 1, 1, (1, 1), (1, 1), "valid", (1, 1)),
    (2, (7, 7), 8, 1, (3, 3), (1, 1), "same", (1, 1)),
    (2, (9, 8), 15, 1, (3, 3), (1, 1), "valid", (1, 1)),
    (2, (14, 15), 33, 1, (3, 3), (2, 2), "same", (1, 1)),
    (1, (13, 12), 16, 1, (3, 3), (2, 2), "valid", (1, 1)),
    (3, (6, 5), 3, 1, (5, 5), (1, 1), "same", (1, 1)),
    (2, (11, 10), 17, 1, (7, 7), (1, 1), "same", (1, 1)),
    (2, (10, 9), 20, 1, (3, 2), (2, 1), "same", (1, 1)),
    (2, (11, 12), 5, 1, (2, 2), (3, 4), "valid", (1, 1)),
    (2, (9, 10), 6, 1, (3, 3), (1, 1), "same", (2, 3)),
    (2, (12, 11), 9, 1, (3, 3), (2, 3), "same", (2, 2)),
    (1, (67, 130), 18, 1, (3, 3), (1, 1), "same", (1, 1)),
    (1, (69, 135), 4, 1, (5, 3), (2, 2), "same", (1, 1)),
    (2, (9, 8), 3, 2, (3, 3), (1, 1), "same", (1, 1)),
    (2, (9, 8), 12, 3, (3, 3), (2, 2), "same", (1, 1)),
    (2, (9, 9), 5, 2, (3, 3), (1, 1), "same", (2, 2)),
    (2, (6, 7), 7, 5, (2, 3), (1, 1), "valid", (2, 1)),
    (3, (5, 6), 40, 1, (1, 1), (2, 2), "valid", (1, 1)),
    (2, (31, 30), 300, 1, (3, 3), (1, 1), "same", (1, 1)),
    (1, (5, 9), 1058, 1, (3, 5), (2, 2), "same", (1, 1)),
    (2, (5, 6), 1024, 1, (3, 3), (1, 1), "same", (1, 1)),
]


# The same with C in groups of several channels, and filters a group
GROUPED = [
    (2, (9, 8), (3, 4), 4, (3, 3), (1, 1), "same", (1, 1)),
    (1, (12, 13), (10, 2), 3, (3, 3), (2, 2), "same", (1, 1)),
    (2, (8, 9), (9, 4), 2, (2, 3), (1, 1), "valid", (1, 2)),
]


def all_cases() -> list[Case]:
    """Every case of the depthwise kernels."""
    return list(depthwise_convolutions())


def depthwise_convolutions() -> Iterator[Case]:
    """The forward kernel with its ends, and both gradients, on every row of the tables."""
    single = [(n, image, (c, 1), *rest) for n, image, c, *rest in DEPTHWISE]
    for n, image, (groups, own), m, window, strides, mode, dilation in single + GROUPED:
        padding = _padding(mode, image, window, strides, dilation)
        size = geometry.window_output(image, window, strides, padding, dilation)
        big, small, w = (n, *image, groups * own), (n, *size, groups * m), (*window, own, groups * m)
        params, taps = {"strides": strides, "padding": padding, "dilation": dilation}, window[0] * window[1] * own
        for activation, slope, biased in (*ACTIVATIONS, ("linear", 0.0, False)):
            shapes = {"x": big, "w": w, "b": (groups * m,) if biased else None, "y": small}
            how = params | {"activation": activation, "negative_slope": slope}
            yield Case("depthwise_conv2d_forward", shapes, how, terms=taps)
        yield Case("depthwise_conv2d_backward_input", {"dy": small, "w": w, "dx": big}, params, terms=taps * m)
        terms = n * size[0] * size[1]
        yield Case("depthwise_conv2d_backward_weights", {"x": big, "dy": small, "dw": w}, params, terms=terms)
