"""Datasets that can be gone through again: where each epoch begins."""

import warnings

import numpy as np
import pytest

from fastcnn import Sequential, layers


@pytest.mark.parametrize(
    ("batches", "options", "seen"),
    [
        (4, {"validation_steps": 3}, [0, 4, 8] * 3),  # the same ones after each epoch
        (4, {"validation_steps": 4}, [0, 4, 8, 12] * 3),
        (4, {}, [0, 4, 8, 12] * 3),
    ],
)
def test_validation_begins_at_the_first_batch_each_time(batches, options, seen):
    x = np.arange(4.0 * batches).reshape(-1, 1)
    data = Noting(x)
    model = Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(x, x, epochs=3, verbose=0, validation_data=data, **options)
    assert data.seen == seen


def test_training_goes_on_from_the_first_batch_when_an_epoch_ended_with_the_last():
    x = np.arange(16.0).reshape(-1, 1)
    data = Noting(x)
    model = Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = model.fit(data, epochs=5, steps_per_epoch=2, verbose=0)
    assert len(history.history["loss"]) == 5
    assert data.seen == [0, 4, 8, 12, 0, 4, 8, 12, 0, 4]


class Noting:
    """Batches of 4 that can be gone through again; notes the first value of each."""

    def __init__(self, x):
        self.x, self.seen = x, []

    def __iter__(self):
        for start in range(0, len(self.x), 4):
            self.seen.append(self.x[start, 0])
            yield self.x[start : start + 4], self.x[start : start + 4]
