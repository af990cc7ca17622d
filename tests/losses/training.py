"""Short trainings that tests of losses compare."""

import numpy as np

from fastcnn import Sequential, layers, ops, optimizers

RNG = np.random.default_rng(0)
X = RNG.standard_normal((10, 5)).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 10)]
NUMBERS = RNG.standard_normal((10, 3)).astype(np.float32)


def mine(y_true, y_pred):
    """A loss as users write it."""
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def trained(loss, y=NUMBERS, activation=None, shape=(5,), x=X, weights=None, units=3, steps=3, dtype="float32"):
    """Losses of a few steps, and the weights after them."""
    model = Sequential([layers.Input(shape), layers.Dense(units, activation=activation)], dtype=dtype)
    model.set_weights([np.linspace(-0.5, 0.5, shape[-1] * units).reshape(shape[-1], units), np.zeros(units)])
    model.compile(optimizers.SGD(0.1), loss)
    values = [model.train_on_batch(x, y, sample_weight=weights) for _ in range(steps)]
    return [np.array(values), *model.get_weights()]


def assert_same(found, expected, rtol=1e-6):
    for left, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(left, right, rtol=rtol, atol=1e-7)
