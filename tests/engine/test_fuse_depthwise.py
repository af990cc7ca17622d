"""Rules of depthwise convolutions fire where they hold, only there, and change no result."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.engine import fuse_convolution, fuse_depthwise
from fastcnn.engine.program import Builder
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.helpers import BACKENDS

LIMIT = 1e-12  # float64, two layers: rounding only


class Offering:
    """A backend that offers the depthwise kernels up to a number of channels: rules only ask."""

    def __init__(self, channels: int):
        self.channels = channels

    def offers(self, kernel: str, shapes: dict, **params: object) -> bool:
        return kernel.startswith("depthwise") and shapes["x"][3] <= self.channels


def kernels(*added: layers.Layer, shape=(8, 8, 4), offered: int = 64, read: int | None = None) -> list[str]:
    """Kernels of a network after the rules; the output of op number `read` is wanted outside."""
    model = Sequential([layers.Input(shape), *added], dtype="float64")
    builder = Builder(2, "float64")
    builder.program.outputs["y"] = model.lower(builder, builder.input("x", shape))
    if read is not None:
        builder.program.outputs["read"] = builder.program.ops[read].args["y"]
    for rule in (*fuse_depthwise.RULES, *fuse_convolution.RULES):
        rule(builder.program, Offering(offered))
    return [op.kernel for op in builder.program.ops]


@pytest.mark.parametrize("filters", [4, 8])
def test_a_group_a_channel_with_bias_and_relu_becomes_one_kernel(filters):
    assert kernels(layers.Conv2D(filters, 3, groups=4, activation="relu")) == ["depthwise_conv2d_forward"]


@pytest.mark.parametrize(
    ("layer", "shape", "offered"),
    [
        (layers.Conv2D(4, 3), (8, 8, 1), 64),
        (layers.Conv2D(4, 3, groups=4), (8, 8, 4), 3),
    ],
)
def test_other_convolutions_are_left_alone(layer, shape, offered):
    assert kernels(layer, shape=shape, offered=offered) == ["conv2d_forward", "bias_forward"]


def test_what_others_read_is_still_written():
    added = layers.Conv2D(4, 3, groups=4, activation="relu")
    assert kernels(added, read=0) == ["depthwise_conv2d_forward", "bias_forward", "relu_forward"]
    assert kernels(added, read=1) == ["depthwise_conv2d_forward", "relu_forward"]


def test_relu_with_a_maximum_stays_on_its_own():
    assert kernels(layers.Conv2D(4, 3, groups=4, activation="relu6"))[1:] == ["relu_forward"]


def trained(backend: str) -> list[np.ndarray]:
    body = [layers.Input((9, 8, 6)), layers.Conv2D(6, 3, 2, padding="same", groups=6, activation="leaky_relu")]
    body += [layers.Conv2D(12, 2, groups=6, use_bias=False), layers.Flatten(), layers.Dense(3)]
    model = Sequential(body, dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
    model.compile("sgd", "mse")
    for _ in range(3):
        model.train_on_batch(rng.standard_normal((4, 9, 8, 6)), rng.standard_normal((4, 3)))
    return model.get_weights()


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_gives_the_same_with_and_without_the_rules(backend, monkeypatch):
    fused = trained(backend)
    monkeypatch.setattr("fastcnn.config.fuse", False)
    for with_rules, without in zip(fused, trained(backend), strict=True):
        np.testing.assert_allclose(with_rules, without, rtol=LIMIT, atol=LIMIT)


@pytest.mark.parametrize("backend", [name for name in BACKENDS if backends.load(name).offers(fuse_depthwise.FORWARD)])
def test_both_gradients_become_depthwise_too(backend):
    body = [layers.Input((9, 8, 6)), layers.Conv2D(6, 3, groups=6), layers.Conv2D(6, 3, groups=6), layers.Flatten()]
    model = Sequential([*body, layers.Dense(1)], backend=backend)
    model.compile("sgd", "mse")
    program = execute.build_program(model, backends.load(backend), "train", 4).runner.program
    names = [op.kernel for op in program.ops]
    assert not any(name.startswith("conv2d") for name in names)
    assert names.count("depthwise_conv2d_backward_weights") == 2
