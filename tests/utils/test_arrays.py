"""to_categorical, normalize, set_random_seed and PyDataset."""

import random

import numpy as np
import pytest

from fastcnn import utils
from fastcnn.random import generator


@pytest.mark.covers("utils.to_categorical")
@pytest.mark.parametrize("shape", [(4,), (4, 1), (2, 2), (2, 2, 1)])
def test_to_categorical_drops_a_last_axis_of_one(shape):
    labels = np.array([0, 2, 1, 2])
    one_hot = utils.to_categorical(labels.reshape(shape))

    assert one_hot.dtype == np.float64
    assert one_hot.shape == (shape[:-1] if shape[-1] == 1 else shape) + (3,)
    np.testing.assert_array_equal(one_hot.reshape(4, 3).argmax(axis=1), labels)
    assert one_hot.sum() == 4


@pytest.mark.covers("utils.to_categorical", "legacy.arguments.nb_classes")
def test_to_categorical_takes_lists_and_a_number_of_classes():
    np.testing.assert_array_equal(utils.to_categorical([1, 0], num_classes=3), [[0, 1, 0], [1, 0, 0]])
    assert utils.to_categorical([], num_classes=3).shape == (0, 3)


@pytest.mark.parametrize(("labels", "wrong"), [([0, 3], 3), ([0, -1], -1)])
def test_to_categorical_refuses_labels_outside_the_classes(labels, wrong):
    with pytest.raises(ValueError, match=rf"must lie in \[0, 3\). Received: {wrong}"):
        utils.to_categorical(labels, num_classes=3)


def test_to_categorical_of_nothing_needs_the_number_of_classes():
    with pytest.raises(ValueError, match="pass num_classes"):
        utils.to_categorical([])


@pytest.mark.covers("utils.normalize")
def test_normalize_gives_unit_norms_and_leaves_zeros():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])

    np.testing.assert_allclose(utils.normalize(x), [[0.6, 0.8], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize(x, axis=0, order=1), [[1.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(utils.normalize([3.0, 4.0]), [0.6, 0.8])


@pytest.mark.covers("utils.set_random_seed")
def test_set_random_seed_repeats_python_numpy_and_the_library():
    def draw():
        utils.set_random_seed(7)
        return random.random(), np.random.rand(), generator().random()

    assert draw() == draw()


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, None])
def test_set_random_seed_refuses_what_numpy_could_not_take(seed):
    with pytest.raises(ValueError, match=f"Received: {seed}"):
        utils.set_random_seed(seed)


class Batches(utils.Sequence):
    """Three batches; does not call super().__init__()."""

    def __init__(self):
        pass

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return index, 10 * index


@pytest.mark.covers("utils.Sequence", "utils.PyDataset")
def test_a_sequence_is_iterated_batch_by_batch():
    batches = Batches()

    assert list(batches) == [(0, 0), (1, 10), (2, 20)]
    assert (batches.num_batches, batches.workers, batches.max_queue_size) == (3, 1, 10)
    assert utils.PyDataset(workers=4).workers == 4


def test_a_sequence_without_its_methods_says_which_are_missing():
    with pytest.raises(NotImplementedError, match=r"must implement __len__\(\)"):
        len(utils.PyDataset())
    with pytest.raises(NotImplementedError, match=r"must implement __getitem__\(index\)"):
        utils.PyDataset()[0]
