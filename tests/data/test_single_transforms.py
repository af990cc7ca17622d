"""random_rotation and its like."""

import numpy as np
import pytest

from fastcnn.preprocessing import image
from tests.data.photos import pixels

pytestmark = pytest.mark.covers(
    "preprocessing.image.random_rotation",
    "preprocessing.image.random_shift",
    "preprocessing.image.random_shear",
    "preprocessing.image.random_zoom",
    "preprocessing.image.random_channel_shift",
    "preprocessing.image.random_brightness",
)

X = pixels(1).astype(np.float32)
AXES = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
CALLS = {
    "random_rotation": ((40,), AXES),
    "random_shift": ((0.2, 0.3), AXES),
    "random_shear": ((25,), AXES),
    "random_zoom": (((0.5, 1.5),), AXES),
    "random_channel_shift": ((30.0,), {"channel_axis": 2}),
    "random_brightness": (((0.2, 0.8),), {}),
}


@pytest.mark.parametrize("name", CALLS)
def test_random_functions_are_seeded_and_change_the_photo(name):
    args, options = CALLS[name]

    def changed(seed):
        return getattr(image, name)(X, *args, **options, rng=np.random.default_rng(seed))

    assert changed(1).shape == X.shape
    np.testing.assert_array_equal(changed(1), changed(1))
    assert not np.array_equal(changed(1), changed(2))
    assert not np.array_equal(changed(1), X)


@pytest.mark.parametrize("name", CALLS)
def test_without_a_generator_numpys_global_seed_decides(name):
    args, options = CALLS[name]
    np.random.seed(3)
    first = getattr(image, name)(X, *args, **options)
    np.random.seed(3)
    np.testing.assert_array_equal(first, getattr(image, name)(X, *args, **options))


def test_the_default_axes_are_channels_first():
    expected = image.apply_affine_transform(X, theta=30, **AXES)
    first = image.apply_affine_transform(X.transpose(2, 0, 1), theta=30)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), expected)


@pytest.mark.covers("preprocessing.image.apply_affine_transform")
def test_affine_transform_keeps_the_type_and_rounds_integers():
    shifted = image.apply_affine_transform(pixels(1), tx=0.5, **AXES)
    assert shifted.dtype == np.uint8
    exact = image.apply_affine_transform(X, tx=0.5, **AXES)
    np.testing.assert_array_equal(shifted, np.rint(exact))


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (X, {"row_axis": 1, "col_axis": 1}, "must be 0, 1 and 2 in some order"),
        (X, {"row_axis": 0, "col_axis": 2, "channel_axis": 1}, "channel_axis not 1"),
        (X[0], AXES, "one photo with 3 axes"),
        (X, {**AXES, "fill_mode": "grid"}, "fill_mode must be one of"),
        (X, {**AXES, "order": 2}, "interpolation_order must be 0"),
    ],
)
def test_affine_transform_checks_its_arguments(x, options, message):
    with pytest.raises(ValueError, match=message):
        image.apply_affine_transform(x, theta=3, **options)


@pytest.mark.parametrize("name", ["random_zoom", "random_brightness"])
def test_ranges_must_be_pairs(name):
    with pytest.raises(ValueError, match="must be two numbers"):
        getattr(image, name)(X, (1, 2, 3))
