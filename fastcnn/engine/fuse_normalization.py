"""Rewrite rules of batch normalisation: what follows it is done in its pass, and in prediction it disappears."""

import math

from fastcnn.engine.program import Op, Program, Tensor
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

NORMALIZE = "batchnorm_normalize"
FORWARD = (NORMALIZE, "batchnorm_fused_normalize")
ALONE = {"activation": "linear", "negative_slope": 0.0, "pool_size": (1, 1)}


def fold_into_product(program: Program, backend: Backend) -> None:
    """conv2d or dense [, then bias], then batchnorm_normalize by moving averages -> new weights and bias, the product.

    Condition: no gradient follows, to which the weights would be others; the product's weights are variables; nothing
    else reads what lies between. Holds for any groups, since the last axis of the weights counts the outputs.
    """
    for op in [op for op in program.ops if op.kernel == NORMALIZE and not program.forward_ops]:
        x = op.args["x"]
        bias = _only_maker(program, x, "bias_forward")
        for kernel in ("conv2d_forward", "dense_forward"):
            product = _only_maker(program, x if bias is None else bias.args["x"], kernel)
            if product is not None and product.args["y"].shape == x.shape:
                _fold(program, product, bias, op)


def _fold(program: Program, product: Op, bias: Op | None, op: Op) -> None:
    w, b = product.args["w"], None if bias is None else bias.args["b"]
    vectors = {name: op.args[name] for name in ("mean", "variance", "gamma", "beta")}
    if any(t.value is None for t in (w, b, *vectors.values()) if t is not None):
        return
    folded = {"w_out": _new(w), "b_out": _new(vectors["beta"])}
    ops = [
        Op("batchnorm_fold", {"w": w, "b": b, **vectors, **folded}, op.params, op.layer),
        with_kernel(product, product.kernel, product.params, w=folded["w_out"]),
        Op("bias_forward", {"x": product.args["y"], "b": folded["b_out"], "y": op.args["y"]}, {}, op.layer),
    ]
    replace(program, product, [])
    if bias is not None:
        replace(program, bias, [])
    replace(program, op, ops)


def _new(variable: Tensor) -> Tensor:
    return Tensor(variable.shape, variable.dtype, variable.name, batched=False)


def pooling_into_normalization(program: Program, backend: Backend) -> None:
    """batchnorm_normalize, then max pooling -> the normalised array of full size is never written.

    Condition: windows lie side by side without padding; nothing else reads what lies between.
    """
    for op, pool in neighbours(program, NORMALIZE, "maxpool2d_forward"):
        if side_by_side(pool):
            params = op.params | ALONE | {"pool_size": pool.params["pool_size"]}
            made = {"y": pool.args["y"], "argmax": pool.args["argmax"]}
            join(program, backend, op, pool, with_kernel(op, FORWARD[1], params, **made))


def relu_into_normalization(program: Program, backend: Backend) -> None:
    """batchnorm_normalize (with its pooling), then relu -> relu in the same pass.

    Condition: a plain or leaky relu (no maximum, threshold 0, not decreasing); nothing else reads what lies between.
    """
    for kernel in FORWARD:
        for op, relu in neighbours(program, kernel, "relu_forward"):
            slope = relu.params["negative_slope"]
            if plain_relu(relu) and slope >= 0 and op.params.get("activation", "linear") == "linear":
                params = ALONE | op.params | {"activation": "relu", "negative_slope": slope}
                images = {"x": _images(op.args["x"]), "y": _images(relu.args["y"])}
                join(program, backend, op, relu, with_kernel(op, FORWARD[1], params, **images))


def gradients_into_normalization(program: Program, backend: Backend) -> None:
    """relu_backward, maxpool2d_backward, batchnorm_backward, relu_backward (any of the relus and the pooling) -> one.

    Condition: the pooling and the first relu were fused with that normalisation; the last relu made its input x;
    nothing else reads what lies between.
    """
    for op in [op for op in program.ops if op.kernel == "batchnorm_backward"]:
        forward = next(o for o in program.ops if o.kernel in FORWARD and o.args["mean"] is op.args["mean"])
        params = op.params | ALONE | {"input_slope": 1.0}
        args = {"dy": op.args["dy"], "argmax": None, "beta": forward.args["beta"], "dx": op.args["dx"]}
        joined = []
        unpool = _only_maker(program, args["dy"], "maxpool2d_backward")
        if unpool is not None and unpool.args["argmax"] is forward.args.get("argmax"):
            joined.append(unpool)
            params["pool_size"] = unpool.params["pool_size"]
            args |= {"dy": unpool.args["dy"], "argmax": unpool.args["argmax"]}
        relu = _only_maker(program, args["dy"], "relu_backward")
        if relu is not None and relu.args["y"].root is forward.args["y"].root and "activation" in forward.params:
            joined.append(relu)
            params |= {"activation": "relu", "negative_slope": relu.params["negative_slope"]}
            args["dy"] = relu.args["dy"]
        before = _mask_of_input(program, op)
        if before is not None:
            joined.append(before)
            params["input_slope"] = before.params["negative_slope"]
            args["dx"] = before.args["dx"]
        images = {name: _images(args[name]) for name in ("dy", "dx")} | {"x": _images(op.args["x"])}
        fused = with_kernel(op, "batchnorm_fused_backward", params, **args | images)
        if joined and offered(backend, fused):
            for part in joined:
                replace(program, part, [])
            replace(program, op, [fused])


def _only_maker(program: Program, tensor: Tensor, kernel: str) -> Op | None:
    """The op of that kernel that made the tensor for a single reader."""
    maker = writer_of(program, tensor)
    return maker if maker is not None and maker.kernel == kernel and _readers(program, tensor) == 1 else None


def _mask_of_input(program: Program, op: Op) -> Op | None:
    """The relu_backward that alone reads the gradient of a normalisation's input, where that is the relu's output."""
    dx, x = op.args["dx"], op.args["x"]
    readers = program.uses(dx)
    if len(readers) != 1 or _readers(program, dx) != 1 or readers[0].kernel != "relu_backward":
        return None
    relu = readers[0]
    fits = relu.args["dy"].root is dx.root and relu.args["y"].root is x.root and plain_relu(relu)
    return relu if fits else None


def _readers(program: Program, tensor: Tensor) -> int:
    return len(program.uses(tensor)) + program.is_output(tensor)


def _images(tensor: Tensor) -> Tensor:
    """The tensor as (N, H, W, C): arrays of other ranks are images of one row."""
    if len(tensor.shape) == 4:
        return tensor
    first, *middle, last = tensor.shape
    shape = (first, 1, math.prod(middle), last)
    return Tensor(shape, tensor.dtype, tensor.name, tensor.batched, tensor.value, tensor)


RULES: tuple[Rule, ...] = (
    fold_into_product,
    pooling_into_normalization,
    relu_into_normalization,
    gradients_into_normalization,
)
