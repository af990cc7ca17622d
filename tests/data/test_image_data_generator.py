"""ImageDataGenerator on single photos and arrays: draws, transforms, normalisation."""

import numpy as np
import pytest

from fastcnn.preprocessing.image import ImageDataGenerator, NumpyArrayIterator
from fastcnn.preprocessing.random_parameters import DRAWS
from fastcnn.random import item_uniforms
from tests.data.photos import pixels

pytestmark = pytest.mark.covers("preprocessing.image.ImageDataGenerator")

X = np.stack([pixels(i) for i in range(10)])
Y = np.arange(10) % 2


def draws(count=4000, shape=(100, 50, 3), **settings):
    """Columns of drawn parameters."""
    generator = ImageDataGenerator(**settings)
    rows = [generator.get_random_transform(shape, seed) for seed in range(count)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def assert_uniform(values, low, high):
    assert low <= values.min()
    assert values.max() <= high
    # The standard error of the mean of 4,000 uniform draws is 0.0046 of the range; 5 of them.
    assert abs(values.mean() - (low + high) / 2) < 0.023 * (high - low)
    assert values.max() - values.min() > 0.99 * (high - low)


def test_nothing_is_drawn_by_default():
    parameters = ImageDataGenerator().get_random_transform((9, 9, 3))
    neutral = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1, "flip_horizontal": False}
    rest = {"flip_vertical": False, "channel_shift_intensity": None, "brightness": None}
    assert parameters == {**neutral, **rest}


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.get_random_transform")
def test_draws_follow_keras_distributions():
    columns = draws(
        rotation_range=30,
        width_shift_range=0.2,
        height_shift_range=0.1,
        shear_range=12,
        zoom_range=0.3,
        channel_shift_range=15,
        brightness_range=(0.5, 2.0),
        horizontal_flip=True,
        vertical_flip=True,
    )
    assert_uniform(columns["theta"], -30, 30)
    assert_uniform(columns["tx"], -10, 10)  # height 100
    assert_uniform(columns["ty"], -10, 10)  # width 50
    assert_uniform(columns["shear"], -12, 12)
    assert_uniform(columns["zx"], 0.7, 1.3)
    assert_uniform(columns["zy"], 0.7, 1.3)
    assert abs(np.corrcoef(columns["zx"], columns["zy"])[0, 1]) < 0.08  # two independent draws
    assert_uniform(columns["channel_shift_intensity"], -15, 15)
    assert_uniform(columns["brightness"], 0.5, 2.0)
    for name in ("flip_horizontal", "flip_vertical"):
        assert abs(columns[name].mean() - 0.5) < 0.04


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (4, set(range(-3, 4))),
        ([-5, 2, 9], {-9, -5, -2, 2, 5, 9}),
        ([0.1, 0.2], {-20.0, -10.0, 10.0, 20.0}),
    ],
)
def test_shifts_by_whole_numbers_and_lists(amount, expected):
    assert set(draws(300, height_shift_range=amount)["tx"]) == expected


def test_shifts_by_a_float_from_one_on_are_pixels():
    assert_uniform(draws(height_shift_range=2.5)["tx"], -2.5, 2.5)


def test_zoom_accepts_a_pair():
    assert_uniform(draws(zoom_range=(1.0, 1.5))["zy"], 1.0, 1.5)


@pytest.mark.covers(
    "preprocessing.image.ImageDataGenerator.random_transform",
    "preprocessing.image.ImageDataGenerator.apply_transform",
    "preprocessing.image.ImageDataGenerator.get_random_transform",
)
def test_random_transform_is_the_transform_that_was_drawn():
    generator = ImageDataGenerator(rotation_range=40, zoom_range=0.2, horizontal_flip=True)
    x = X[0].astype(np.float32)
    expected = generator.apply_transform(x, generator.get_random_transform(x.shape, 3))
    np.testing.assert_array_equal(generator.random_transform(x, 3), expected)
    assert not np.array_equal(generator.random_transform(x, 4), expected)


def test_neutral_parameters_return_the_very_array():
    x = X[0].astype(np.float32)
    assert ImageDataGenerator().apply_transform(x, {"theta": 0, "zx": 1, "flip_horizontal": False}) is x


@pytest.mark.covers("trap.8")
def test_height_shift_moves_rows_and_width_shift_columns():
    x = X[0].astype(np.float32)
    generator = ImageDataGenerator()
    np.testing.assert_array_equal(generator.apply_transform(x, {"tx": 2})[:-2], x[2:])
    np.testing.assert_array_equal(generator.apply_transform(x, {"ty": 3})[:, :-3], x[:, 3:])


@pytest.mark.covers("trap.8")
def test_a_turn_of_180_degrees_keeps_the_centre_of_an_oblong_photo():
    x = X[0].astype(np.float32)
    turned = ImageDataGenerator().apply_transform(x, {"theta": 180})
    np.testing.assert_allclose(turned, x[::-1, ::-1], atol=1e-4)  # places are off by 1e-15 of a pixel


