"""merge() of Keras 1 is the layer of its mode."""

import numpy as np
import pytest

from fastcnn import LegacySpellingWarning, Model, layers
from fastcnn.compat import notes
from fastcnn.layers import merge

pytestmark = [
    pytest.mark.covers("legacy.names.merge"),
    pytest.mark.filterwarnings("ignore::fastcnn.LegacySpellingWarning"),
]
MODES = [
    ({}, lambda a, b: a + b),
    ({"mode": "mul"}, lambda a, b: a * b),
    ({"mode": "ave"}, lambda a, b: (a + b) / 2),
    ({"mode": "max"}, np.maximum),
    ({"mode": "concat", "concat_axis": 1}, lambda a, b: np.concatenate([a, b], 1)),
    ({"mode": "dot", "dot_axes": 2}, lambda a, b: a @ b.swapaxes(1, 2)),
]


@pytest.mark.parametrize(("arguments", "expected"), MODES)
def test_merge_is_the_layer_of_its_mode(arguments, expected):
    x = layers.Input((3, 4))
    branches = layers.Permute((1, 2))(x), layers.Rescaling(-2.0)(x)
    values = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(np.float32)
    found = Model(x, merge(list(branches), **arguments)).predict(values, verbose=0)
    np.testing.assert_allclose(found, expected(values, -2 * values), rtol=1e-5, atol=1e-6)


def test_merge_names_its_layer_and_shows_the_present_spelling(monkeypatch):
    monkeypatch.setattr(notes, "_noted", set())
    x = layers.Input((4,))
    with pytest.warns(LegacySpellingWarning, match=r"now spelled layers\.Concatenate\(axis=-1\)\(inputs\)"):
        found = merge([x, x], mode="concat", name="joined")
    assert Model(x, found).get_layer("joined").output_shape == (None, 8)


@pytest.mark.parametrize("mode", ["cos", lambda xs: xs[0]])
def test_other_modes_are_refused(mode):
    with pytest.raises(ValueError, match=r"mode must be one of sum, .* layers\.Lambda"):
        merge([layers.Input((4,))], mode=mode)
