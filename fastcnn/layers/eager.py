"""Layers called on arrays: a program of one layer, made, run once and forgotten."""

from collections.abc import Sequence

import numpy as np

from fastcnn import switching
from fastcnn.arrays import Array
from fastcnn.engine.program import Builder
from fastcnn.engine.run import Runner
from fastcnn.layers.graph import Origin
from fastcnn.layers.layout import Lowered


def run_layer(layer: object, inputs: np.ndarray | Sequence[np.ndarray], training: bool) -> Array | list[Array]:
    """Output of the layer for a batch, or for a list of batches if it takes several inputs."""
    several = isinstance(inputs, (list, tuple))
    arrays = [np.asarray(x) for x in inputs] if several else [np.asarray(inputs)]
    kind = layer.dtype or ("float64" if arrays[0].dtype == np.float64 else "float32")
    if not layer.built:
        shapes = [(None, *x.shape[1:]) for x in arrays]
        layer.connect(shapes if several else shapes[0], kind, Origin(kind))
    batch = len(arrays[0])
    builder = Builder(batch, kind, training)
    builder.layer, program = layer.name, builder.program
    tensors = [builder.input(f"x{number}", x.shape[1:]) for number, x in enumerate(arrays)]
    made = [y.plain(builder) for y in layer.lower_lowered(builder, [Lowered(t) for t in tensors])]
    program.outputs.update({f"y{number}": tensor for number, tensor in enumerate(made)})
    runner = Runner(program, switching.get_backend())
    for key in program.keys:
        key[1] = layer.calls_on_arrays  # other numbers each time, and the same for the same seed
    layer.calls_on_arrays += 1
    for tensor, array in zip(tensors, arrays, strict=True):
        runner.fill(tensor, array)
    runner.forward(batch)
    found = [runner.array(tensor, batch).copy().view(Array) for tensor in made]
    return found[0] if len(found) == 1 else found