def test_channels_first_transforms_the_same_pixels():
    parameters = {"theta": 20, "ty": 2, "flip_vertical": True, "channel_shift_intensity": 9.0, "brightness": 1.3}
    x = X[0].astype(np.float32)
    expected = ImageDataGenerator().apply_transform(x, parameters)
    first = ImageDataGenerator(data_format="channels_first").apply_transform(x.transpose(2, 0, 1), parameters)
    np.testing.assert_array_equal(first.transpose(1, 2, 0), expected)


def test_brightness_leaves_alpha_alone():
    x = np.full((2, 2, 4), 100, np.float32)
    y = ImageDataGenerator().apply_transform(x, {"brightness": 0.5})
    np.testing.assert_array_equal(y[0, 0], [50, 50, 50, 100])


def test_brightness_forgives_the_rounding_of_a_moved_photo():
    x = np.array([[[-2e-5], [254.5], [255.00002], [100.0]]], np.float32)
    y = ImageDataGenerator().apply_transform(x, {"brightness": 0.5})
    np.testing.assert_array_equal(y.ravel(), [0, 127, 127, 50])


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.standardize")
def test_standardize_follows_keras_order():
    def shift(x):
        return x + 5

    generator = ImageDataGenerator(
        preprocessing_function=shift, rescale=0.1, samplewise_center=True, samplewise_std_normalization=True
    )
    x = X[0].astype(np.float32)
    scaled = (x + 5) * np.float32(0.1)
    expected = (scaled - scaled.mean()) / ((scaled - scaled.mean()).std() + 1e-6)
    np.testing.assert_allclose(generator.standardize(x.copy()), expected, rtol=1e-5, atol=1e-6)


def test_a_preprocessing_function_may_return_integers():
    generator = ImageDataGenerator(preprocessing_function=lambda x: x.astype(np.uint8), rescale=1 / 255)
    np.testing.assert_allclose(generator.flow(X, shuffle=False)[0], X / 255, rtol=1e-6)


def test_a_preprocessing_function_must_keep_the_shape():
    generator = ImageDataGenerator(preprocessing_function=lambda x: x[:5])
    with pytest.raises(ValueError, match=r"must return .* \(12, 10, 3\)\. Received: \(5, 10, 3\)"):
        next(generator.flow(X))


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.fit")
def test_fit_takes_bytes_and_more_photos_than_a_block():
    x = np.random.default_rng(1).integers(0, 256, (600, 4, 5, 3), np.uint8)
    generator = ImageDataGenerator(featurewise_std_normalization=True, featurewise_center=True, rescale=1 / 255)
    generator.fit(x)
    scaled = x / 255
    np.testing.assert_allclose(generator.mean, scaled.mean((0, 1, 2), keepdims=True)[0], rtol=1e-6)
    np.testing.assert_allclose(generator.std, scaled.std((0, 1, 2), keepdims=True)[0], rtol=1e-6)
    y = np.concatenate([generator.flow(x, shuffle=False, batch_size=64)[i] for i in range(10)])
    np.testing.assert_allclose(y.std((0, 1, 2)), 1, rtol=1e-4)


@pytest.mark.parametrize("count", [5, 300])
def test_whitened_photos_are_uncorrelated(count):
    x = np.random.default_rng(2).normal(100, 20, (count, 4, 5, 3)).astype(np.float32)
    x[:, 0] += x[:, 1]
    generator = ImageDataGenerator(zca_whitening=True, featurewise_center=True)
    generator.fit(x)
    y = generator.standardize(x.copy()).reshape(count, -1).astype(np.float64)
    singular = np.linalg.svd(y / np.sqrt(count), compute_uv=False)  # min(count, 60) of them
    np.testing.assert_allclose(singular, 1, rtol=1e-3)
    symmetric = generator.zca_whitening_matrix
    np.testing.assert_allclose(symmetric, symmetric.T, rtol=1e-4, atol=1e-6)


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.fit")
def test_fit_with_augment_sees_changed_photos_and_is_seeded():
    def mean(seed, **settings):
        generator = ImageDataGenerator(featurewise_center=True, rescale=0.5, **settings)
        generator.fit(X, augment=True, rounds=2, seed=seed)
        return generator.mean

    np.testing.assert_allclose(mean(1), X.mean((0, 1, 2), keepdims=True)[0] / 2, rtol=1e-5)
    changed = {"brightness_range": (0.1, 0.5)}
    np.testing.assert_array_equal(mean(1, **changed), mean(1, **changed))
    assert not np.array_equal(mean(1, **changed), mean(2, **changed))


def test_missing_statistics_are_warned_about():
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.warns(UserWarning, match="featurewise_center is on, but `fit` has not been called"):
        generator.standardize(X[0].astype(np.float32))


