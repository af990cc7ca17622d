"""What each kernel and function of a prediction's program is in ONNX. One table."""

import math
from collections.abc import Callable

import numpy as np

from fastcnn.engine.program import Op
from fastcnn.saving.onnx.graph import FIRST, OnnxGraph

Emit = Callable[[OnnxGraph, Op], None]


def _window(op: Op, size: tuple[int, int]) -> dict:
    """Attributes that all operators with sliding windows share."""
    (top, bottom), (left, right) = op.params["padding"]
    return {"kernel_shape": list(size), "strides": list(op.params["strides"]), "pads": [top, left, bottom, right]}


def _convolution(graph: OnnxGraph, op: Op) -> None:
    w = op.args["w"].root.value.reshape(op.args["w"].shape)
    weights = graph.constant(w.transpose(3, 2, 0, 1))
    how = _window(op, w.shape[:2]) | {"dilations": list(op.params["dilation"]), "group": op.params["groups"]}
    graph.set(op.args["y"], graph.node("Conv", graph.get(op.args["x"], FIRST), weights, **how), FIRST)


def _transposed_convolution(graph: OnnxGraph, op: Op) -> None:
    """conv2d_backward_input of dy: the size of dx says how many pixels the last stride adds."""
    w, dx, dy = op.args["w"], op.args["dx"], op.args["dy"]
    weights = graph.constant(w.root.value.reshape(w.shape).transpose(3, 2, 0, 1))
    how = _window(op, w.shape[:2]) | {"dilations": list(op.params["dilation"]), "group": op.params.get("groups", 1)}
    extra = []
    for axis in range(2):
        span = (w.shape[axis] - 1) * op.params["dilation"][axis] + 1
        pads = sum(op.params["padding"][axis])
        extra.append(dx.shape[1 + axis] - ((dy.shape[1 + axis] - 1) * op.params["strides"][axis] + span - pads))
    how["output_padding"] = extra
    graph.set(dx, graph.node("ConvTranspose", graph.get(dy, FIRST), weights, **how), FIRST)


def _pooling(kind: str, **more: object) -> Emit:
    def emit(graph: OnnxGraph, op: Op) -> None:
        how = _window(op, op.params["pool_size"]) | more
        graph.set(op.args["y"], graph.node(kind, graph.get(op.args["x"], FIRST), **how), FIRST)

    return emit


def _dense(graph: OnnxGraph, op: Op) -> None:
    graph.set(op.args["y"], graph.node("MatMul", graph.get(op.args["x"]), graph.get(op.args["w"])))


def _each(make: Callable[[OnnxGraph, Op, str], str]) -> Emit:
    """An operator of single elements, in the order of axes that is there."""

    def emit(graph: OnnxGraph, op: Op) -> None:
        order = graph.order_of(op.args["x"])
        graph.set(op.args["y"], make(graph, op, graph.get(op.args["x"], order)), order)

    return emit


def _by_channel(graph: OnnxGraph, op: Op, value: np.ndarray) -> str:
    """A constant with one number for each channel, for the order of axes in which x is there."""
    moved = graph.order_of(op.args["x"]) == FIRST
    return graph.constant(value.reshape(-1, 1, 1) if moved else value)


def _bias(graph: OnnxGraph, op: Op, x: str) -> str:
    return graph.node("Add", x, _by_channel(graph, op, op.args["b"].root.value))


def _batchnorm(graph: OnnxGraph, op: Op, x: str) -> str:
    mean, variance, gamma, beta = (op.args[n].root.value for n in ("mean", "variance", "gamma", "beta"))
    scale = gamma / np.sqrt(variance + variance.dtype.type(op.params["epsilon"]))
    scaled = graph.node("Mul", x, _by_channel(graph, op, scale))
    return graph.node("Add", scaled, _by_channel(graph, op, beta - mean * scale))


def _scalar(op: Op) -> Callable[[OnnxGraph, float], str]:
    return lambda graph, value: graph.constant(value, op.args["x"].dtype)


