"""pad_sequences, with the values that Keras 3.15.1 gives."""

import numpy as np
import pytest

from fastcnn.utils import pad_sequences

ROWS = [[1], [2, 3], [4, 5, 6]]


@pytest.mark.covers("utils.pad_sequences")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[0, 0, 1], [0, 2, 3], [4, 5, 6]]),
        ({"value": -1}, [[-1, -1, 1], [-1, 2, 3], [4, 5, 6]]),
        ({"padding": "post"}, [[1, 0, 0], [2, 3, 0], [4, 5, 6]]),
        ({"maxlen": 2}, [[0, 1], [2, 3], [5, 6]]),
        ({"maxlen": 2, "truncating": "post"}, [[0, 1], [2, 3], [4, 5]]),
        ({"maxlen": 4, "padding": "post"}, [[1, 0, 0, 0], [2, 3, 0, 0], [4, 5, 6, 0]]),
    ],
)
def test_rows_are_cut_and_filled(options, expected):
    found = pad_sequences(ROWS, **options)
    assert found.tolist() == expected
    assert found.dtype == np.int32


def test_samples_may_have_axes():
    found = pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], dtype="float32")
    assert found.tolist() == [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]
    with pytest.raises(ValueError, match="do not fit together"):
        pad_sequences([[[1, 2]], [[3, 4, 5]]])
    with pytest.raises(ValueError, match='padding must be "pre" or "post"'):
        pad_sequences(ROWS, padding="left")
