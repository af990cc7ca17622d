"""The gradient of relu and dropout is one pass where that holds, and the same as that of two."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers
from fastcnn.kernels import backends
from fastcnn.training import execute
from tests.helpers import BACKENDS

FUSING = [name for name in BACKENDS if backends.load(name).offers("relu_dropout_backward")]


def network(backend: str, *middle: layers.Layer) -> Sequential:
    body = [layers.Input((8, 7, 2)), layers.Conv2D(6, 3), *middle, layers.Flatten(), layers.Dense(4)]
    model = Sequential(body, dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.4 for w in model.get_weights()])
    model.compile("sgd", "mean_squared_error")
    return model


def names(model: Sequential) -> list[str]:
    return [op.kernel for op in execute.build_program(model, model.get_backend(), "train", 5).runner.program.ops]


@pytest.mark.parametrize("backend", FUSING)
@pytest.mark.parametrize("pooled", [True, False])
def test_relu_and_dropout_share_a_pass_backward_and_change_nothing(backend, pooled):
    middle = [layers.ReLU(), *[layers.MaxPooling2D(2)] * pooled, layers.Dropout(0.4, seed=3)]
    made = []
    for fuse in (True, False):
        with config.using(fuse=fuse):
            model, rng = network(backend, *middle), np.random.default_rng(1)
            assert ("relu_dropout_backward" in names(model)) == fuse
            assert names(model).count("dropout_forward") == (1 if fuse else 2)
            losses = [model.train_on_batch(rng.standard_normal((5, 8, 7, 2)), np.ones((5, 4))) for _ in range(3)]
            made.append([np.array(losses), *model.get_weights()])
    for fused, single in zip(*made, strict=True):
        np.testing.assert_allclose(fused, single, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", FUSING)
@pytest.mark.parametrize(
    "middle",
    [
        [layers.LeakyReLU(0.1), layers.Dropout(0.4, seed=3)],
        [layers.ReLU(max_value=6.0), layers.Dropout(0.4, seed=3)],
        [layers.ReLU(), layers.Dropout(1.0, seed=3)],
        [layers.Activation("sigmoid"), layers.Dropout(0.4, seed=3)],
        [layers.Dropout(0.4, seed=3), layers.ReLU()],
        [layers.ReLU(), layers.Rescaling(-1.0), layers.Dropout(0.4, seed=3)],
    ],
)
def test_other_neighbours_of_dropout_keep_passes_of_their_own(backend, middle):
    assert "relu_dropout_backward" not in names(network(backend, *middle))
