"""Datasets: what scripts do with tf.data, over and over again."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.data.dataset import Dataset


def numbers(count: int = 10) -> Dataset:
    return Dataset.from_tensor_slices(np.arange(count))


def listed(dataset: Dataset) -> list:
    return [element.tolist() for element in dataset]


def test_slices_of_arrays_are_samples_with_numpy():
    x, y = np.arange(6.0).reshape(3, 2), np.array([1, 0, 1])
    found = list(Dataset.from_tensor_slices((x, y)))
    assert [(a.numpy().tolist(), int(b.numpy())) for a, b in found] == [([0, 1], 1), ([2, 3], 0), ([4, 5], 1)]
    with pytest.raises(ValueError, match=r"of one length. Received: \[3, 2\]"):
        Dataset.from_tensor_slices((x, y[:2]))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda d: d.batch(4), [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]),
        (lambda d: d.batch(4, drop_remainder=True), [[0, 1, 2, 3], [4, 5, 6, 7]]),
        (lambda d: d.batch(4).unbatch(), list(range(10))),
        (lambda d: d.map(lambda v: v * 2, num_parallel_calls=-1), list(range(0, 20, 2))),
        (lambda d: d.filter(lambda v: v % 2 == 0), [0, 2, 4, 6, 8]),
        (lambda d: d.take(3), [0, 1, 2]),
        (lambda d: d.take(-1), list(range(10))),
        (lambda d: d.skip(8), [8, 9]),
        (lambda d: d.skip(8).repeat(2), [8, 9, 8, 9]),
        (lambda d: d.repeat().take(12), [*range(10), 0, 1]),
        (lambda d: d.take(2).concatenate(d.skip(9)), [0, 1, 9]),
        (lambda d: d.cache().prefetch(-1), list(range(10))),
    ],
)
def test_methods_give_what_tf_data_gives(made, expected):
    dataset = made(numbers())
    assert listed(dataset) == expected
    assert listed(dataset) == expected  # again from the start
    assert dataset.cardinality() in (len(expected), -2)


def test_lengths_are_known_where_they_can_be():
    assert len(numbers().batch(3)) == 4
    assert len(numbers().batch(3, drop_remainder=True).take(2)) == 2
    for endless in (numbers().repeat(), numbers().filter(bool), numbers().batch(2).unbatch()):
        with pytest.raises(TypeError, match="length of this dataset is not known"):
            len(endless)


def test_shuffle_has_another_order_each_time_and_the_same_with_the_same_seed():
    first, second = numbers(50).shuffle(50, seed=3), numbers(50).shuffle(50, seed=3)
    orders = [listed(first) for _ in range(2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == list(range(50))
    assert orders == [listed(second) for _ in range(2)]
    fixed = numbers(50).shuffle(50, seed=3, reshuffle_each_iteration=False)
    assert listed(fixed) == listed(fixed) == orders[0]
    near = listed(numbers(50).shuffle(5, seed=1))
    assert all(near.index(v) >= v - 5 for v in range(50))  # nothing comes earlier than the buffer can hold


def test_cache_computes_once():
    calls = []
    dataset = numbers(3).map(lambda v: calls.append(1) or v).cache()
    assert listed(dataset) == listed(dataset) == [0, 1, 2]
    assert len(calls) == 3
    with pytest.raises(ValueError, match="kept in memory only"):
        dataset.cache("file")


def test_map_of_pairs_gets_both_and_enumerate_counts():
    pairs = Dataset.from_tensor_slices((np.arange(3), np.arange(3) * 10))
    assert [int(v) for v in pairs.map(lambda x, y: x + y)] == [0, 11, 22]
    assert [int(number) for number, _ in pairs.enumerate(5)] == [5, 6, 7]


def test_model_trains_evaluates_and_predicts_on_a_dataset():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 6)).astype("f4"), rng.integers(0, 2, 40)
    dataset = Dataset.from_tensor_slices((x, y)).batch(16)
    model = Sequential([layers.Input((6,)), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(dataset.shuffle(10), epochs=3, validation_data=dataset, verbose=0)
    assert len(history.history["val_loss"]) == 3
    np.testing.assert_allclose(model.evaluate(dataset, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(model.predict(dataset, verbose=0), model.predict(x, verbose=0), rtol=1e-6)
