"""Batch normalisation's rules fire where they hold, only there, and change neither results nor gradients."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers
from fastcnn.engine import fuse_normalization
from fastcnn.engine.program import Builder
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.engine.test_fuse import Offering, forward, kernels
from tests.helpers import BACKENDS

LIMIT = 1e-9  # float64, three steps of training a network of eight layers: rounding only
STEP = 1e-6
FUSING = Offering("batchnorm_fused_normalize", "batchnorm_fused_backward")
NORMALIZING = [name for name in BACKENDS if backends.load(name).offers("batchnorm_fused_backward")]
BODIES = {
    "relu": [layers.Conv2D, layers.BatchNormalization, layers.ReLU],
    "relu, pooling": [layers.Conv2D, layers.BatchNormalization, layers.ReLU, layers.MaxPooling2D],
    "leaky": [layers.Conv2D, layers.BatchNormalization, layers.LeakyReLU],
    "pooling": [layers.Conv2D, layers.BatchNormalization, layers.MaxPooling2D],
    "after relu": [layers.Conv2D, layers.ReLU, layers.BatchNormalization],
    "after relu, pooling": [layers.Conv2D, layers.ReLU, layers.BatchNormalization, layers.MaxPooling2D],
    "frozen": [layers.Conv2D, lambda: layers.BatchNormalization(trainable=False), layers.ReLU],
}


def network(body: str, backend: str = "numpy") -> Sequential:
    made = [kind(5, 3) if kind is layers.Conv2D else kind() for kind in BODIES[body]]
    ending = [layers.Flatten(), layers.Dense(6), layers.BatchNormalization(), layers.ReLU(), layers.Dense(3)]
    model = Sequential([layers.Input((9, 8, 2)), *made, *ending], dtype="float64", backend=backend)
    rng = np.random.default_rng(5)
    values = [rng.standard_normal(w.shape) * 0.5 for w in model.get_weights()]
    names = [w.name for w in model.weights]
    model.set_weights([np.abs(v) + 0.5 if "variance" in n else v for n, v in zip(names, values, strict=True)])
    model.compile("sgd", "mean_squared_error")
    return model


def names(model: Sequential, mode: str = "train") -> list[str]:
    backend = model.get_backend()
    return [op.kernel for op in execute.build_program(model, backend, mode, 4).runner.program.ops]


def batch(rng) -> tuple[np.ndarray, np.ndarray]:
    return rng.standard_normal((4, 9, 8, 2)), rng.standard_normal((4, 3))


def trained(body: str, backend: str) -> list[np.ndarray]:
    """Losses, weights and moving averages after three steps, and predictions."""
    model, rng = network(body, backend), np.random.default_rng(1)
    losses = [model.train_on_batch(*batch(rng)) for _ in range(3)]
    return [np.array(losses), *model.get_weights(), model.predict_on_batch(batch(rng)[0])]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("backend", NORMALIZING)
def test_training_and_prediction_are_those_of_the_single_kernels(backend, body):
    fused = trained(body, backend)
    with config.using(fuse=False):
        for got, want in zip(fused, trained(body, backend), strict=True):
            np.testing.assert_allclose(got, want, rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("body", [body for body in BODIES if body != "frozen"])
@pytest.mark.parametrize("backend", NORMALIZING)
def test_a_step_goes_down_the_gradient(backend, body):
    """SGD's move against directional derivatives of the loss, whose statistics move too."""
    model, (x, y) = network(body, backend), batch(np.random.default_rng(2))
    model.optimizer.learning_rate = 1.0
    before = [w.numpy().copy() for w in model.weights]
    model.train_on_batch(x, y)
    moves = [old - w.numpy() for old, w in zip(before, model.weights, strict=True)]
    model.optimizer.learning_rate = 0.0
    direction = [np.random.default_rng(3).standard_normal(w.shape) * w.trainable for w in model.weights]
    ends = []
    for sign in (1, -1):
        model.set_weights([w + sign * STEP * d for w, d in zip(before, direction, strict=True)])
        ends.append(model.train_on_batch(x, y))
    slope = sum((m * d).sum() for m, d in zip(moves, direction, strict=True))
    assert slope == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-6)


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        ("relu", {"relu_forward", "relu_backward", "batchnorm_backward"}),
        ("relu, pooling", {"relu_forward", "relu_backward", "maxpool2d_forward", "maxpool2d_backward"}),
        ("pooling", {"maxpool2d_forward", "maxpool2d_backward"}),
        ("after relu", {"relu_forward", "relu_backward"}),
    ],
)
@pytest.mark.parametrize("backend", NORMALIZING)
def test_what_surrounds_a_normalization_takes_no_pass_of_its_own(backend, body, gone):
    found = names(network(body, backend))
    assert not gone & set(found)
    assert found.count("batchnorm_fused_backward") == 2
    with config.using(fuse=False):
        assert gone <= set(names(network(body, backend)))


