"""Numbers that an item gets whatever is asked for with it."""

import numpy as np

from fastcnn.random import item_uniforms


def test_the_first_numbers_of_splitmix64_are_the_published_ones():
    from fastcnn import random

    state = np.uint64(1234567)
    steps = np.arange(1, 4, dtype=np.uint64) * random._GOLDEN
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert random._mixed(state + steps).tolist() == expected


def test_an_item_gets_the_same_numbers_alone_and_among_others():
    together = item_uniforms([3, 7], np.array([5, 0, 9, 2]), 6)
    for row, item in zip(together, (5, 0, 9, 2), strict=True):
        np.testing.assert_array_equal(item_uniforms([3, 7], np.array([item]), 6)[0], row)
        np.testing.assert_array_equal(item_uniforms([3, 7], np.array([item]), 3)[0], row[:3])


def test_seeds_epochs_and_items_are_independent_and_uniform():
    u = np.stack([item_uniforms([1, epoch], np.arange(500), 12) for epoch in range(40)])
    assert u.min() >= 0
    assert u.max() < 1
    counts = np.bincount((u.ravel() * 64).astype(int), minlength=64)
    expected = u.size / 64
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert chi2 < 63 + 5 * np.sqrt(2 * 63)  # mean and five standard deviations of chi-squared
    for a, b in ((u[1:], u[:-1]), (u[:, 1:], u[:, :-1]), (u[..., 1:], u[..., :-1])):
        correlation = np.corrcoef(a.ravel(), b.ravel())[0, 1]
        assert abs(correlation) < 5 / np.sqrt(a.size)
    assert len(np.unique(u)) == u.size
