"""A dense layer's gradients and update become one kernel where that holds, and train the same weights."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, optimizers
from fastcnn.engine import fuse, fuse_dense
from fastcnn.engine.program import Builder, Op, Program, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.helpers import BACKENDS

FUSED = ("dense_backward_sgd", "dense_backward_momentum", "dense_backward_rmsprop", "dense_backward_adam")
FUSING = [name for name in BACKENDS if backends.load(name).offers(FUSED[0])]
LIMIT = 1e-12  # float64, three steps of networks of three layers: rounding only

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1, weight_decay=0.01),
    "momentum": lambda: optimizers.SGD(0.05, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "rmsprop centered": lambda: optimizers.RMSprop(0.01, centered=True, epsilon=1e-3),
    "rmsprop momentum": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5, epsilon=1e-3),
    "adam": lambda: optimizers.Adam(0.01),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "adamw": lambda: optimizers.AdamW(0.01),
}


class Offering:
    """A backend that offers the fused kernels, or those calls of them that `takes` accepts: rules only look."""

    def __init__(self, takes=lambda shapes, **params: True):
        self.takes = takes

    def offers(self, kernel: str, shapes: dict, **params: object) -> bool:
        return kernel in FUSED and self.takes(shapes, **params)


def network(backend: str, optimizer: optimizers.Optimizer) -> Sequential:
    body = [layers.Input((6, 6, 2)), layers.Conv2D(5, 3, activation="leaky_relu"), layers.Flatten()]
    body += [layers.Dense(7, activation="relu"), layers.Dense(6, activation="tanh")]
    model = Sequential([*body, layers.Dense(3, activation="softmax")], dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def trained(model: Sequential) -> list[np.ndarray]:
    """Losses and weights after steps of two batch sizes, the last ones with another learning rate."""
    rng, loss = np.random.default_rng(1), []
    for n in (5, 3, 5, 2):
        loss.append(model.train_on_batch(rng.standard_normal((n, *model.input_shape[1:])), np.arange(n) % 3))
        if len(loss) == 2:
            model.optimizer.learning_rate = 0.003
    return [np.array(loss), *model.get_weights()]


def names(program: Program) -> list[str]:
    return [op.kernel for op in program.ops]


def program_of(model: Sequential, batch: int = 4) -> Program:
    return execute.build_program(model, model.get_backend(), "train", batch).runner.program


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("backend", FUSING)
def test_training_is_the_same_as_with_kernels_of_their_own(backend, optimizer, monkeypatch):
    model = network(backend, OPTIMIZERS[optimizer]())
    fused = [op for op in program_of(model).ops if op.kernel in FUSED]
    assert [op.params["masked"] for op in fused] == [False, True, True]  # last layer first; tanh is no relu
    assert [op.params["negative_slope"] for op in fused] == [0.0, 0.0, 0.2]
    with_rule = trained(model)
    monkeypatch.setattr(fuse, "KERNEL_RULES", ())
    model = network(backend, OPTIMIZERS[optimizer]())
    assert not set(FUSED) & set(names(program_of(model)))
    for one, other in zip(with_rule, trained(model), strict=True):
        np.testing.assert_allclose(one, other, rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("backend", FUSING)
def test_a_first_layer_has_no_gradient_of_its_input(backend, monkeypatch):
    def small() -> Sequential:
        body = [layers.Input((9,)), layers.Dense(4, activation="relu"), layers.Dense(3, activation="softmax")]
        model = Sequential(body, dtype="float64", backend=backend)
        rng = np.random.default_rng(0)
        model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    fused = [op for op in program_of(small()).ops if op.kernel in FUSED]
    assert [op.args["dx"] is None for op in fused] == [False, True]
    with_rule = trained(small())
    monkeypatch.setattr(fuse, "KERNEL_RULES", ())
    for one, other in zip(with_rule, trained(small()), strict=True):
        np.testing.assert_allclose(one, other, rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("backend", FUSING)
def test_memory_holds_no_gradient_of_the_weights_and_one_place_for_x_and_dx(backend, monkeypatch):
    def large() -> Sequential:
        body = [layers.Input((16, 16, 2)), layers.Conv2D(8, 3, activation="relu"), layers.Flatten()]
        model = Sequential([*body, layers.Dense(256), layers.Dense(1, activation="sigmoid")], backend=backend)
        model.compile("adam", "binary_crossentropy")
        return model

    weights, x = 14 * 14 * 8 * 256 * 4, 8 * 14 * 14 * 8 * 4
    runner = execute.build_program(large(), backends.load(backend), "train", 8).runner
    assert weights not in [t.nbytes for t in runner.program.tensors()]
    op = next(op for op in runner.program.ops if op.kernel in FUSED and op.args["x"].nbytes == x)
    assert runner.memory.offsets[id(op.args["dx"].root)] == runner.memory.offsets[id(op.args["x"].root)]
    monkeypatch.setattr(fuse, "KERNEL_RULES", ())
    apart = execute.build_program(large(), backends.load(backend), "train", 8).runner
    assert runner.memory.nbytes < apart.memory.nbytes - weights


class Layer:
    """Backward ops of a dense layer x (4, 6) @ w (6, 3) behind a relu, in the order in which training makes them."""

    def __init__(self, between: str = ""):
        self.builder = builder = Builder(4, "float64", training=True)
        self.x, self.dy = builder.input("x", (6,)), builder.input("dy", (3,))
        self.w = builder.variable(Variable(np.ones((6, 3)), "w"))
        self.dw, self.dx, self.masked = (builder.tensor(s) for s in ((6, 3), (4, 6), (4, 6)))
        hyper = builder.constant(np.array([0.1, 0.0]), "hyper")
        self.inputs = builder.emit("dense_backward_input", dy=self.dy, w=self.w, dx=self.dx)
        if between == "reads dx":
            self.relu = self.mask()
        builder.emit("dense_backward_weights", x=self.x, dy=self.dy, dw=self.dw)
        gradient = self.dw
        if between == "clips dw":
            gradient = builder.tensor((6, 3), like=self.w)
            builder.emit("scale_forward", x=self.dw, y=gradient, scale=0.5, offset=0.0)
        builder.emit("sgd_update", w=self.w, dw=gradient, hyper=hyper)
        if between != "reads dx":
            self.relu = self.mask()
        builder.program.outputs["dx"] = self.masked

    def mask(self) -> Op:
        params = {"negative_slope": 0.0, "max_value": np.inf, "threshold": 0.0}
        return self.builder.emit("relu_backward", y=self.x, dy=self.dx, dx=self.masked, **params)

    def rewritten(self, backend: object = None) -> list[str]:
        fuse_dense.update_into_gradients(self.builder.program, backend or Offering())
        return names(self.builder.program)


def read_again(layer: Layer, tensor: Tensor) -> None:
    y = layer.builder.tensor(tensor.shape, like=tensor)
    layer.builder.emit("scale_forward", x=tensor, y=y, scale=2.0, offset=0.0)


def test_gradients_mask_and_update_become_one_op():
    layer = Layer()
    assert layer.rewritten() == ["dense_backward_sgd"]
    op = layer.builder.program.ops[0]
    assert op.args["dx"] is layer.masked
    assert op.params == {"masked": True, "negative_slope": 0.0}


def test_a_mask_of_another_shape_is_the_same_memory():
    layer = Layer()
    layer.relu.args["y"] = layer.builder.view(layer.x, (4, 3, 2))
    layer.relu.args["dy"] = layer.builder.view(layer.dx, (4, 3, 2))
    layer.relu.args["dx"] = layer.builder.program.outputs["dx"] = made = layer.builder.tensor((4, 3, 2))
    assert layer.rewritten() == ["dense_backward_sgd"]
    dx = layer.builder.program.ops[0].args["dx"]
    assert dx.root is made
    assert dx.shape == (4, 6)


def test_a_gradient_of_weights_that_another_op_reads_stays():
    for change in (
        lambda layer: read_again(layer, layer.dw),
        lambda layer: layer.builder.program.outputs.update(dw=layer.dw),
    ):
        layer = Layer()
        change(layer)
        before = names(layer.builder.program)
        assert layer.rewritten() == before
    layer = Layer("clips dw")
    before = names(layer.builder.program)
    assert layer.rewritten() == before


def test_shared_weights_stay():
    layer = Layer()
    again, total = (layer.builder.tensor((6, 3), like=layer.w) for _ in range(2))
    ops = layer.builder.program.ops
    layer.builder.emit("dense_backward_weights", x=layer.x, dy=layer.dy, dw=again)
    layer.builder.emit("add_forward", a=layer.dw, b=again, y=total)
    ops[2].args["dw"] = total
    ops[2:] = [ops[4], ops[5], ops[2], ops[3]]
    before = names(layer.builder.program)
    assert layer.rewritten() == before


def test_an_input_gradient_that_is_read_before_the_update_stays():
    layer = Layer("reads dx")
    assert layer.rewritten() == ["dense_backward_input", "relu_backward", "dense_backward_sgd"]
    assert layer.builder.program.ops[2].args["dx"] is None


@pytest.mark.parametrize("change", ["read again", "another relu", "limited", "threshold", "an output"])
def test_the_mask_stays_where_it_is_not_the_only_reader_or_no_plain_relu_of_x(change):
    layer = Layer()
    if change == "read again":
        read_again(layer, layer.dx)
    elif change == "another relu":
        layer.relu.args["y"] = layer.builder.tensor((4, 6))
    elif change == "an output":
        layer.builder.program.outputs["unmasked"] = layer.dx
    else:
        layer.relu.params |= {"limited": {"max_value": 6.0}, "threshold": {"threshold": 0.5}}[change]
    assert layer.rewritten()[:2] == ["dense_backward_sgd", "relu_backward"]
    op = layer.builder.program.ops[0]
    assert op.args["dx"] is layer.dx
    assert not op.params["masked"]


def test_what_the_backend_does_not_take_stays():
    assert Layer().rewritten(Offering(lambda shapes, masked, **_: not masked)) == [
        "dense_backward_sgd",
        "relu_backward",
    ]
    assert Layer().rewritten(Offering(lambda shapes, **_: "dx" not in shapes))[:2] == [
        "dense_backward_input",
        "dense_backward_sgd",
    ]
    layer = Layer()
    before = names(layer.builder.program)
    assert layer.rewritten(Offering(lambda shapes, **_: False)) == before
