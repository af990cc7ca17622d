"""What the functions are in ONNX that programs call beside kernels. One table, by the name of the op."""

from collections.abc import Callable

import numpy as np

from fastcnn.engine.calls import CallOp
from fastcnn.engine.program import Tensor
from fastcnn.saving.onnx.graph import FIRST, OnnxGraph

Emit = Callable[[OnnxGraph, CallOp], None]


def _inputs(op: CallOp) -> list[Tensor]:
    return list(op.inputs.values())


def _together(graph: OnnxGraph, op: CallOp) -> tuple[list[str], str]:
    """The inputs in one order of axes: that which the first of them has, if all are images."""
    inputs = _inputs(op)
    images = all(len(t.shape) == 4 for t in inputs)
    order = FIRST if images and any(graph.order_of(t) == FIRST for t in inputs) else "channels_last"
    return [graph.get(t, order) for t in inputs], order


def _many(kind: str) -> Emit:
    """An operator of any number of inputs."""

    def emit(graph: OnnxGraph, op: CallOp) -> None:
        names, order = _together(graph, op)
        graph.set(op.args["y"], graph.node(kind, *names), order)

    return emit


def _two(kind: str) -> Emit:
    """An operator of two inputs, from the first input to the last."""

    def emit(graph: OnnxGraph, op: CallOp) -> None:
        (total, *others), order = _together(graph, op)
        for other in others:
            total = graph.node(kind, total, other)
        graph.set(op.args["y"], total, order)

    return emit


def _concatenate(graph: OnnxGraph, op: CallOp) -> None:
    names, order = _together(graph, op)
    axis = {1: 2, 2: 3, 3: 1}[op.call.axis] if order == FIRST else op.call.axis
    graph.set(op.args["y"], graph.node("Concat", *names, axis=axis), order)


def _transpose(axes: Callable[[CallOp], list[int]]) -> Emit:
    def emit(graph: OnnxGraph, op: CallOp) -> None:
        graph.set(op.args["y"], graph.node("Transpose", graph.get(_inputs(op)[0]), perm=axes(op)))

    return emit


def _moved(op: CallOp) -> list[int]:
    """Where each axis of the output comes from when one axis moves."""
    axes = list(range(len(op.args["y"].shape)))
    axes.insert(op.call.target % len(axes), axes.pop(op.call.source))
    return axes


def _pad(graph: OnnxGraph, op: CallOp) -> None:
    margins = [(0, 0), *op.call.margins]
    pads = graph.constant([side for part in zip(*margins, strict=True) for side in part], np.int64)
    graph.set(op.args["y"], graph.node("Pad", graph.get(_inputs(op)[0]), pads))


def _slice(graph: OnnxGraph, op: CallOp, starts: list[int], ends: list[int]) -> None:
    parts = (graph.constant(part, np.int64) for part in (starts, ends, list(range(1, 1 + len(starts)))))
    graph.set(op.args["y"], graph.node("Slice", graph.get(_inputs(op)[0]), *parts))


def _crop(graph: OnnxGraph, op: CallOp) -> None:
    shape = _inputs(op)[0].shape[1:]
    ends = [size - after for size, (_, after) in zip(shape, op.call.margins, strict=True)]
    _slice(graph, op, [before for before, _ in op.call.margins], ends)


def _window(graph: OnnxGraph, op: CallOp) -> None:
    rows, columns = op.call.part[1:]
    _slice(graph, op, [rows.start, columns.start], [rows.stop, columns.stop])


def _repeat(graph: OnnxGraph, op: CallOp) -> None:
    scales = graph.constant([1, 1, *op.call.factors], np.float32)
    how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    graph.set(op.args["y"], graph.node("Resize", graph.get(_inputs(op)[0], FIRST), "", scales, **how), FIRST)


def _resize(graph: OnnxGraph, op: CallOp) -> None:
    (x,), resize = _inputs(op), op.call.resize
    rows, cols, border = resize.matrices(*x.shape[1:3])
    tall = graph.node("MatMul", graph.constant(rows, x.dtype), graph.get(x, FIRST))
    y = graph.node("MatMul", tall, graph.constant(cols.T, x.dtype))
    if border is not None:
        y = graph.node("Add", y, graph.constant(border, x.dtype))
    graph.set(op.args["y"], y, FIRST)


def _normalization(graph: OnnxGraph, op: CallOp) -> None:
    scale, offset = (graph.constant(value, op.args["y"].dtype) for value in op.call.scale_and_offset())
    scaled = graph.node("Mul", graph.get(_inputs(op)[0]), scale)
    graph.set(op.args["y"], graph.node("Add", scaled, offset))


def _standardize(graph: OnnxGraph, op: CallOp) -> None:
    (x, *weights), call = _inputs(op), op.call
    axes = graph.constant(list(call.axes), np.int64)
    view = graph.node("Reshape", graph.get(x), graph.constant([0, *call.view], np.int64))
    centred = graph.node("Sub", view, graph.node("ReduceMean", view, axes))
    variance = graph.node("ReduceMean", graph.node("Mul", centred, centred), axes)
    deviation = graph.node("Sqrt", graph.node("Add", variance, graph.constant(call.epsilon, x.dtype)))
    normal = graph.node("Div", centred, deviation)
    for kind, weight in zip(["Mul"] * call.has_gamma + ["Add"] * call.has_beta, weights, strict=True):
        normal = graph.node(kind, normal, graph.constant(weight.root.value.reshape(call.sizes)))
    graph.set(op.args["y"], graph.node("Reshape", normal, graph.constant([0, *x.shape[1:]], np.int64)))


def _unit(graph: OnnxGraph, op: CallOp) -> None:
    x = _inputs(op)[0]
    squares = graph.node("ReduceSumSquare", graph.get(x), graph.constant(list(op.call.axes), np.int64))
    length = graph.node("Max", graph.node("Sqrt", squares), graph.constant(op.call.LEAST, x.dtype))
    graph.set(op.args["y"], graph.node("Div", graph.get(x), length))


CALLS: dict[str, Emit] = {
    "add": _many("Sum"),
    "average": _many("Mean"),
    "maximum": _many("Max"),
    "minimum": _many("Min"),
    "multiply": _two("Mul"),
    "subtract": _two("Sub"),
    "concatenate": _concatenate,
    "permute": _transpose(lambda op: list(op.call.axes)),
    "move_axis": _transpose(_moved),
    "pad": _pad,
    "crop": _crop,
    "window": _window,
    "repeat": _repeat,
    "resize": _resize,
    "normalization": _normalization,
    "standardize": _standardize,
    "unit_normalization": _unit,
}
