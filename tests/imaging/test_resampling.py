"""Resizing and affine maps: the kernels of every backend against sums in float64, and adjoint gradients."""

from itertools import product

import numpy as np
import pytest

from fastcnn import switching
from fastcnn.imaging.resampling import Resize
from fastcnn.imaging.taps import INTERPOLATIONS, axis_taps
from fastcnn.imaging.warping import FILL_MODES, warp, warp_gradient
from tests.helpers import BACKENDS, from_json, golden

RNG = np.random.default_rng(4)
IMAGES = RNG.uniform(0, 255, (3, 11, 8, 3))
# No place falls between two pixels: backends may round such ties differently.
MATRICES = np.array(
    [
        [[0.913, -0.417, 2.137], [0.511, 0.823, -3.341]],
        [[1, 0, -30.213], [0, 1, 17.719]],
        [[2.517, 0, 0.013], [0.317, 1.713, -9.021]],
    ]
)
everywhere = pytest.mark.parametrize("backend", BACKENDS)
interpolations = pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])


@everywhere
@interpolations
@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_kernels_warp_as_sums_in_float64_do(backend, fill_mode, interpolation):
    options = (MATRICES, fill_mode, 7.0, interpolation)
    with switching.use_backend(backend):
        moved = warp(IMAGES.astype(np.float32), *options)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, warp(IMAGES, *options), rtol=1e-5, atol=2e-4)


@interpolations
@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_the_gradient_of_a_warp_is_its_adjoint(fill_mode, interpolation):
    dy, direction = RNG.standard_normal((2, *IMAGES.shape))
    forth = (dy * warp(direction, MATRICES, fill_mode, 0.0, interpolation)).sum()
    back = (direction * warp_gradient(dy, MATRICES, fill_mode, interpolation)).sum()
    np.testing.assert_allclose(forth, back, rtol=1e-10)


def test_a_shift_by_whole_pixels_shows_the_fill_mode():
    image = np.arange(4.0).reshape(1, 1, 4, 1)
    shift = np.array([[[1.0, 0, 0], [0, 1, -2]]])
    shown = {mode: warp(image, shift, mode, 9.0).ravel().tolist() for mode in FILL_MODES}
    assert shown == {"reflect": [1, 0, 0, 1], "wrap": [2, 3, 0, 1], "constant": [9, 9, 0, 1], "nearest": [0, 0, 0, 1]}


@everywhere
@pytest.mark.parametrize("size", [(5, 5), (20, 9), (11, 8)])
@pytest.mark.parametrize("crop", [False, True])
@interpolations
def test_kernels_resize_as_matrices_do(backend, size, crop, interpolation):
    resize = Resize(*size, interpolation, crop_to_aspect_ratio=crop)
    with switching.use_backend(backend):
        resized = resize(IMAGES.astype(np.float32))
    np.testing.assert_allclose(resized, resize(IMAGES), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("ratio", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}])
def test_resizing_keeps_a_flat_image_and_has_an_adjoint(interpolation, antialias, ratio):
    resize = Resize(6, 9, interpolation, antialias, **ratio, fill_value=5.0)
    np.testing.assert_allclose(resize(np.full((1, 11, 8, 1), 5.0)), 5.0, rtol=1e-12)
    resize = Resize(6, 9, interpolation, antialias, **ratio)
    dy, direction = RNG.standard_normal((2, 6, 9, 3)), RNG.standard_normal((2, 11, 8, 3))
    back = (direction * resize.gradient(dy, np.empty_like(direction))).sum()
    np.testing.assert_allclose((dy * resize(direction)).sum(), back, rtol=1e-10)


@everywhere
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("ratio", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}])
def test_one_photo_goes_into_its_slot_whatever_its_type_and_spare_channels(backend, interpolation, antialias, ratio):
    photo = RNG.integers(0, 256, (23, 31, 4)).astype(np.uint8)
    resize = Resize(14, 9, interpolation, antialias, **ratio, fill_value=7.0)
    expected = resize(photo[None, :, :, :3].astype(np.float64))[0] / 255
    slots = np.full((3, 14, 9, 3), np.nan, np.float32)
    with switching.use_backend(backend):
        resize.into(photo, slots[0], 1 / 255)
        resize.into(photo[:, :, :3].astype(np.float32), slots[2], 1 / 255)
    np.testing.assert_allclose(slots[0], expected, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(slots[2], slots[0])
    assert np.isnan(slots[1]).all()


@everywhere
def test_photos_have_the_pixels_that_tensorflow_makes_of_them(backend):
    """Sizes at which a place in float32 is another than in float64, so that a nearest pixel is another too."""
    file, count = golden("resizing"), 0
    for number, (size, target) in enumerate(from_json(file, "sizes")):
        photo = file[f"{number}/x"]
        for method, antialias in product(from_json(file, "methods"), (False, True)):
            made = np.full((2, target, 1, 2), np.nan, np.float32)
            resize = Resize(target, 1, method, antialias)
            with switching.use_backend(backend):
                resize.into(photo, made[0])
                resize.into(photo.astype(np.float32), made[1])
            # of an area, TensorFlow's weights add up to 1 only nearly
            limit = 255 * (3e-5 if method == "area" else 1e-6)
            expected = file[f"{number}/{method}/{int(antialias)}"]
            np.testing.assert_allclose(made[0], expected, rtol=0, atol=limit, err_msg=f"{size} {target} {method}")
            np.testing.assert_array_equal(made[1], made[0])
            count += 1
    assert count == 160


def test_weights_of_an_axis_add_up_to_1_and_are_shared():
    assert axis_taps(7, 4, "area").weights.sum(axis=1) == pytest.approx(np.ones(4))
    assert axis_taps(7, 4, "area") is axis_taps(7, 4, "area")
    with pytest.raises(ValueError, match="read-only"):
        axis_taps(7, 4, "area").weights[0, 0] = 1


def test_an_unknown_interpolation_is_named():
    with pytest.raises(ValueError, match=r"interpolation must be one of nearest, area, bilinear.*Received: 'cubic'"):
        axis_taps(7, 4, "cubic")
