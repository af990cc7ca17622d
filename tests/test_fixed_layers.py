"""Layers that are called with training=False inside a model that trains: nothing moves, but gradients flow."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, layers
from fastcnn.optimizers import SGD


def network() -> tuple[Model, Sequential]:
    body = Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(3, 3, activation="tanh"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Dropout(0.5),
        ],
        dtype="float64",
    )
    rng = np.random.default_rng(1)
    body.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in body.weights])
    x = layers.Input((8, 8, 2), dtype="float64")
    return Model(x, layers.Dense(2)(layers.Flatten()(body(x, training=False)))), body


@pytest.mark.parametrize("trainable", [True, False])
def test_gradients_are_those_of_the_prediction(trainable):
    model, body = network()
    body.trainable = trainable
    model.compile(SGD(1.0), "mse")
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((5, 8, 8, 2)), rng.standard_normal((5, 2))
    before = model.get_weights()
    loss = model.evaluate(x, y, verbose=0)
    assert model.train_on_batch(x, y) == pytest.approx(loss, rel=1e-9), "no dropout, no statistics of the batch"
    after = model.get_weights()
    step = [a - b for a, b in zip(after, before, strict=True)]
    moved = {weight.name.split("/")[-1]: np.any(d) for weight, d in zip(body.weights, step, strict=False)}
    assert moved == {n: trainable and "moving" not in n for n in moved}
    for weight, change in zip(model.weights, step, strict=True):
        if not weight.trainable or not np.any(change):
            continue
        direction, small = rng.standard_normal(change.shape), 1e-5
        losses = []
        for sign in (1, -1):
            model.set_weights(before)
            weight.assign(weight.numpy() + sign * small * direction)
            losses.append(model.evaluate(x, y, verbose=0))
        slope = (losses[0] - losses[1]) / (2 * small)
        assert slope == pytest.approx(-np.sum(change * direction), rel=1e-5), weight.name
    model.set_weights(after)
