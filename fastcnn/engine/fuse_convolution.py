"""Rewrite rules of convolutions and dense products: what surrounds a product is done in its registers.

A product's own kernel first becomes the fused kernel with nothing to fuse; then bias, pooling and relu join it one by
one. In the backward pass the gradients take the pooled gradient and its argmax as they are, and apply relu's mask.
"""

from fastcnn.engine.program import Op, Program
from fastcnn.engine.rewrite import (
    Rule,
    join,
    neighbours,
    offered,
    plain_relu,
    replace,
    side_by_side,
    with_kernel,
    writer_of,
)
from fastcnn.kernels.backends import Backend

UNPOOLED = {"pool_size": (1, 1)}
PLAIN = {  # a kernel's parameters when nothing is fused
    "conv2d_forward": ("conv2d_fused_forward", UNPOOLED | {"activation": "linear", "negative_slope": 0.0}),
    "dense_forward": ("dense_fused_forward", {"activation": "linear", "negative_slope": 0.0}),
    "conv2d_backward_input": ("conv2d_fused_backward_input", UNPOOLED | {"negative_slope": 0.0}),
    "conv2d_backward_weights": ("conv2d_fused_backward_weights", UNPOOLED),
}
FORWARD = ("conv2d_fused_forward", "depthwise_conv2d_forward", "dense_fused_forward")
CONVOLUTION_GRADIENTS = ("conv2d_fused_backward_input", "conv2d_fused_backward_weights")


def products_to_fused(program: Program, backend: Backend) -> None:
    """conv2d and dense products -> the fused kernel of each, with nothing fused yet.

    Condition: the backend offers it.
    """
    for op in list(program.ops):
        if op.kernel in PLAIN:
            kernel, params = PLAIN[op.kernel]
            fused = with_kernel(op, kernel, op.params | params)
            if offered(backend, fused):
                replace(program, op, [fused])


def bias_into_product(program: Program, backend: Backend) -> None:
    """A product, then bias -> the product adds the bias.

    Condition: nothing else reads what lies between; nothing has joined before that comes after a bias.
    """
    for kernel in FORWARD:
        for op, bias in neighbours(program, kernel, "bias_forward"):
            if op.args["b"] is None and op.params["activation"] == "linear" and not _pools(op):
                joined = with_kernel(op, kernel, op.params, b=bias.args["b"], y=bias.args["y"])
                join(program, backend, op, bias, joined)


def pooling_into_convolution(program: Program, backend: Backend) -> None:
    """A convolution (with bias and relu or without), then max pooling -> the full-size result is never written.

    Condition: windows lie side by side without padding; the relu, if it came first, is not decreasing.
    """
    for op, pool in neighbours(program, "conv2d_fused_forward", "maxpool2d_forward"):
        rising = op.params["activation"] == "linear" or op.params["negative_slope"] >= 0
        if rising and not _pools(op) and side_by_side(pool):
            params = op.params | {"pool_size": pool.params["pool_size"]}
            joined = with_kernel(op, op.kernel, params, y=pool.args["y"], argmax=pool.args["argmax"])
            join(program, backend, op, pool, joined)


def relu_into_product(program: Program, backend: Backend) -> None:
    """A product with what has joined it, then relu -> relu too.

    Condition: a plain or leaky relu (no maximum, threshold 0); nothing else reads what lies between.
    """
    for kernel in FORWARD:
        for op, relu in neighbours(program, kernel, "relu_forward"):
            if plain_relu(relu) and op.params["activation"] == "linear":
                params = op.params | {"activation": "relu", "negative_slope": relu.params["negative_slope"]}
                join(program, backend, op, relu, with_kernel(op, kernel, params, y=relu.args["y"]))


def bias_gradient_from_pooled(program: Program, backend: Backend) -> None:
    """bias_backward of a max pooling's gradient -> bias_backward of the pooled gradient: a quarter of the reading.

    Holds because max pooling sends each value of its gradient to one cell: the sums down the channels stay.
    """
    for op in program.ops:
        source = writer_of(program, op.args["dy"]) if op.kernel == "bias_backward" else None
        if source is not None and source.kernel == "maxpool2d_backward" and source.args["dx"] is op.args["dy"]:
            op.args["dy"] = source.args["dy"]


def unpooling_into_gradients(program: Program, backend: Backend) -> None:
    """maxpool2d_backward, then a convolution's gradients -> the gradients take the pooled gradient and the argmax.

    Condition: windows side by side; only that convolution's gradients read the full-size one, and the backend offers
    both.
    """
    for unpool in [op for op in program.ops if op.kernel == "maxpool2d_backward"]:
        full, readers = unpool.args["dx"], program.uses(unpool.args["dx"])
        alone = not program.is_output(full) and all(r.args.get("dy") is full for r in readers)
        if not (alone and side_by_side(unpool) and all(r.kernel in CONVOLUTION_GRADIENTS for r in readers)):
            continue
        pooled = {"dy": unpool.args["dy"], "argmax": unpool.args["argmax"]}
        size = {"pool_size": unpool.params["pool_size"]}
        fused = [with_kernel(r, r.kernel, r.params | size, **pooled) for r in readers]
        if all(offered(backend, op) for op in fused):
            replace(program, unpool, [])
            for reader, op in zip(readers, fused, strict=True):
                replace(program, reader, [op])


def relu_mask_into_gradient(program: Program, backend: Backend) -> None:
    """The gradient of a convolution's input, then relu_backward -> masked as it is written.

    Condition: a plain or leaky relu; nothing else reads the gradient before the mask.
    """
    kernel = "conv2d_fused_backward_input"
    for op, relu in neighbours(program, kernel, "relu_backward", output="dx", read="dy"):
        if plain_relu(relu) and op.args["x"] is None and relu.args["y"].shape == op.args["dx"].shape:
            params = op.params | {"negative_slope": relu.params["negative_slope"]}
            masked = with_kernel(op, kernel, params, x=relu.args["y"], dx=relu.args["dx"])
            join(program, backend, relu, op, masked)  # in the gradient's place: behind it the weights may be updated


def bias_gradient_into_weights(program: Program, backend: Backend) -> None:
    """bias_backward of the dy that a convolution's weights' gradient reads -> summed while that reads it.

    The bias may be updated before the weights' gradient comes, so both stand where the first of the two stood.
    Condition: what the weights' gradient reads is there by then, and the backend offers both in one. The algorithms
    must have been chosen: not all of them take a bias.
    """
    for bias in [op for op in program.ops if op.kernel == "bias_backward"]:
        readers = [op for op in program.uses(bias.args["dy"]) if op.kernel == "conv2d_fused_backward_weights"]
        for weights in readers[:1]:
            places = program.ops.index(bias), program.ops.index(weights)
            passed = {id(t.root) for op in program.ops[min(places) : places[1]] for t in op.outputs.values()}
            ready = not any(id(t.root) in passed for t in weights.inputs.values())
            if ready and weights.args["dy"] is bias.args["dy"] and weights.args["db"] is None:
                joined = with_kernel(weights, weights.kernel, weights.params, db=bias.args["db"])
                first, second = (bias, weights) if places[0] < places[1] else (weights, bias)
                join(program, backend, second, first, joined)


def _pools(op: Op) -> bool:
    return op.params.get("pool_size", (1, 1)) != (1, 1)


RULES: tuple[Rule, ...] = (
    products_to_fused,
    bias_into_product,
    relu_into_product,
    pooling_into_convolution,
    relu_into_product,  # again: the one that stands behind the pooling
    bias_gradient_from_pooled,
    unpooling_into_gradients,
    relu_mask_into_gradient,
)
