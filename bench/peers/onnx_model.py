"""A network as an ONNX model with random weights, for the runtimes that only predict."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fastcnn.networks import Network

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softmax": "Softmax"}


class _Graph:
    """Nodes and weights so far; `name` and `shape` (without batch) are those of the last output."""

    def __init__(self, shape: tuple[int, ...]):
        self.nodes, self.weights, self.name, self.shape = [], [], "x", shape
        self.rng = np.random.default_rng(1)

    def add(self, kind: str, shape: tuple[int, ...], *weights: np.ndarray, **attributes: object) -> None:
        """Appends one node."""
        number = len(self.nodes)
        names = [f"w{number}_{i}" for i in range(len(weights))]
        self.weights += [numpy_helper.from_array(w, name) for w, name in zip(weights, names, strict=True)]
        self.nodes.append(helper.make_node(kind, [self.name, *names], [f"y{number}"], **attributes))
        self.name, self.shape = f"y{number}", shape

    def noise(self, *shape: int) -> np.ndarray:
        """Weights that keep the size of what passes through them."""
        return (self.rng.standard_normal(shape) / np.sqrt(max(np.prod(shape[1:]), 1))).astype(np.float32)


def _convolution(graph: _Graph, a: dict, filters: int, groups: int) -> None:
    size, strides = a["kernel_size"], a.get("strides", 1)
    pad = size // 2 if a.get("padding") == "same" else 0
    channels, *image = graph.shape
    weights = [graph.noise(filters, channels // groups, size, size)]
    if a.get("use_bias", True):
        weights.append(graph.noise(filters))
    out = [(side + 2 * pad - size) // strides + 1 for side in image]
    attributes = {"kernel_shape": [size] * 2, "strides": [strides] * 2, "pads": [pad] * 4, "group": groups}
    graph.add("Conv", (filters, *out), *weights, **attributes)


def _layer(graph: _Graph, name: str, a: dict) -> None:
    """Appends one description, without its activation."""
    channels, *image = graph.shape
    if name == "Conv2D":
        _convolution(graph, a, a["filters"], 1)
    elif name == "DepthwiseConv2D":
        _convolution(graph, a, channels, channels)
    elif name == "BatchNormalization":
        moving = [graph.noise(channels) for _ in range(3)]
        graph.add("BatchNormalization", graph.shape, *moving, np.full(channels, 0.5, np.float32), epsilon=1e-3)
    elif name in ("MaxPooling2D", "AveragePooling2D"):
        size = a["pool_size"]
        kind = "MaxPool" if name == "MaxPooling2D" else "AveragePool"
        graph.add(kind, (channels, *(s // size for s in image)), kernel_shape=[size] * 2, strides=[size] * 2)
    elif name == "GlobalAveragePooling2D":
        graph.add("GlobalAveragePool", (channels, 1, 1))
        graph.add("Flatten", (channels,))
    elif name == "Flatten":
        graph.add("Flatten", (int(np.prod(graph.shape)),))
    elif name == "Dense":
        graph.add("Gemm", (a["units"],), graph.noise(channels, a["units"]), graph.noise(a["units"]))
    elif name == "ReLU":
        graph.add("Relu", graph.shape)
    elif name != "Dropout":  # nothing happens in it when predicting
        raise ValueError(f"no ONNX node is known for {name}")


def onnx_model(network: Network) -> tuple[onnx.ModelProto, int]:
    """The model, inputs (N, C, H, W), and its number of weights."""
    rows, columns, channels = network.batch[1:]
    graph = _Graph((channels, rows, columns))
    for name, arguments in network.layers:
        _layer(graph, name, arguments)
        if arguments.get("activation"):
            graph.add(ACTIVATIONS[arguments["activation"]], graph.shape)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", channels, rows, columns])
    y = helper.make_tensor_value_info(graph.name, TensorProto.FLOAT, ["N", *graph.shape])
    made = helper.make_graph(graph.nodes, "network", [x], [y], graph.weights)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model, sum(int(np.prod(w.dims)) for w in graph.weights)
