"""When a convolution runs by Winograd's algorithm, and that it gives the same."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers
from fastcnn.engine import algorithms
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.helpers import BACKENDS

WINOGRADS = ["winograd_forward", "winograd_backward_input", "winograd_backward_weights"]
OFFERING = [name for name in BACKENDS if all(backends.load(name).offers(kernel) for kernel in WINOGRADS)]


class Everything:
    """A backend that offers every kernel, or all but some: rules only look."""

    def __init__(self, refused: int = 0):
        self.refused = refused

    def offers(self, kernel: str, shapes: dict | None = None, **params: object) -> bool:
        return params.get("tile") != self.refused


def convolution(filters: int = 64, window: int = 3, shape: tuple = (24, 24, 64), **how: object):
    model = Sequential([layers.Input(shape), layers.Conv2D(filters, window, use_bias=False, **how)])
    builder = execute.Builder(8)
    y = model.lower(builder, builder.input("x", shape))
    builder.program.outputs["y"] = y
    return builder.program


def test_a_wide_convolution_takes_the_larger_tile():
    program = convolution()
    algorithms.choose_winograd(program, Everything())
    assert [(op.kernel, op.params["tile"]) for op in program.ops] == [("winograd_forward", 4)]


def test_the_smaller_tile_serves_where_the_larger_one_is_not_offered():
    program = convolution()
    algorithms.choose_winograd(program, Everything(refused=4))
    assert program.ops[0].params["tile"] == 2


@pytest.mark.parametrize(
    "how", [{"strides": 2}, {"dilation_rate": 2}, {"groups": 2}, {"window": 5}, {"window": (3, 1)}], ids=str
)
def test_other_windows_strides_dilations_and_groups_stay_direct(how):
    program = convolution(**how)
    algorithms.choose_winograd(program, Everything())
    assert [op.kernel for op in program.ops] == ["conv2d_forward"]


def test_few_channels_stay_direct_unless_asked_for():
    program = convolution(shape=(24, 24, 1), filters=4)
    algorithms.choose_winograd(program, Everything())
    assert [op.kernel for op in program.ops] == ["conv2d_forward"]
    algorithms.choose_winograd(program, Everything(), everywhere=True)
    assert [op.kernel for op in program.ops] == ["winograd_forward"]


def network(backend: str) -> Sequential:
    body = [layers.Input((13, 15, 16)), layers.Conv2D(16, 3, padding="same", activation="relu")]
    body += [layers.Conv2D(24, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(16, 3), layers.Flatten()]
    model = Sequential([*body, layers.Dense(3, activation="softmax")], dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.2 for w in model.get_weights()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def trained(backend: str) -> tuple[list[str], list[np.ndarray]]:
    """Kernels of the training program; losses, weights and predictions after three steps."""
    model, rng = network(backend), np.random.default_rng(1)
    x = rng.standard_normal((4, 13, 15, 16))
    losses = [model.train_on_batch(x, np.array([0, 1, 2, 1])) for _ in range(3)]
    program = model.executor.program("train", 4).runner.program
    return [op.kernel for op in program.ops], [np.array(losses), *model.get_weights(), model.predict_on_batch(x)]


@pytest.mark.parametrize("backend", OFFERING)
def test_training_by_winograd_gives_what_direct_sums_give(backend):
    with config.using(winograd=False):
        kernels, direct = trained(backend)
    assert not set(kernels) & set(WINOGRADS)
    with config.using(winograd=True):
        kernels, transformed = trained(backend)
    assert set(kernels) >= set(WINOGRADS)
    for by_tiles, by_sums in zip(transformed, direct, strict=True):
        np.testing.assert_allclose(by_tiles, by_sums, rtol=1e-10, atol=1e-11)
