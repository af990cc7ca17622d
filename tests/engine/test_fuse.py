"""Each rewrite rule fires where it holds, only there, and changes no result."""

import math

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, losses
from fastcnn.engine import fuse
from fastcnn.engine.program import Builder, Op
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.helpers import BACKENDS

NUMPY = backends.load("numpy")
LIMIT = 1e-12  # float64, networks of three layers: rounding only


class Offering:
    """A backend that offers the fused kernels, whether or not one is installed: rules only look."""

    def __init__(self, *kernels: str):
        self.kernels = kernels

    def offers(self, kernel: str, shapes: dict | None = None, **params: object) -> bool:
        return kernel in self.kernels


FUSING = Offering("conv2d_fused_forward", "dense_fused_forward")


def forward(*added: layers.Layer, shape=(8, 8, 2)) -> tuple[Builder, object]:
    model = Sequential([layers.Input(shape), *added], dtype="float64")
    builder = Builder(2, "float64", training=True)
    y = model.lower(builder, builder.input("x", shape))
    builder.program.outputs["y"] = y
    return builder, y


def kernels(builder: Builder) -> list[str]:
    return [op.kernel for op in builder.program.ops]


def with_loss(loss: losses.Loss, *added: layers.Layer, shape=(6,)) -> tuple[Builder, Op]:
    builder, y = forward(*added, shape=shape)
    return builder, loss.lower(builder, y, builder.input("targets", y.shape[1:]))


@pytest.mark.parametrize(
    ("activation", "loss", "fused"),
    [
        ("softmax", losses.CategoricalCrossentropy(), "softmax_crossentropy_forward"),
        ("softmax", losses.SparseCategoricalCrossentropy(), "softmax_crossentropy_forward"),
        ("sigmoid", losses.BinaryCrossentropy(), "sigmoid_crossentropy_forward"),
    ],
)
def test_activation_and_its_crossentropy_become_one_kernel(activation, loss, fused):
    builder, op = with_loss(loss, layers.Dense(3, activation=activation))
    found = fuse.fuse_loss(builder.program, op)
    assert kernels(builder) == ["dense_forward", "bias_forward", fused]
    assert found.args["probs"].root is builder.program.outputs["y"].root


@pytest.mark.parametrize(
    ("loss", "added"),
    [
        (losses.BinaryCrossentropy(), [layers.Dense(2, activation="softmax")]),
        (losses.CategoricalCrossentropy(), [layers.Dense(3, activation="sigmoid")]),
        (losses.CategoricalCrossentropy(), [layers.Dense(3, activation="softmax"), layers.Rescaling(0.5)]),
        (losses.CategoricalCrossentropy(from_logits=True), [layers.Dense(3)]),
        (losses.MeanSquaredError(), [layers.Dense(3, activation="sigmoid")]),
    ],
)
def test_other_pairs_of_activation_and_loss_are_left_alone(loss, added):
    builder, op = with_loss(loss, *added)
    before = kernels(builder)
    assert fuse.fuse_loss(builder.program, op) is op
    assert kernels(builder) == before


def test_probabilities_that_another_op_reads_are_left_alone():
    builder, y = forward(layers.Dense(3, activation="softmax"), shape=(6,))
    layers.Rescaling(2.0).lower(builder, y)
    op = losses.CategoricalCrossentropy().lower(builder, y, builder.input("targets", (3,)))
    assert fuse.fuse_loss(builder.program, op) is op


def test_pooling_moves_before_relu():
    builder, y = forward(layers.Conv2D(3, 3), layers.ReLU(), layers.MaxPooling2D(2))
    fuse.pool_before_relu(builder.program, NUMPY)
    assert kernels(builder)[-2:] == ["maxpool2d_forward", "relu_forward"]
    assert builder.program.ops[-1].args["y"] is y


@pytest.mark.parametrize(
    "added",
    [
        [layers.LeakyReLU(0.1), layers.MaxPooling2D(2)],
        [layers.ReLU(), layers.AveragePooling2D(2)],
        [layers.ELU(), layers.MaxPooling2D(2)],
    ],
)
def test_pooling_stays_where_moving_it_would_change_a_gradient(added):
    builder, _ = forward(*added)
    before = kernels(builder)
    fuse.pool_before_relu(builder.program, NUMPY)
    assert kernels(builder) == before


