"""A photo's colours: the NumPy kernel against loops over pixels, in place, and the steps of ImageDataGenerator."""

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.preprocessing.image import ImageDataGenerator
from tests.kernels import image_cases
from tests.kernels.cases import arrays

BACKENDS = [name for name, reason in backends.available().items() if reason is None]
PLAIN = {"shift": 0.0, "brightness": None, "scale": 1.0, "center": False, "normalise": False}


def by_loops(x, channels, offset, factor, shift, brightness, scale, center, normalise):
    """The definition, a number at a time in float64."""
    v = [[float(n) for n in pixel[:channels]] for row in x for pixel in row]
    numbers = [n for pixel in v for n in pixel]
    low, high = min(numbers), max(numbers)
    if shift:
        v = [[min(max(n + shift, low), high) for n in pixel] for pixel in v]
        numbers = [n for pixel in v for n in pixel]
        low, high = min(numbers), max(numbers)
    if brightness is not None:
        stretched = low < 0 or high > 255
        spread = (high - low) or 1.0
        for pixel in v:
            for c, n in enumerate(pixel):
                n = (n - low) / spread * 255 if stretched else n
                n = float(int(min(max(n, 0), 255)))
                n = n if c == 3 else float(int(min(max(n * brightness, 0), 255)))
                pixel[c] = n / 255 * (high - low) + low if stretched else n
    v = [[n * scale for n in pixel] for pixel in v]
    numbers = [n for pixel in v for n in pixel]
    mean = sum(numbers) / len(numbers)
    deviation = (sum((n - mean) ** 2 for n in numbers) / len(numbers)) ** 0.5
    off, by = mean if center else 0.0, deviation + 1e-6 if normalise else 1.0
    v = [[((n - off) / by - offset[c]) * factor[c] for c, n in enumerate(pixel)] for pixel in v]
    return np.array(v).reshape(*x.shape[:2], channels)


def test_numpy_does_what_the_definition_says():
    count = 0
    for case in image_cases.tones():
        if case.shapes["x"][2] > 4:  # alpha is one channel
            continue
        x, y, offset, factor = arrays(case, "float32", seed=count)
        backends.load("numpy").image_tones(x, y, offset, factor, **case.params)
        expected = by_loops(x, y.shape[2], offset, factor, **case.params)
        # a value next to a whole number may be cut to its neighbour; such a step is 1 of 255
        step = 1.01 * max(np.ptp(x.astype(float)) / 255, 1) * case.params["scale"] * np.abs(factor).max()
        wrong = np.abs(y - expected) > 2e-5 * max(1, np.abs(expected).max())
        if wrong.any():
            assert case.params["brightness"] is not None
            if not case.params["normalise"]:
                assert np.abs(y - expected)[wrong].max() <= step
                assert wrong.mean() < 0.1, str(case)
        count += 1
    assert count == 6 * 9 * 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_photo_of_floats_may_be_changed_where_it_lies(backend):
    rng = np.random.default_rng(1)
    x = (rng.random((9, 13, 3)) * 255).astype(np.float32)
    offset, factor = np.float32([1, 2, 3]), np.float32([0.5, 2, 1])
    settings = {"shift": 9.0, "brightness": 1.2, "scale": 0.1, "center": True, "normalise": True}
    apart = np.empty_like(x)
    image_tones = backends.load(backend).image_tones
    image_tones(x, apart, offset, factor, **settings)
    image_tones(x, x, offset, factor, **settings)
    np.testing.assert_array_equal(x, apart)


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_keras_steps_in_one(backend):
    rng = np.random.default_rng(2)
    photo = rng.integers(0, 256, (24, 17, 4)).astype(np.uint8)
    generator = ImageDataGenerator(
        samplewise_center=True,
        samplewise_std_normalization=True,
        rescale=1 / 255,
        brightness_range=(0, 2),
        channel_shift_range=99,
    )
    changes = {"channel_shift_intensity": -21.5, "brightness": 1.4}
    expected = generator.standardize(generator.apply_transform(photo[:, :, :3].astype(np.float32), changes))
    got = np.empty((24, 17, 3), np.float32)
    none = np.zeros(3, np.float32)
    settings = {"shift": -21.5, "brightness": 1.4, "scale": 1 / 255, "center": True, "normalise": True}
    backends.load(backend).image_tones(photo, got, none, none + 1, **settings)
    np.testing.assert_allclose(got, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 4, 3), (4, 5, 3), (3,), (3,)), r"expected y of shape \(4, 4, 3\)"),
        (((4, 4, 3), (4, 4, 4), (4,), (4,)), "at least the 4 channels of y"),
        (((4, 4, 3), (4, 4, 3), (1,), (3,)), r"expected offset of shape \(3,\)"),
        (((4, 4, 3), (4, 4, 3), (3,), (2,)), r"expected factor of shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes, message):
    with pytest.raises(ValueError, match=message):
        backends.load("numpy").image_tones(*(np.zeros(shape, np.float32) for shape in shapes), **PLAIN)