FOLDING = {
    "convolution without bias": [layers.Conv2D(5, 3, use_bias=False), layers.BatchNormalization()],
    "convolution": [layers.Conv2D(5, 3), layers.BatchNormalization(scale=False, center=False), layers.MaxPooling2D()],
    "depthwise": [layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False), layers.BatchNormalization()],
    "groups": [layers.Conv2D(6, 3, groups=2), layers.BatchNormalization()],
    "dense": [layers.Dense(4, use_bias=False), layers.BatchNormalization(), layers.ReLU()],
}


def folding(body: str, backend: str) -> Sequential:
    copies = [type(layer).from_config(layer.get_config()) for layer in FOLDING[body]]
    model = Sequential([layers.Input((9, 8, 2)), *copies], dtype="float64", backend=backend)
    rng = np.random.default_rng(7)
    model.set_weights([rng.random(w.shape) + 0.2 for w in model.get_weights()])
    model.compile("sgd", "mean_squared_error")
    return model


@pytest.mark.parametrize("mode", ["test", "predict"])
@pytest.mark.parametrize("body", FOLDING)
@pytest.mark.parametrize("backend", BACKENDS)
def test_prediction_normalizes_by_its_weights(backend, body, mode):
    model = folding(body, backend)
    assert not {name for name in names(model, mode) if "batchnorm" in name}


@pytest.mark.parametrize("body", FOLDING)
@pytest.mark.parametrize("backend", BACKENDS)
def test_predictions_with_folded_weights_are_the_normalized_ones_after_training_too(backend, body):
    model, (x, _) = folding(body, backend), batch(np.random.default_rng(2))
    for _ in range(2):
        folded = model.predict_on_batch(x)
        with config.using(fuse=False):
            np.testing.assert_allclose(folded, model.predict_on_batch(x), rtol=LIMIT, atol=LIMIT)
        model.train_on_batch(x, np.zeros_like(folded))


@pytest.mark.parametrize(
    "first",
    [
        [layers.Conv2D(3, 3, activation="relu")],
        [layers.AveragePooling2D()],
        [layers.Dense(3), layers.Flatten()],  # the channels of the normalisation are not the product's outputs
    ],
)
def test_normalization_of_anything_but_a_product_stays(first):
    model = Sequential([layers.Input((9, 8, 2)), *first, layers.BatchNormalization()], backend="numpy")
    assert "batchnorm_normalize" in names(model, "predict")


def test_product_that_is_read_elsewhere_is_not_folded():
    model = Sequential([layers.Input((9, 8, 2)), layers.Dense(3), layers.BatchNormalization()])
    builder = Builder(2)
    y = model.lower(builder, builder.input("x", (9, 8, 2)))
    builder.program.outputs |= {"y": y, "sum": builder.program.ops[1].args["y"]}
    before = kernels(builder)
    fuse_normalization.fold_into_product(builder.program, FUSING)
    assert kernels(builder) == before


def test_weights_are_not_folded_where_a_gradient_follows():
    model = network("frozen")
    assert "batchnorm_fold" not in names(model)
    assert "batchnorm_normalize" in names(model)


def fused(builder, *rules) -> list[str]:
    for rule in rules or fuse_normalization.RULES:
        rule(builder.program, FUSING)
    return kernels(builder)


def test_output_that_is_read_elsewhere_is_written():
    builder, y = forward(layers.BatchNormalization())
    builder.layer = "relu"
    layers.ReLU().lower(builder, y)
    assert fused(builder)[-1] == "relu_forward"


def test_output_that_two_ops_read_is_written():
    builder, _ = forward(layers.BatchNormalization(), layers.ReLU())
    layers.Rescaling(2.0).lower(builder, builder.program.ops[-1].args["x"])
    assert "relu_forward" in fused(builder)


@pytest.mark.parametrize(
    "after",
    [layers.ReLU(max_value=6.0), layers.ReLU(threshold=0.5), layers.ELU(), layers.MaxPooling2D(3, strides=2)],
)
def test_what_the_kernel_cannot_do_stays_an_op(after):
    builder, _ = forward(layers.BatchNormalization(), after)
    before = kernels(builder)
    assert fused(builder) == before


def test_rules_leave_a_backend_without_the_kernels_alone():
    builder, _ = forward(layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D(2))
    before = kernels(builder)
    for rule in fuse_normalization.RULES:
        rule(builder.program, Offering())
    assert kernels(builder) == before


def test_normalization_of_rows_is_fused_as_images_of_one_row():
    builder, _ = forward(layers.Dense(3), layers.BatchNormalization(), layers.ReLU(), shape=(6,))
    assert fused(builder)[-1] == "batchnorm_fused_normalize"
    op = builder.program.ops[-1]
    assert op.args["x"].shape == op.args["y"].shape == (2, 1, 1, 3)
    assert op.args["y"].root is builder.program.outputs["y"].root