def test_pooling_stays_when_the_relu_is_read_elsewhere():
    builder, _ = forward(layers.ReLU(), layers.MaxPooling2D(2))
    relu = builder.program.ops[0]
    layers.Rescaling(2.0).lower(builder, relu.args["y"])
    before = kernels(builder)
    fuse.pool_before_relu(builder.program, NUMPY)
    assert kernels(builder) == before


@pytest.mark.parametrize(("layer", "shape"), [(layers.Conv2D, (8, 8, 2)), (layers.Dense, (6,))])
@pytest.mark.parametrize(
    ("activation", "left", "slope"),
    [(None, [], None), ("relu", [], 0.0), ("leaky_relu", [], 0.2), ("relu6", ["relu_forward"], None)],
)
def test_bias_and_relu_join_the_product(layer, shape, activation, left, slope):
    size = (3, 3) if layer is layers.Conv2D else (3,)
    builder, y = forward(layer(*size, activation=activation), shape=shape)
    for rule in fuse.KERNEL_RULES:
        rule(builder.program, FUSING)
    product, *others = builder.program.ops
    assert product.kernel == f"{'conv2d' if layer is layers.Conv2D else 'dense'}_fused_forward"
    assert [op.kernel for op in others] == left
    assert product.params["activation"] == ("linear" if slope is None else "relu")
    assert product.params["negative_slope"] == (slope or 0.0)
    assert builder.program.ops[-1].args["y"] is y


def test_nothing_joins_where_the_backend_offers_no_kernel_or_the_sum_is_read_elsewhere():
    builder, _ = forward(layers.Dense(3, activation="relu"), shape=(6,))
    before = kernels(builder)
    for rule in fuse.KERNEL_RULES:
        rule(builder.program, Offering())
    assert kernels(builder) == before
    builder.program.outputs["product"] = builder.program.ops[0].args["y"]
    for rule in fuse.KERNEL_RULES:
        rule(builder.program, FUSING)
    assert kernels(builder) == ["dense_fused_forward", "bias_forward", "relu_forward"]
    assert builder.program.ops[0].params["activation"] == "linear"


def test_relu_with_threshold_stays_on_its_own():
    builder, _ = forward(layers.Dense(3), layers.ReLU(threshold=0.5), shape=(6,))
    for rule in fuse.KERNEL_RULES:
        rule(builder.program, FUSING)
    assert kernels(builder) == ["dense_fused_forward", "relu_forward"]


def network(backend: str) -> Sequential:
    body = [layers.Input((9, 9, 3)), layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(2)]
    body += [layers.Conv2D(4, 2, activation="leaky_relu"), layers.Flatten(), layers.Dense(6, activation="relu")]
    model = Sequential([*body, layers.Dense(3, activation="softmax")], dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def trained(backend: str) -> list[np.ndarray]:
    model, rng = network(backend), np.random.default_rng(1)
    loss = [model.train_on_batch(rng.standard_normal((4, 9, 9, 3)), np.array([0, 1, 2, 1])) for _ in range(3)]
    return [np.array(loss), *model.get_weights()]


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_gives_the_same_with_and_without_rules(backend, monkeypatch):
    with config.using(winograd=False):
        fused = trained(backend)
    monkeypatch.setattr(fuse, "fuse_loss", lambda program, loss: loss)
    with config.using(winograd=False, fuse=False):
        single = trained(backend)
    for with_rules, without in zip(fused, single, strict=True):
        np.testing.assert_allclose(with_rules, without, rtol=LIMIT, atol=LIMIT)


def test_the_rules_do_fire_in_that_network():
    program = execute.build_program(network("numpy"), NUMPY, "train", 4).runner.program
    names = [op.kernel for op in program.ops]
    assert names.index("maxpool2d_forward") < names.index("relu_forward")
    assert "softmax_crossentropy_forward" in names
    assert math.inf in [op.params.get("max_value") for op in program.ops]
