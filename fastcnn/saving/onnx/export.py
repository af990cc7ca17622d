"""From a model's prediction program to an ONNX file."""

import os
from collections.abc import Callable
from pathlib import Path

from fastcnn.engine.calls import CallOp
from fastcnn.engine.program import Builder, Op
from fastcnn.saving.atomic import atomic_write
from fastcnn.saving.onnx.calls import CALLS
from fastcnn.saving.onnx.graph import OnnxGraph
from fastcnn.saving.onnx.kernels import KERNELS

OPSET = 20  # the first with Gelu


def export_onnx(model: object, path: str | Path, format: str = "onnx") -> None:
    """Writes what the model predicts as an ONNX model; batches of any size, images with the channels last.

    Raises:
        ImportError: without the package onnx.
        ValueError: for another format, a model without weights yet, and layers that ONNX cannot express; names the
            layer.
    """
    if format != "onnx" or not os.fspath(path).endswith(".onnx"):
        raise ValueError(
            f"export: only ONNX is written: format='onnx', and a name that ends in '.onnx'. Received: "
            f"format={format!r}, {os.fspath(path)!r}. For Keras itself use model.save('model.keras')"
        )
    proto = onnx_model(model)
    atomic_write(path, lambda file: file.write(proto.SerializeToString()))


def onnx_model(model: object) -> object:
    """The checked `onnx.ModelProto` of the model's prediction."""
    onnx = _package()
    if not model.built:
        raise ValueError("export: the model has no weights yet: give the first layer input_shape=..., or fit it first")
    builder = Builder(1, model.dtype)
    x = builder.input("x", model.input_shape[1:])
    ys = model.lower_outputs(builder, x)
    graph, helper = OnnxGraph(), onnx.helper
    graph.set(x, "input")
    for op in builder.program.ops:
        _emitter(op)(graph, op)
    names = ["output"] if len(ys) == 1 else [f"output_{number}" for number in range(len(ys))]
    for name, y in zip(names, ys, strict=True):
        graph.nodes.append(helper.make_node("Identity", [graph.get(y)], [name]))
    kind = onnx.TensorProto.FLOAT if model.dtype != "float64" else onnx.TensorProto.DOUBLE

    def described(name: str, shape: tuple) -> object:
        return helper.make_tensor_value_info(name, kind, ["batch", *shape[1:]])

    outputs = [described(name, y.shape) for name, y in zip(names, ys, strict=True)]
    made = helper.make_graph(graph.nodes, model.name, [described("input", x.shape)], outputs, graph.constants)
    opset = helper.make_opsetid("", OPSET)
    proto = helper.make_model(made, opset_imports=[opset], producer_name="fastcnn", ir_version=9)
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _emitter(op: Op) -> Callable[[OnnxGraph, Op], None]:
    table = CALLS if isinstance(op, CallOp) else KERNELS
    found = table.get(op.kernel)
    if found is None:
        raise ValueError(
            f"export: layer {op.layer!r} ({op.kernel}) cannot be written as ONNX; leave it out, or put one of these in "
            f"its place: convolutions, pooling, dense, normalisation, activations, padding, joining"
        )
    return found


def _package() -> object:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(f"export to ONNX needs the package onnx: pip install 'fastcnn[onnx]' ({error})") from error
    return onnx
