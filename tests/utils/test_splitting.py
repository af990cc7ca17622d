"""split_dataset, with the counts that Keras 3.15.1 gives."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.data.dataset import Dataset
from fastcnn.utils import split_dataset

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)


@pytest.mark.covers("utils.split_dataset")
@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"left_size": 0.75}, (8, 2)),
        ({"left_size": 7}, (7, 3)),
        ({"right_size": 0.3}, (7, 3)),
        ({"right_size": 4}, (6, 4)),
        ({"left_size": 0.5, "right_size": 0.2}, (5, 2)),
        ({"left_size": 5, "right_size": 2}, (5, 2)),
    ],
)
def test_sizes(sizes, expected):
    left, right = split_dataset(X, **sizes)
    assert (len(left), len(right)) == expected
    np.testing.assert_array_equal(np.stack(list(left)), X[: expected[0]])
    np.testing.assert_array_equal(np.stack(list(right)), X[10 - expected[1] :])


def test_kinds_of_data():
    for data in ((X, Y), list(zip(X, Y, strict=True)), Dataset.from_tensor_slices((X, Y))):
        left, right = split_dataset(data, left_size=0.8)
        assert [int(y) for _, y in left] == list(range(8))
        assert [int(y) for _, y in right] == [8, 9]
    model = Sequential([layers.Dense(1, input_shape=(2,))])
    model.compile("sgd", "mse")
    history = model.fit(left.batch(4), validation_data=right.batch(2), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2


def test_shuffling_keeps_samples_together_and_follows_the_seed():
    runs = [[int(y) for _, y in split_dataset((X, Y), 0.5, shuffle=True, seed=3)[0]] for _ in range(2)]
    assert runs[0] == runs[1] != list(range(5))
    for x, y in split_dataset((X, Y), 0.5, shuffle=True, seed=3)[1]:
        np.testing.assert_array_equal(x, X[int(y)])


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"left_size": 0},
        {"left_size": 10},
        {"left_size": 1.0},
        {"left_size": -0.1},
        {"left_size": 0.8, "right_size": 0.5},
        {"left_size": 0.01},
    ],
)
def test_sizes_that_leave_nothing_are_refused(sizes):
    with pytest.raises(ValueError, match="split_dataset: "):
        split_dataset(X, **sizes)
