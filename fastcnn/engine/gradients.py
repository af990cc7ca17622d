"""The backward pass: ONE table, forward kernel -> the ops of its gradient.

A rule gets the forward op and the gradient of its output `y`, emits backward ops, and returns the gradient of each
input that `wanted` names. Rules read the forward op's tensors, so what a gradient needs stays alive by being read.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable

import numpy as np

from fastcnn.engine.calls import CallOp
from fastcnn.engine.ops.dense import add, scale
from fastcnn.engine.ops.penalties import penalty_gradient
from fastcnn.engine.program import Builder, Op, Tensor

Gradients = dict[str, Tensor]
Rule = Callable[[Builder, Op, Tensor | None, Collection[str]], Gradients]


def _like(builder: Builder, tensor: Tensor) -> Tensor:
    return builder.tensor(tensor.shape, like=tensor)


def _conv2d(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    made = {}
    if "x" in wanted:
        made["x"] = _like(builder, op.args["x"])
        builder.emit("conv2d_backward_input", dy=dy, w=op.args["w"], dx=made["x"], **op.params)
    if "w" in wanted:
        made["w"] = _like(builder, op.args["w"])
        builder.emit("conv2d_backward_weights", x=op.args["x"], dy=dy, dw=made["w"], **op.params)
    return made


def _conv2d_transpose(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    """A convolution's gradient as a forward op: its input is called dy, its output dx, and what it undoes undoes it."""
    made = {}
    if "dy" in wanted:
        made["dy"] = _like(builder, op.args["dy"])
        builder.emit("conv2d_forward", x=dy, w=op.args["w"], y=made["dy"], **op.params)
    if "w" in wanted:
        made["w"] = _like(builder, op.args["w"])
        builder.emit("conv2d_backward_weights", x=dy, dy=op.args["dy"], dw=made["w"], **op.params)
    return made


