"""Which algorithm a convolution runs by: one cost model, and the rule that applies it.

Costs are counted in multiply-adds of a register tile at full speed. Direct sums need 9 C F of them an output pixel.
Winograd's F(m x m, 3 x 3) makes m x m outputs from (m + 2)^2 products of C by F, and moves (m + 2)^2 (C + F) numbers
through its transforms, each as dear as TRANSFORM multiply-adds; the transformed weights, (m + 2)^2 C F of them, cost
WEIGHTS each, unless they were packed before. Both constants are fitted to thirty layers, from 8 channels to 512 and
from one image to 128, on one thread of a Zen 4 processor: one choice in ninety is then more than 5 % from the best.
Source of the algorithm: Lavin and Gray 2015, "Fast Algorithms for Convolutional Neural Networks".
"""

from fastcnn.engine.program import Op, Program
from fastcnn.engine.rewrite import offered, replace, with_kernel
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.geometry import window_output

TRANSFORM = {2: 6, 4: 8}  # multiply-adds that one transformed number costs, by tile
WEIGHTS = 10  # and one transformed weight
WORTH = 0.9  # Winograd's rounding is larger, so it must be clearly faster

WINOGRAD = {  # direct kernel -> Winograd's, and which array has the input's shape
    "conv2d_forward": ("winograd_forward", "x"),
    "conv2d_fused_forward": ("winograd_forward", "x"),
    "conv2d_backward_input": ("winograd_backward_input", "dx"),
    "conv2d_fused_backward_input": ("winograd_backward_input", "dx"),
    "conv2d_backward_weights": ("winograd_backward_weights", "x"),
    "conv2d_fused_backward_weights": ("winograd_backward_weights", "x"),
}
DEFAULTS = {
    "winograd_forward": {"activation": "linear", "negative_slope": 0.0, "pool_size": (1, 1)},
    "winograd_backward_input": {"negative_slope": 0.0, "pool_size": (1, 1)},
    "winograd_backward_weights": {"pool_size": (1, 1)},
}


def direct_cost(images: int, out: tuple[int, int], channels: int, filters: int) -> float:
    """Multiply-adds of direct sums with 3x3 windows."""
    return 9.0 * images * out[0] * out[1] * channels * filters


def winograd_cost(
    tile: int, images: int, out: tuple[int, int], channels: int, filters: int, packed: bool = False
) -> float:
    """The same by F(tile x tile, 3 x 3), in multiply-adds of equal time. packed: the weights are transformed before."""
    cells, tiles = (tile + 2) ** 2, images * -(-out[0] // tile) * -(-out[1] // tile)
    products, weights = float(tiles) * channels * filters, 0 if packed else WEIGHTS * channels * filters
    return cells * (products + TRANSFORM[tile] * tiles * (channels + filters) + weights)


def choose_winograd(program: Program, backend: Backend, everywhere: bool = False) -> None:
    """A 3x3 convolution or gradient -> Winograd's algorithm, in the tile that costs least.

    Condition: strides and dilation 1, one group; the backend offers it; the cost model expects it to be clearly faster
    (everywhere: whether or not it does).
    """
    lasting = not any(op.changes_variable for op in program.ops)  # weights that stay are packed once
    for op in list(program.ops):
        if op.kernel in WINOGRAD and _ordinary(op):
            sizes = _sizes(op)
            candidates = [_by_tile(op, tile) for tile in TRANSFORM]
            priced = [(winograd_cost(o.params["tile"], *sizes, lasting), o) for o in candidates if offered(backend, o)]
            limit = float("inf") if everywhere else WORTH * direct_cost(*sizes)
            cheapest = min(priced, key=lambda pair: pair[0], default=(limit, op))
            if cheapest[0] < limit:
                replace(program, op, [cheapest[1]])


def _ordinary(op: Op) -> bool:
    weights = op.args.get("w") or op.args["dw"]
    plain = op.params["strides"] == (1, 1) == op.params["dilation"] and op.params["groups"] == 1
    return plain and weights.shape[:2] == (3, 3)


def _by_tile(op: Op, tile: int) -> Op:
    kernel = WINOGRAD[op.kernel][0]
    params = {name: op.params.get(name, value) for name, value in DEFAULTS[kernel].items()}
    return with_kernel(op, kernel, params | {"padding": op.params["padding"], "tile": tile})


def _sizes(op: Op) -> tuple[int, tuple[int, int], int, int]:
    """Images, the pixels that are computed (of the output, or of the input's gradient), channels, filters."""
    weights, image = op.args.get("w") or op.args["dw"], op.args[WINOGRAD[op.kernel][1]].shape
    size = image[1:3]
    if "dx" not in op.args:
        size = window_output(size, (3, 3), (1, 1), op.params["padding"])
    return image[0], size, weights.shape[2], weights.shape[3]
