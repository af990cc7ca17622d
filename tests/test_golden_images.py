"""Pixels and matrices against Keras's own, recorded in golden/images.npz."""

import io
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from fastcnn.preprocessing.affine import affine_matrix, apply_affine_transform
from fastcnn.preprocessing.image import (
    ImageDataGenerator,
    apply_brightness_shift,
    array_to_img,
    img_to_array,
    load_img,
    save_img,
)

GOLDEN = np.load(Path(__file__).parent / "golden" / "images.npz")
# Backends may weigh the four neighbours in float32: a unit in the last place of 255 is 1.5e-5, and there are four
# products, their sum and a multiplication.
PIXEL = 1e-4


def cases(name):
    return list(enumerate(json.loads(str(GOLDEN[f"{name}/cases"]))))


def image(name):
    return GOLDEN[f"image/{name}"].astype(np.float32)


@pytest.mark.covers("preprocessing.image.apply_affine_transform", "trap.7")
@pytest.mark.parametrize(("number", "case"), cases("affine"))
def test_affine_matrix_is_the_documented_one(number, case):
    matrix = affine_matrix(*image(case["image"]).shape[:2], **case["parameters"])
    np.testing.assert_allclose(matrix, GOLDEN[f"affine/{number}/documented_matrix"], rtol=1e-12, atol=1e-12)


@pytest.mark.covers("preprocessing.image.apply_affine_transform")
@pytest.mark.parametrize(("number", "case"), cases("affine"))
def test_affine_transform_gives_the_documented_pixels(number, case):
    options = {name: case[name] for name in ("fill_mode", "cval", "order")}
    y = apply_affine_transform(
        image(case["image"]), **case["parameters"], row_axis=0, col_axis=1, channel_axis=2, **options
    )
    np.testing.assert_allclose(y, GOLDEN[f"affine/{number}/documented"], rtol=0, atol=PIXEL)


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.apply_transform")
@pytest.mark.parametrize(("number", "case"), cases("transform"))
def test_apply_transform_gives_keras_pixels(number, case):
    y = ImageDataGenerator(**case["generator"]).apply_transform(image(case["image"]), case["parameters"])
    np.testing.assert_allclose(y, GOLDEN[f"transform/{number}/documented"], rtol=0, atol=PIXEL)


def test_brightness_of_a_signed_image_keeps_its_range():
    y = apply_brightness_shift(GOLDEN["transform/signed/x"], 0.6, scale=False)
    np.testing.assert_allclose(y, GOLDEN["transform/signed/brightness"], rtol=0, atol=PIXEL)


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.fit", "preprocessing.image.ImageDataGenerator.standardize")
@pytest.mark.parametrize(("number", "options"), cases("standardize"))
def test_fit_and_standardize_give_keras_values(number, options):
    x = GOLDEN["standardize/x"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        generator = ImageDataGenerator(**options)
    generator.fit(x)
    for name in ("mean", "std", "zca_whitening_matrix"):
        if f"standardize/{number}/{name}" in GOLDEN:
            # Keras sums in float32; whitening divides by small singular values, which magnifies that.
            rtol = 2e-3 if name.startswith("zca") else 1e-5
            expected = GOLDEN[f"standardize/{number}/{name}"]
            np.testing.assert_allclose(
                getattr(generator, name), expected, rtol=rtol, atol=rtol * np.abs(expected).max()
            )
    y = np.stack([generator.standardize(one.astype(np.float32)) for one in x[:3]])
    expected = GOLDEN[f"standardize/{number}/y"]
    rtol = 2e-3 if options.get("zca_whitening") else 1e-5
    np.testing.assert_allclose(y, expected, rtol=rtol, atol=rtol * np.abs(expected).max())


@pytest.mark.covers("utils.load_img", "utils.img_to_array")
@pytest.mark.parametrize(("number", "case"), cases("load"))
def test_load_img_gives_keras_pixels(number, case):
    options = {name: value for name, value in case.items() if name not in ("file", "mode")}
    name, expected = case["file"], GOLDEN[f"load/{number}"]
    loaded = load_img(io.BytesIO(GOLDEN[f"file/{name}"].tobytes()), **options)
    x = img_to_array(loaded)
    if name == "gray16.png":  # Keras clips 16-bit images at 255, or leaves them; here they are divided by 257
        assert loaded.mode == {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}[case["color_mode"]]
        assert x[..., 0].max() < 240
        return
    assert loaded.mode == case["mode"]
    # JPEG decoders may round differently by a level or two, and conversions carry that on.
    np.testing.assert_allclose(x, expected, rtol=0, atol=3 if name.endswith(".jpg") else 0)


@pytest.mark.covers("utils.array_to_img", "utils.save_img")
@pytest.mark.parametrize(("number", "case"), cases("to_img"))
def test_array_to_img_and_save_img_give_keras_pixels(number, case):
    x = GOLDEN[f"to_img/{case['x']}"]
    picture = array_to_img(x, scale=case["scale"])
    assert picture.mode == case["mode"]
    np.testing.assert_array_equal(np.asarray(picture), GOLDEN[f"to_img/{number}/img"])
    if case["saved"]:
        file = io.BytesIO()
        save_img(file, x, file_format="png", scale=case["scale"])
        np.testing.assert_array_equal(img_to_array(load_img(file, "rgba")), GOLDEN[f"to_img/{number}/saved"])
