"""Ops that are Python functions: they run between kernels, with gradients, at every batch size, in any backend."""

import numpy as np
import pytest

from fastcnn.engine import calls, gradients
from fastcnn.engine.ops import dense
from fastcnn.engine.program import Builder
from fastcnn.engine.run import Runner
from fastcnn.engine.variable import Variable
from fastcnn.kernels import backends
from tests.helpers import BACKENDS


class Cube:
    """y = x ** 3 * w, with its gradient written out."""

    name = "cube"

    def forward(self, inputs, y):
        x, w = inputs
        np.multiply(x**3, w, out=y)

    def backward(self, inputs, y, dy, gradients):
        x, w = inputs
        if gradients[0] is not None:
            gradients[0][...] = 3 * x**2 * w * dy
        if gradients[1] is not None:
            gradients[1][...] = (x**3 * dy).sum(axis=0)


def program(backend: str, batch: int = 6):
    """Between two products: x (N, 3) @ a (3, 4) -> cube with w (4,) -> @ b (4, 2)."""
    rng = np.random.default_rng(0)
    values = {"a": rng.standard_normal((3, 4)), "w": rng.standard_normal(4), "b": rng.standard_normal((4, 2))}
    variables = {name: Variable(value, name) for name, value in values.items()}
    builder = Builder(batch, "float64", True, variables.values())
    x, dy = builder.input("x", (3,)), builder.input("dy", (2,))
    a, w, b = (builder.variable(v) for v in variables.values())
    y = dense.dense(builder, x, a)
    y = calls.call(builder, Cube(), [y, w], y.shape)
    y = builder.program.outputs["y"] = dense.dense(builder, y, b)
    found = builder.program.outputs
    gradients.add_backward_from(builder, y, dy, lambda root, dw: found.update({root.name: dw}))
    return Runner(builder.program, backends.load(backend)), values, rng


def expected(values: dict, x: np.ndarray) -> np.ndarray:
    return ((x @ values["a"]) ** 3 * values["w"]) @ values["b"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batch", [6, 2, 1])
def test_call_and_its_gradient_run_between_kernels(backend, batch):
    runner, values, rng = program(backend)
    x, dy = rng.standard_normal((batch, 3)), rng.standard_normal((batch, 2))
    for name, array in (("x", x), ("dy", dy)):
        runner.array(runner.program.inputs[name], batch)[...] = array
    runner.forward(batch)
    runner.backward(batch)
    np.testing.assert_allclose(runner.array(runner.program.outputs["y"], batch), expected(values, x), rtol=1e-12)
    for name, value in values.items():
        direction, step = rng.standard_normal(value.shape), 1e-6
        sides = [(expected(values | {name: value + s * direction}, x) * dy).sum() for s in (step, -step)]
        slope = (sides[0] - sides[1]) / (2 * step)
        gradient = runner.array(runner.program.outputs[name], batch)
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-6)


def test_call_may_change_a_variable_and_runs_behind_the_loss():
    variable = Variable(np.ones(3), "moving")
    builder = Builder(2, "float64", True)
    x = builder.input("x", (3,))
    moving = builder.variable(variable)

    def move(x, moving):
        moving += x.mean(axis=0)

    calls.emit_call(builder, "move", move, {"x": x}, updates={"moving": moving})
    y = builder.program.outputs["y"] = dense.scale(builder, x, 2.0)
    gradients.add_backward_from(builder, y, builder.input("dy", (3,)), lambda *_: None)
    runner = Runner(builder.program, backends.load("numpy"))
    runner.array(x, 2)[...] = [[1, 2, 3], [3, 2, 1]]
    runner.forward(2)
    np.testing.assert_array_equal(variable.value, 1)
    runner.backward(2)
    np.testing.assert_array_equal(variable.value, 3)