@pytest.mark.parametrize(
    ("option", "implied"),
    [
        ("zca_whitening", "featurewise_center"),
        ("featurewise_std_normalization", "featurewise_center"),
        ("samplewise_std_normalization", "samplewise_center"),
    ],
)
def test_options_that_others_need_are_switched_on_with_a_warning(option, implied):
    with pytest.warns(UserWarning, match=f"{option} sets {implied} to True"):
        assert getattr(ImageDataGenerator(**{option: True}), implied) is True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill_mode": "mirror"}, "fill_mode must be one of 'nearest', 'constant', 'reflect', 'wrap'"),
        ({"interpolation_order": 3}, r"interpolation_order must be 0 \(nearest pixel\) or 1"),
        ({"validation_split": 1.5}, "validation_split must lie between 0 and 1"),
        ({"zoom_range": (1, 2, 3)}, "zoom_range must be a number or a pair"),
        ({"brightness_range": 0.5}, "brightness_range must be a pair"),
        ({"data_format": "NHWC"}, 'data_format must be "channels_last" or'),
    ],
)
def test_settings_are_checked_at_once(options, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator(**options)


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.flow", "preprocessing.image.NumpyArrayIterator")
def test_flow_gives_photos_labels_and_weights():
    weights = np.linspace(0, 1, 10)
    it = ImageDataGenerator(rescale=2).flow(X, Y, batch_size=4, shuffle=False, sample_weight=weights)
    assert isinstance(it, NumpyArrayIterator)
    x, y, w = next(it)
    np.testing.assert_array_equal(x, X[:4] * np.float32(2))
    np.testing.assert_array_equal(y, Y[:4])
    np.testing.assert_array_equal(w, weights[:4])
    assert y.dtype == Y.dtype


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int64"])
def test_flow_takes_any_number_type_and_never_writes_to_it(dtype):
    x = X.astype(dtype)
    x.flags.writeable = False
    settings = {"samplewise_center": True, "rotation_range": 10, "channel_shift_range": 5.0}
    for options in ({"rescale": 0.5}, {"samplewise_center": True}, settings):
        generator = ImageDataGenerator(**options)
        assert next(generator.flow(x, Y))[0].dtype == np.float32
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize(("option", "axis"), [("vertical_flip", 0), ("horizontal_flip", 1)])
def test_flips_mirror_half_of_the_photos_along_their_axis(option, axis):
    y = ImageDataGenerator(**{option: True}).flow(X, shuffle=False, batch_size=10, seed=1)[0]
    mirrored = [np.array_equal(one, np.flip(x, axis)) for one, x in zip(y, X, strict=True)]
    kept = [np.array_equal(one, x) for one, x in zip(y, X, strict=True)]
    assert 1 <= sum(mirrored) <= 9
    assert sum(mirrored) + sum(kept) == 10


@pytest.mark.parametrize("option", [{"brightness_range": (0.2, 0.4)}, {"channel_shift_range": 90.0}])
def test_colour_changes_reach_the_batch(option):
    generator = ImageDataGenerator(**option)
    y = generator.flow(X, shuffle=False, seed=1)[0]
    drawn = generator.ranges.draw(12, 10, item_uniforms([1, 0], np.array([4]), DRAWS))[0]
    np.testing.assert_array_equal(y[4], generator.apply_transform(X[4].astype(np.float32), drawn))
    assert not np.array_equal(y[4], X[4])


def test_flow_of_float64_keeps_float64():
    it = ImageDataGenerator(dtype="float64", rescale=1 / 3, rotation_range=5).flow(X, shuffle=False)
    assert it[0].dtype == np.float64
    still = ImageDataGenerator(dtype="float64", rescale=1 / 3).flow(X, shuffle=False)[0]
    np.testing.assert_array_equal(still, X * (1 / 3))


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.flow")
def test_flow_passes_further_arrays_on():
    other = np.arange(10)[::-1]
    it = ImageDataGenerator().flow((X, [other]), Y, batch_size=3, shuffle=True, seed=2)
    (x, more), y = next(it)
    order = [int(np.flatnonzero((one == X).all((1, 2, 3)))[0]) for one in x]
    np.testing.assert_array_equal(more, other[order])
    np.testing.assert_array_equal(y, Y[order])


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.flow", "trap.10")
def test_flow_subsets_are_the_first_share_and_the_rest():
    generator = ImageDataGenerator(validation_split=0.4)
    validation = generator.flow(X, Y, subset="validation", shuffle=False)
    assert validation.n == 4
    np.testing.assert_array_equal(generator.flow(X, Y, subset="training", shuffle=False)[0][0][0], X[4])
    with pytest.raises(ValueError, match="different classes; shuffle x and y"):
        generator.flow(X, np.sort(Y), subset="training")
    assert generator.flow(X, np.sort(Y), subset="training", ignore_class_split=True).n == 6


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (X[0], {}, "x must have 4 axes"),
        (X[:0], {}, "x must hold photos"),
        (X, {"y": Y[:3]}, "x and y must have the same length. Received: 10 and 3"),
        (X, {"sample_weight": Y[:3]}, "x and sample_weight must have the same length"),
        (X, {"subset": "test"}, 'subset must be "training"'),
    ],
)
def test_flow_checks_its_arrays(x, options, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator().flow(x, **options)


def test_a_strange_number_of_channels_is_warned_about():
    with pytest.warns(UserWarning, match="expected 1, 3 or 4 channels on axis 3"):
        ImageDataGenerator().flow(X.transpose(0, 3, 1, 2))