def _dense(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    made = {}
    if "x" in wanted:
        made["x"] = _like(builder, op.args["x"])
        builder.emit("dense_backward_input", dy=dy, w=op.args["w"], dx=made["x"])
    if "w" in wanted:
        made["w"] = _like(builder, op.args["w"])
        builder.emit("dense_backward_weights", x=op.args["x"], dy=dy, dw=made["w"])
    return made


def _bias(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    made = {"x": dy}
    if "b" in wanted:
        made["b"] = _like(builder, op.args["b"])
        builder.emit("bias_backward", dy=dy, db=made["b"])
    return made


def _add(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    return {"a": dy, "b": dy}


def _scale(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    return {"x": scale(builder, dy, op.params["scale"])}


def _dropout(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    dx = _like(builder, dy)
    builder.emit("dropout_forward", x=dy, y=dx, key=op.args["key"], **op.params)
    return {"x": dx}


def _maxpool2d(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    dx = _like(builder, op.args["x"])
    builder.emit("maxpool2d_backward", dy=dy, argmax=op.args["argmax"], dx=dx, **op.params)
    return {"x": dx}


def _avgpool2d(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    dx = _like(builder, op.args["x"])
    builder.emit("avgpool2d_backward", dy=dy, dx=dx, **op.params)
    return {"x": dx}


def _batchnorm(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    names = ("x", "mean", "variance", "gamma")
    fixed = op.args["mean"].value is not None  # moving averages do not depend on x: the layer is a fixed scaling
    if fixed and not {"gamma", "beta"} & set(wanted):
        return {"x": _scaled(builder, op, dy)}
    made = {name: _like(builder, op.args[name]) for name in ("x", "gamma", "beta")}
    builder.emit(
        "batchnorm_backward",
        **{name: op.args[name] for name in names},
        dy=dy,
        dx=made["x"],
        dgamma=made["gamma"],
        dbeta=made["beta"],
        **op.params,
    )
    return made | ({"x": _scaled(builder, op, dy)} if fixed else {})


def _scaled(builder: Builder, op: Op, dy: Tensor) -> Tensor:
    """dy times what a normalisation by moving averages multiplies with."""
    dx, zeros = _like(builder, dy), builder.constant(np.zeros(dy.shape[-1], dy.dtype), "zeros")
    scaling = {"variance": op.args["variance"], "gamma": op.args["gamma"]}
    builder.emit("batchnorm_normalize", x=dy, mean=zeros, **scaling, beta=zeros, y=dx, **op.params)
    return dx


def _penalty(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    return {"x": penalty_gradient(builder, op.args["x"], None, **op.params)}  # dy is 1: see add_backward


def _from_output(kernel: str) -> Rule:
    """Activations, whose gradient comes from their output."""

    def rule(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
        dx = _like(builder, dy)
        builder.emit(kernel, y=op.args["y"], dy=dy, dx=dx, **op.params)
        return {"x": dx}

    return rule


def _curve(builder: Builder, op: Op, dy: Tensor, wanted: Collection[str]) -> Gradients:
    dx = _like(builder, dy)
    builder.emit("curve_backward", x=op.args["x"], dy=dy, dx=dx, **op.params)
    return {"x": dx}


def _loss(kernel: str, prediction: str, read: str, gradient: str) -> Rule:
    """Losses, where the chain starts: `scale` holds sample weight / N."""

    def rule(builder: Builder, op: Op, dy: Tensor | None, wanted: Collection[str]) -> Gradients:
        made = _like(builder, op.args[prediction])
        scales = builder.program.inputs["scale"]
        arrays = {read: op.args[read], "targets": op.args["targets"], "scale": scales, gradient: made}
        builder.emit(kernel, **arrays, **op.params)
        return {prediction: made}

    return rule


RULES: dict[str, Rule] = {
    "conv2d_forward": _conv2d,
    "conv2d_backward_input": _conv2d_transpose,
    "dense_forward": _dense,
    "bias_forward": _bias,
    "add_forward": _add,
    "scale_forward": _scale,
    "dropout_forward": _dropout,
    "maxpool2d_forward": _maxpool2d,
    "avgpool2d_forward": _avgpool2d,
    "batchnorm_normalize": _batchnorm,
    "penalty_forward": _penalty,
    "relu_forward": _from_output("relu_backward"),
    "elu_forward": _from_output("elu_backward"),
    "sigmoid_forward": _from_output("sigmoid_backward"),
    "tanh_forward": _from_output("tanh_backward"),
    "curve_forward": _curve,
    "softmax_forward": _from_output("softmax_backward"),
    "softmax_crossentropy_forward": _loss("softmax_crossentropy_backward", "logits", "probs", "dlogits"),
    "sigmoid_crossentropy_forward": _loss("sigmoid_crossentropy_backward", "logits", "probs", "dlogits"),
    "categorical_crossentropy_forward": _loss("categorical_crossentropy_backward", "probs", "probs", "dprobs"),
    "binary_crossentropy_forward": _loss("binary_crossentropy_backward", "probs", "probs", "dprobs"),
    "mean_squared_error_forward": _loss("mean_squared_error_backward", "predictions", "predictions", "dpredictions"),
}


def _gradient(builder: Builder, op: Op, dy: Tensor | None, wanted: Collection[str]) -> Gradients:
    if isinstance(op, CallOp):
        return op.gradient(builder, dy, wanted)
    return RULES[op.kernel](builder, op, dy, wanted)


class _Backward:
    """State of one backward pass over a finished forward program."""

    def __init__(self, builder: Builder, ready: Callable[[Tensor, Tensor], None]):
        self.builder, self.ready = builder, ready
        self.forward = list(builder.program.ops)
        self.gradients: dict[int, Tensor] = {}  # id of the root tensor -> gradient, of the root's shape
        self.wanting = self._reachable()
        self.pending = Counter(id(t.root) for op in self.forward for t in op.inputs.values() if t.root.trainable)

    def _reachable(self) -> set[int]:
        """Ids of the root tensors that depend on a trainable variable."""
        found: set[int] = set()
        for op in self.forward:
            if any(t.root.trainable or id(t.root) in found for t in op.inputs.values()):
                found.update(id(t.root) for t in op.outputs.values())
        return found

    def run(self, loss: Op | None) -> None:
        for op in reversed(self.forward):
            self.builder.layer = op.layer
            dy = self._of(op)
            if op is loss or dy is not None:
                wanted = [n for n, t in op.inputs.items() if t.root.trainable or id(t.root) in self.wanting]
                if wanted:
                    made = _gradient(self.builder, op, dy, wanted)
                    for name in (n for n in wanted if n in made):
                        self._contribute(op.args[name], made[name])
            self._hand_over(op)

    def _of(self, op: Op) -> Tensor | None:
        """Gradient of the op's output, in the output's shape."""
        y = op.args.get("y", op.args.get("dx"))
        found = None if y is None else self.gradients.get(id(y.root))
        return None if found is None else self.builder.view(found, y.shape)

    def _contribute(self, tensor: Tensor, gradient: Tensor) -> None:
        gradient = self.builder.view(gradient, tensor.root.shape)
        before = self.gradients.get(id(tensor.root))
        total = gradient if before is None else add(self.builder, before, gradient)
        self.gradients[id(tensor.root)] = total

    def _hand_over(self, op: Op) -> None:
        """Hands on a variable's gradient once the last op that reads the variable is done."""
        for root in (tensor.root for tensor in op.inputs.values()):
            if root.trainable:
                self.pending[id(root)] -= 1
                gradient = self.gradients.get(id(root))
                if self.pending[id(root)] == 0 and gradient is not None:
                    self.ready(root, gradient)


def add_backward(
    builder: Builder, loss: Op, ready: Callable[[Tensor, Tensor], None], penalties: Iterable[Tensor] = ()
) -> None:
    """Appends the gradient of `loss` plus `penalties`, tensors of one number, to the program.

    ready : called with (variable, its gradient) as soon as the gradient is complete and the variable's present value
        is no longer read, so that an update may be emitted there and the gradient's memory used again.
    """
    _end_forward(builder)
    backward = _Backward(builder, ready)
    for penalty in penalties:
        backward.gradients[id(penalty.root)] = builder.constant(np.ones(1, penalty.dtype), "one")
    if isinstance(loss, CallOp):  # kernels of losses read `scale` themselves
        backward.gradients[id(loss.args["y"].root)] = builder.program.inputs["scale"]
    backward.run(loss)


def add_backward_from(builder: Builder, y: Tensor, dy: Tensor, ready: Callable[[Tensor, Tensor], None]) -> None:
    """Appends the gradient of sum(y * dy) to the program, for a given `dy` of y's shape; `ready` as in add_backward."""
    _end_forward(builder)
    backward = _Backward(builder, ready)
    backward.gradients[id(y.root)] = builder.view(dy, y.root.shape)
    backward.run(None)


def _end_forward(builder: Builder) -> None:
    """Ends the forward part; ops that change a variable (moving averages) go behind it.

    A step whose loss is not finite stops there, and must leave every variable as it was.
    """
    program = builder.program
    updates = [op for op in program.ops if op.changes_variable]
    program.ops = [op for op in program.ops if not op.changes_variable]
    program.forward_ops = len(program.ops)
    program.ops += updates
