"""The backward pass of whole programs: branches, shared variables, views, what is wanted and what is not."""

import numpy as np
import pytest

from fastcnn.engine import gradients
from fastcnn.engine.ops.dense import add, bias, dense, scale
from fastcnn.engine.program import Builder
from fastcnn.engine.run import Runner
from fastcnn.engine.variable import Variable
from fastcnn.kernels import backends
from fastcnn.kernels.contract import KERNELS
from tests.engine.programs import Writer, run

STEP = 1e-5
LIMIT = 1e-6  # float64; the difference quotient itself is good to about 1e-9 of the largest term


def forward_value(writer: Writer, x: np.ndarray, dy: np.ndarray) -> float:
    runner = Runner(writer.program, backends.load("numpy"))
    runner.array(writer.x, len(x))[...] = x
    runner.forward(len(x))
    return float((runner.array(writer.program.outputs["y"], len(x)) * dy).sum())


@pytest.mark.parametrize("seed", range(25))
def test_gradients_of_random_programs_match_directional_derivatives(seed):
    writer = Writer(seed)
    found = run(writer, 3)
    rng = np.random.default_rng(7)  # as in run()
    x, dy = (rng.standard_normal(t.shape) for t in (writer.x, writer.dy))
    moving = {"x": x} | {v.name: v.value for v in writer.variables}
    assert set(found) - {"y"} <= set(moving)
    for name in set(found) - {"y"}:
        array = moving[name]
        v, before = np.random.default_rng(seed).standard_normal(array.shape), array.copy()
        values = []
        for sign in (1, -1):
            array[...] = before + sign * STEP * v
            values.append(forward_value(writer, x, dy))
        array[...] = before
        terms = found[name].reshape(array.shape) * v
        numeric = (values[0] - values[1]) / (2 * STEP)
        assert terms.sum() == pytest.approx(numeric, abs=LIMIT * max(np.abs(terms).sum(), np.abs(values).max(), 1e-3))


def started(trainable: list[Variable], batch: int = 2) -> Builder:
    return Builder(batch, "float64", training=True, trainable=trainable)


def gradients_of(builder: Builder, y, **feeds: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of sum(y) with respect to the trainable variables, by name; feeds fill the inputs."""
    program = builder.program
    dy = builder.constant(np.ones(y.shape), "ones")
    gradients.add_backward_from(builder, y, dy, lambda w, dw: program.outputs.update({w.name: dw}))
    runner, batch = Runner(program, backends.load("numpy")), program.batch
    for name, value in feeds.items():
        runner.array(program.inputs[name], batch)[...] = value
    runner.forward(batch)
    runner.backward(batch)
    return {name: runner.array(t, batch).copy() for name, t in program.outputs.items()}


def test_variable_that_two_ops_read_gets_the_sum_of_both_gradients():
    w = Variable(np.array([[2.0, 0.0], [0.0, 3.0]]), "w")
    builder = started([w])
    x = builder.input("x", (2,))
    y = dense(builder, dense(builder, x, builder.variable(w)), builder.variable(w))
    data = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = gradients_of(builder, y, x=data)["w"]
    ones = np.ones((2, 2))
    np.testing.assert_allclose(found, (data @ w.value).T @ ones + data.T @ (ones @ w.value.T))


def test_residual_branch_adds_both_gradients():
    b = Variable(np.zeros(2), "b")
    builder = started([b])
    x = bias(builder, builder.input("x", (2,)), builder.variable(b))
    found = gradients_of(builder, add(builder, scale(builder, x, 5.0), x), x=np.ones((2, 2)))
    np.testing.assert_array_equal(found["b"], [12.0, 12.0])  # (5 + 1) for each of two samples


def test_tensor_added_to_itself_gets_twice_the_gradient():
    b = Variable(np.zeros(2), "b")
    builder = started([b])
    x = bias(builder, builder.input("x", (2,)), builder.variable(b))
    np.testing.assert_array_equal(gradients_of(builder, add(builder, x, x), x=np.ones((2, 2)))["b"], [4.0, 4.0])


def test_gradient_passes_through_views_of_another_shape():
    b = Variable(np.zeros(4), "b")
    builder = started([b], batch=1)
    x = bias(builder, builder.input("x", (4,)), builder.variable(b))
    folded = dense(builder, builder.view(x, (1, 2, 2)), builder.constant(np.array([[1.0, 0.0], [0.0, 3.0]]), "w"))
    np.testing.assert_array_equal(gradients_of(builder, folded, x=np.ones((1, 4)))["b"], [1.0, 3.0, 1.0, 3.0])


def test_nothing_is_computed_for_what_nobody_wants():
    w, frozen = Variable(np.eye(3), "w"), Variable(np.eye(3), "frozen")
    builder = started([w])
    x = builder.input("x", (3,))
    y = dense(builder, dense(builder, x, builder.variable(frozen)), builder.variable(w))
    assert set(gradients_of(builder, y, x=np.ones((2, 3)))) == {"w"}
    backward = [op.kernel for op in builder.program.ops[builder.program.forward_ops :]]
    assert backward == ["dense_backward_weights"]


def test_variable_is_handed_over_after_its_last_reader():
    w = Variable(np.eye(2), "w")
    builder = started([w])
    y = dense(builder, dense(builder, builder.input("x", (2,)), builder.variable(w)), builder.variable(w))
    place: list[int] = []
    dy = builder.constant(np.ones(y.shape), "ones")
    gradients.add_backward_from(builder, y, dy, lambda variable, dw: place.append(len(builder.program.ops)))
    readers = [
        i for i, op in enumerate(builder.program.ops) if any(t.root.value is w.value for t in op.inputs.values())
    ]
    assert len(place) == 1
    assert place[0] > max(readers)


def test_variables_change_only_after_the_forward_part():
    program = Writer(3, steps=30).program
    updates = [i for i, op in enumerate(program.ops) if op.changes_variable]
    assert updates
    assert min(updates) >= program.forward_ops


def test_every_forward_kernel_but_the_fused_ones_and_statistics_has_a_gradient():
    forward = {name for name, kernel in KERNELS.items() if name.endswith("_forward") and not kernel.optional}
    assert forward - set(gradients.RULES) == {"minpool2d_forward"}
