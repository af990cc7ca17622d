"""What the oracle tests share: the golden files, the backends that run here, and gradients of a single layer."""

import json
from pathlib import Path

import numpy as np

from fastcnn import switching
from fastcnn.engine import fuse, gradients
from fastcnn.engine.program import Builder
from fastcnn.engine.run import Runner
from fastcnn.layers import Layer
from fastcnn.layers.layout import Lowered

GOLDEN = Path(__file__).parent / "golden"
BACKENDS = [name for name, reason in switching.available_backends().items() if reason is None]


def golden(name: str) -> np.lib.npyio.NpzFile:
    """The archive tests/golden/<name>.npz."""
    return np.load(GOLDEN / f"{name}.npz")


def from_json(archive: np.lib.npyio.NpzFile, key: str) -> object:
    """What a 0-d text array of the archive holds as JSON."""
    return json.loads(str(archive[key]))


def layer_gradients(
    layer: Layer, x: np.ndarray, dy: np.ndarray, backend: str, training: bool = True
) -> dict[str, np.ndarray]:
    """Runs a built layer forward, then backward from dy, the way a training program does.

    Returns:
        {"y": output, "dx": gradient of the input, weight's name: its gradient} for the gradient of sum(y * dy).
    """
    kernels = switching.get_backend(backend)
    builder = Builder(len(x), x.dtype.name, training, layer.trainable_weights)
    tensors = {"x": builder.input("x", x.shape[1:], trainable=True), "dy": builder.input("dy", dy.shape[1:])}
    builder.layer, program = layer.name, builder.program
    (lowered,) = layer.lower_lowered(builder, [Lowered(tensors["x"])])
    y = program.outputs["y"] = lowered.plain(builder)
    if y.root is tensors["x"]:  # nothing is computed: a layer that only changes the shape
        program.outputs["x"] = tensors["dy"]
    gradients.add_backward_from(builder, y, tensors["dy"], lambda w, dw: program.outputs.update({w.name: dw}))
    for rule in fuse.KERNEL_RULES:
        rule(program, kernels)
    runner = Runner(program, kernels)
    for name, value in (("x", x), ("dy", dy)):
        runner.array(tensors[name], len(x))[...] = value
    if program.ops:
        runner.forward(len(x))
        runner.backward(len(x))
    found = {name.rsplit("/", 1)[-1]: runner.array(t, len(x)).copy() for name, t in program.outputs.items()}
    found["dx"] = found.pop("x").reshape(x.shape)
    return found


def assert_close(actual: np.ndarray, desired: np.ndarray, limit: float, what: str = "") -> None:
    """Shapes equal, and no element further off than `limit` times the largest desired value."""
    assert actual.shape == desired.shape, what
    scale = np.abs(desired).max(initial=0)
    np.testing.assert_allclose(actual, desired, rtol=limit, atol=limit * scale, err_msg=what)
