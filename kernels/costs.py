"""What one kernel call costs: operations and bytes, from the shapes alone.

Operations are those of the direct algorithm of the plain kernels that the call stands for, two a multiply-add, so that
a faster algorithm shows as a higher rate. Bytes are all inputs and outputs, each once, and arrays updated in place
twice: what must move when nothing is in cache. Photos are taken to be of one byte a value. Scratch memory is not
counted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from fastcnn.kernels.contract import KERNELS
from fastcnn.kernels.geometry import argmax_dtype, window_output

Shape = tuple[int, ...]
Shapes = dict[str, Shape]

# Modules of kernels that read and write each element a fixed number of times: memory bounds them, and their few
# operations an element are left out.
BY_ELEMENT = (
    "activations",
    "adaptive",
    "bias",
    "clipping",
    "curves",
    "dropout",
    "elementwise",
    "folding",
    "fused_normalization",
    "image",
    "losses",
    "normalization",
    "optimizers",
    "penalties",
    "pooling",
    "tones",
)
_BYTES = {"float32": 4, "float64": 8, "uint32": 4, "pixel": 1, "uint8": 1, "int32": 4}


@dataclass(frozen=True)
class Cost:
    """flops : floating-point operations, 0 where memory alone bounds the kernel; nbytes : bytes moved."""

    flops: int
    nbytes: int

    def seconds(self, gflops: float, bandwidth: float) -> float:
        """Least time on a machine of so many GFLOP/s and GB/s (10**9 bytes), the one overlapping the other."""
        return max(self.flops / gflops, self.nbytes / bandwidth) / 1e9


def cost(kernel: str, shapes: Shapes, itemsize: int = 4, **params: object) -> Cost:
    """Cost of one call.

    shapes : argument name -> canonical shape; arguments that are None are left out.
    itemsize : bytes of a real number.
    """
    return Cost(flops(kernel, shapes, **params), moved(kernel, shapes, itemsize, **params))


def flops(kernel: str, shapes: Shapes, **params: object) -> int:
    """Floating-point operations of one call; 0 for what is done element by element.

    Raises:
        KeyError: for a kernel that is neither.
    """
    count = FLOPS.get(kernel)
    if count is None and KERNELS[kernel].module not in BY_ELEMENT:
        raise KeyError(f"kernels/costs.py does not say how many operations {kernel!r} takes")
    return 0 if count is None else count(shapes, params)


def moved(kernel: str, shapes: Shapes, itemsize: int = 4, **params: object) -> int:
    """Bytes of all inputs and outputs, each counted once; arrays updated in place twice."""
    sizes = _BYTES | {"real": itemsize, "index": _BYTES[argmax_dtype(params.get("pool_size", (1, 1)))]}
    return sum(
        prod(shapes[name]) * sizes[spec.dtype] * (2 if spec.direction == "update" else 1)
        for name, spec in KERNELS[kernel].arrays.items()
        if spec.direction != "work" and name in shapes
    )


def _convolution(image: str, weights: str) -> Callable[[Shapes, dict], int]:
    """Every output pixel meets every weight once; forward and both gradients alike."""

    def count(shapes: Shapes, params: dict) -> int:
        x, w = shapes[image], shapes[weights]
        sliding = (params.get("strides", (1, 1)), params["padding"], params.get("dilation", (1, 1)))
        return 2 * x[0] * prod(window_output(x[1:3], w[:2], *sliding)) * prod(w)

    return count


def _product(*sides: str) -> Callable[[Shapes, dict], int]:
    """A product of the matrices (N, I) and (I, U), whichever two of the three `sides` are given."""

    def count(shapes: Shapes, params: dict) -> int:
        images, weights = (shapes[name] for name in sides)
        return 2 * images[0] * prod(weights)

    return count


def _dense_backward(shapes: Shapes, params: dict) -> int:
    """The gradient of the weights, and that of the input if it is wanted."""
    return 2 * shapes["x"][0] * prod(shapes["w"]) * (2 if "dx" in shapes else 1)


def _packing(shapes: Shapes, params: dict) -> int:
    """Weights are put into another order; what that adds up to is small beside the products."""
    return 0


def _resampling(shapes: Shapes, params: dict) -> int:
    """Rows first: of the width that x has, then columns of the rows that are left."""
    x, y = shapes["x"], shapes["y"]
    return 2 * prod(y[:-2]) * y[-1] * (x[-2] * shapes["rows"][1] + y[-2] * shapes["columns"][1])


FLOPS: dict[str, Callable[[Shapes, dict], int]] = {
    "conv2d_forward": _convolution("x", "w"),
    "conv2d_backward_input": _convolution("dx", "w"),
    "conv2d_backward_weights": _convolution("x", "dw"),
    "conv2d_fused_forward": _convolution("x", "w"),
    "conv2d_fused_backward_input": _convolution("dx", "w"),
    "conv2d_fused_backward_weights": _convolution("x", "dw"),
    "conv2d_pack_weights": _packing,
    "winograd_forward": _convolution("x", "w"),
    "winograd_backward_input": _convolution("dx", "w"),
    "winograd_backward_weights": _convolution("x", "dw"),
    "winograd_pack_weights": _packing,
    "depthwise_conv2d_forward": _convolution("x", "w"),
    "depthwise_conv2d_backward_input": _convolution("dx", "w"),
    "depthwise_conv2d_backward_weights": _convolution("x", "dw"),
    "image_resample": _resampling,
    "images_resample": _resampling,
    "dense_forward": _product("x", "w"),
    "dense_backward_input": _product("dx", "w"),
    "dense_backward_weights": _product("x", "dw"),
    "dense_fused_forward": _product("x", "w"),
    "dense_backward_sgd": _dense_backward,
    "dense_backward_momentum": _dense_backward,
    "dense_backward_rmsprop": _dense_backward,
    "dense_backward_adam": _dense_backward,
}