def _scale(graph: OnnxGraph, op: Op, x: str) -> str:
    number = _scalar(op)
    scaled = graph.node("Mul", x, number(graph, op.params["scale"]))
    return graph.node("Add", scaled, number(graph, op.params["offset"])) if op.params["offset"] else scaled


def _relu(graph: OnnxGraph, op: Op, x: str) -> str:
    number, threshold, top = _scalar(op), op.params["threshold"], op.params["max_value"]
    slope = op.params["negative_slope"]
    if threshold:
        below = graph.node("Mul", graph.node("Sub", x, number(graph, threshold)), number(graph, slope))
        y = graph.node("Where", graph.node("Greater", x, number(graph, threshold)), x, below)
    else:
        y = graph.node("LeakyRelu", x, alpha=slope) if slope else graph.node("Relu", x)
    return y if top == math.inf else graph.node("Min", y, number(graph, top))


def _add(graph: OnnxGraph, op: Op) -> None:
    order = graph.order_of(op.args["a"])
    graph.set(op.args["y"], graph.node("Add", *(graph.get(op.args[name], order) for name in "ab")), order)


def _silu(graph: OnnxGraph, op: Op, x: str) -> str:
    return graph.node("Mul", x, graph.node("Sigmoid", x))


def _curve(graph: OnnxGraph, op: Op, x: str) -> str:
    curve, alpha, beta = (op.params[name] for name in ("curve", "alpha", "beta"))
    if curve not in CURVES:
        raise ValueError(f"export: the activation {curve!r} has no operator in ONNX; use another one. Known: "
                         f"{', '.join(CURVES)}")  # fmt: skip
    return CURVES[curve](graph, op, x, alpha, beta)


CURVES: dict[str, Callable] = {
    "selu": lambda g, op, x, a, b: g.node("Selu", x, alpha=a, gamma=b),
    "celu": lambda g, op, x, a, b: g.node("Celu", x, alpha=a),
    "exponential": lambda g, op, x, a, b: g.node("Exp", x),
    "softplus": lambda g, op, x, a, b: g.node("Softplus", x),
    "softsign": lambda g, op, x, a, b: g.node("Softsign", x),
    "silu": lambda g, op, x, a, b: _silu(g, op, x),
    "gelu": lambda g, op, x, a, b: g.node("Gelu", x),
    "gelu_tanh": lambda g, op, x, a, b: g.node("Gelu", x, approximate="tanh"),
    "mish": lambda g, op, x, a, b: g.node("Mish", x),
    "hard_sigmoid": lambda g, op, x, a, b: g.node("HardSigmoid", x, alpha=a, beta=b),
    "hard_silu": lambda g, op, x, a, b: g.node("Mul", x, g.node("HardSigmoid", x, alpha=a, beta=b)),
    "log_sigmoid": lambda g, op, x, a, b: g.node("Neg", g.node("Softplus", g.node("Neg", x))),
}

KERNELS: dict[str, Emit] = {
    "conv2d_forward": _convolution,
    "conv2d_backward_input": _transposed_convolution,
    "maxpool2d_forward": _pooling("MaxPool"),
    "avgpool2d_forward": _pooling("AveragePool", count_include_pad=0),
    "dense_forward": _dense,
    "bias_forward": _each(_bias),
    "batchnorm_normalize": _each(_batchnorm),
    "scale_forward": _each(_scale),
    "relu_forward": _each(_relu),
    "elu_forward": _each(lambda graph, op, x: graph.node("Elu", x, alpha=op.params["alpha"])),
    "sigmoid_forward": _each(lambda graph, op, x: graph.node("Sigmoid", x)),
    "tanh_forward": _each(lambda graph, op, x: graph.node("Tanh", x)),
    "curve_forward": _each(_curve),
    "add_forward": _add,
}


def _softmax(graph: OnnxGraph, op: Op) -> None:
    graph.set(op.args["y"], graph.node("Softmax", graph.get(op.args["x"]), axis=-1))


KERNELS["softmax_forward"] = _softmax
