"""Rewrite rule of dense layers: both gradients and the optimizer's update in one pass over the weights."""

from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.engine.rewrite import offered, plain_relu, replace
from fastcnn.kernels.backends import Backend
from fastcnn.kernels.contract import KERNELS

UPDATES = {f"{name}_update": f"dense_backward_{name}" for name in ("sgd", "momentum", "rmsprop", "adam")}


def update_into_gradients(program: Program, backend: Backend) -> None:
    """dense_backward_weights [, dense_backward_input [, relu_backward]], update -> one kernel in the update's place.

    Condition: only the update reads the gradient of the weights. The input's gradient joins if nothing reads it before
    the update; the relu, a plain or leaky one, if the layer's input is its output and nothing else reads the gradient.
    """
    for update in [op for op in program.ops if op.kernel in UPDATES]:
        weights = _gradient_of_weights(program, update)
        if weights is None:
            continue
        inputs = _gradient_of_input(program, weights, update)
        relu = _mask(program, weights.args["x"], inputs)
        for joined in ((weights, inputs, relu), (weights, inputs, None), (weights, None, None)):
            fused = _fused(update, *joined)
            if offered(backend, fused):
                for op in joined:
                    if op is not None:
                        replace(program, op, [])
                replace(program, update, [fused])
                break


def _gradient_of_weights(program: Program, update: Op) -> Op | None:
    """The dense_backward_weights whose result the update alone reads."""
    dw, w = update.args["dw"].root, update.args["w"]
    writers = [op for op in program.ops if any(t.root is dw for t in op.outputs.values())]
    if len(writers) != 1 or writers[0].kernel != "dense_backward_weights" or program.is_output(dw):
        return None
    alone = program.uses(dw) == [update] and writers[0].args["dw"].shape == w.shape
    return writers[0] if alone else None


def _gradient_of_input(program: Program, weights: Op, update: Op) -> Op | None:
    """The same layer's dense_backward_input, if it may move to the update's place: nothing reads its result before."""
    place = program.ops.index(update)
    for number, op in enumerate(program.ops[:place]):
        if op.kernel != "dense_backward_input":
            continue
        same = all(
            op.args[name].root is other.root for name, other in (("w", update.args["w"]), ("dy", weights.args["dy"]))
        )
        same &= op.args["dx"].shape == weights.args["x"].shape
        between = program.ops[number + 1 : place]
        if same and not any(t.root is op.args["dx"].root for later in between for t in later.inputs.values()):
            return op
    return None


def _mask(program: Program, x: Tensor, inputs: Op | None) -> Op | None:
    """The relu_backward of the layer's input `x`, if nothing else reads the gradient that it masks."""
    if inputs is None or program.is_output(inputs.args["dx"]):
        return None
    readers = program.uses(inputs.args["dx"])
    if len(readers) != 1 or readers[0].kernel != "relu_backward":
        return None
    relu = readers[0]
    masks = relu.args["y"].root is x.root and relu.args["dy"].root is inputs.args["dx"].root
    return relu if masks and plain_relu(relu) else None


def _fused(update: Op, weights: Op, inputs: Op | None, relu: Op | None) -> Op:
    kernel, x = UPDATES[update.kernel], weights.args["x"]
    dx = None if inputs is None else inputs.args["dx"]
    if relu is not None:
        made = relu.args["dx"]
        dx = made if made.shape == x.shape else Tensor(x.shape, made.dtype, made.name, made.batched, base=made)
    known = update.args | {"x": x, "dy": weights.args["dy"], "dx": dx}
    slope = 0.0 if relu is None else relu.params["negative_slope"]
    params = update.params | {"masked": relu is not None, "negative_slope": slope}
    return Op(kernel, {name: known.get(name) for name in KERNELS[kernel].arrays}, params, weights.layer)


RULES = (update_into_gradients,)
