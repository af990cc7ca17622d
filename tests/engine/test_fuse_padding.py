"""Zero padding joins the convolution behind it where that changes nothing, and only there."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, config, layers
from fastcnn.engine import fuse
from fastcnn.engine.program import Builder
from fastcnn.kernels import backends
from tests.helpers import BACKENDS


def kernels(*added: layers.Layer) -> list[str]:
    """The kernels of a training program of these layers, after the rules that come before the gradient."""
    return kernels_of(Sequential([layers.Input((7, 8, 2)), *added]))


def kernels_of(model: Model) -> list[str]:
    builder = Builder(2, "float32", training=True)
    builder.program.outputs["y"] = model.lower(builder, builder.input("x", (7, 8, 2)))
    for rule in fuse.BEFORE_GRADIENT:
        rule(builder.program, backends.load("numpy"))
    return [op.kernel for op in builder.program.ops]


@pytest.mark.parametrize(
    "added",
    [
        [layers.ZeroPadding2D(1), layers.Conv2D(3, 3, use_bias=False)],
        [layers.ZeroPadding2D(((0, 1), (2, 0))), layers.Conv2D(3, 3, padding="same", strides=2, use_bias=False)],
        [layers.ZeroPadding2D(2), layers.Conv2D(3, 2, dilation_rate=2, use_bias=False)],
        [layers.ZeroPadding2D(1), layers.DepthwiseConv2D(3, use_bias=False)],
    ],
)
def test_padding_joins_the_convolution(added):
    assert kernels(*added) == ["conv2d_forward"]


@pytest.mark.parametrize(
    "added",
    [
        [layers.ZeroPadding2D(3), layers.Conv2D(3, 3, use_bias=False)],
        [layers.ZeroPadding2D(2), layers.Conv2D(3, 3, padding="same", use_bias=False)],
        [layers.ZeroPadding2D(((0, 2), (0, 0))), layers.Conv2D(3, 2, use_bias=False)],
    ],
)
def test_padding_stays_where_windows_would_lie_in_it(added):
    assert kernels(*added) == ["pad", "conv2d_forward"]


def test_padding_stays_where_something_else_reads_it():
    x = layers.Input((7, 8, 2))
    padded = layers.ZeroPadding2D(1)(x)
    both = layers.Concatenate()([layers.Conv2D(3, 3, padding="same")(padded), padded])
    assert "pad" in kernels_of(Model(x, both))


@pytest.mark.parametrize("backend", BACKENDS)
def test_network_trains_the_same_with_and_without_the_rule(backend):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 7, 8, 2)), rng.standard_normal((6, 3))
    found = []
    for fused in (True, False):
        model = Sequential(
            [
                layers.Input((7, 8, 2)),
                layers.ZeroPadding2D(((1, 0), (2, 1))),
                layers.Conv2D(4, 3, strides=2, activation="relu"),
                layers.ZeroPadding2D(1),
                layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
                layers.ZeroPadding2D(1),
                layers.Conv2D(3, 3),
                layers.GlobalAveragePooling2D(),
            ],
            dtype="float64",
            backend=backend,
        )
        model.compile("sgd", "mse")
        model.set_weights([np.random.default_rng(1).standard_normal(w.shape) * 0.3 for w in model.get_weights()])
        with config.using(fuse=fused):
            model.fit(x, y, batch_size=3, epochs=3, shuffle=False, verbose=0)
        found.append(model.get_weights())
    for joined, plain in zip(*found, strict=True):
        np.testing.assert_allclose(joined, plain, rtol=1e-9, atol=1e-11)
