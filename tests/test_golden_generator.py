"""Whole ImageDataGenerators against Keras's own, recorded in golden/generator.npz: both ways a photo can take."""

import json
from pathlib import Path

import numpy as np
import pytest

from fastcnn import switching
from fastcnn.preprocessing.batches import photo_into
from fastcnn.preprocessing.image import ImageDataGenerator
from tests.helpers import BACKENDS

with np.load(Path(__file__).parent / "golden" / "generator.npz") as _file:
    GOLDEN = dict(_file)
# Shares of the largest value. Backends weigh neighbours in float32: 1e-4 of 255. Keras sums all photos of the set in
# float32, and whitening divides by small singular values, which magnifies that.
PIXEL, OF_THE_SET, WHITENED = 6e-7, 6e-6, 6e-5


def cases(name):
    return list(enumerate(json.loads(str(GOLDEN[f"{name}/cases"]))))


def fitted(case, photos):
    """The generator of a case, fitted to the photos (N, H, W, C)."""
    a, b = case["function"] or (1, 0)
    function = (lambda x: x * a + b) if case["function"] else None
    generator = ImageDataGenerator(**case["generator"], preprocessing_function=function)
    generator.fit(in_format(photos, generator.data_format))
    return generator


def in_format(x, data_format):
    return np.moveaxis(x, -1, -3) if data_format == "channels_first" else x


def photos_of(case):
    """uint8 (N, H, W, C), or float32 with values outside 0..255."""
    x = GOLDEN[f"photos/{case['channels']}"]
    return x.astype(np.float32) * 2 - 100 if case["signed"] else x


def assert_keras(y, number, case):
    options, expected = case["generator"], GOLDEN[f"photo/{number}"]
    tolerance = PIXEL if not options.get("featurewise_std_normalization") else OF_THE_SET
    tolerance = WHITENED if options.get("zca_whitening") else tolerance
    np.testing.assert_allclose(y, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.mark.covers(
    "preprocessing.image.ImageDataGenerator.apply_transform", "preprocessing.image.ImageDataGenerator.standardize"
)
@pytest.mark.parametrize(("number", "case"), cases("photo"))
def test_transformed_and_standardised_photos_are_keras_s(number, case):
    photos = photos_of(case)
    generator = fitted(case, photos)
    x = in_format(photos[0].astype(np.float32), generator.data_format)
    for backend in BACKENDS:
        with switching.use_backend(backend):
            y = generator.standardize(np.array(generator.apply_transform(x, case["parameters"])))
        assert_keras(y, number, case)


@pytest.mark.parametrize(("number", "case"), cases("photo"))
def test_slots_of_a_batch_hold_keras_s_pixels(number, case):
    photos = photos_of(case)
    generator = fitted(case, photos)
    # Decoded photos may have a channel that is not wanted.
    wider = np.concatenate([photos[0], np.full((*photos.shape[1:3], 1), 251, photos.dtype)], axis=2)
    for backend in BACKENDS:
        for photo in (photos[0], photos[0].astype(np.float32), wider):
            slot = np.full(GOLDEN[f"photo/{number}"].shape, 9, np.float32)
            with switching.use_backend(backend):
                tones = generator.tones(case["channels"])
                photo_into(slot, photo, generator, case["parameters"], tones, generator.data_format)
            assert_keras(slot, number, case)


def test_the_cases_cover_what_they_are_for():
    listed = [case for _, case in cases("photo")]
    assert len(listed) == 144
    kernels = [case for case in listed if not (case["function"] or case["generator"].get("zca_whitening"))]
    moved = [case for case in kernels if {"theta", "tx", "shear", "zx"} & case["parameters"].keys()]
    ways = {(c["generator"]["fill_mode"], c["generator"]["interpolation_order"]) for c in moved}
    assert len(ways) == 8
    for name in ("channel_shift_intensity", "brightness", "flip_horizontal", "flip_vertical"):
        ways = {(c["channels"], c["generator"]["data_format"]) for c in kernels if name in c["parameters"]}
        assert len(ways) == 6, name
    for name in ("samplewise_std_normalization", "featurewise_std_normalization", "rescale"):
        assert len({c["channels"] for c in kernels if c["generator"].get(name)}) == 3
    assert sum(c["signed"] and "brightness" in c["parameters"] for c in kernels) >= 3


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.fit")
@pytest.mark.parametrize(("number", "case"), cases("fit"))
def test_fit_finds_keras_s_statistics(number, case):
    generator = ImageDataGenerator(**case["generator"])
    generator.fit(GOLDEN["fit/x"], augment=case.get("augment", False), rounds=case.get("rounds", 1), seed=3)
    for name in ("mean", "std", "zca_whitening_matrix"):
        value, key = getattr(generator, name), f"fit/{number}/{name}"
        assert (value is None) == (key not in GOLDEN), name
        if value is not None:
            assert value.dtype == np.float32
            tolerance = WHITENED if name.startswith("zca") else 1e-6
            np.testing.assert_allclose(value, GOLDEN[key], rtol=0, atol=tolerance * np.abs(GOLDEN[key]).max())


def layout(batch):
    return str(batch.dtype) if isinstance(batch, np.ndarray) else [type(batch).__name__, *map(layout, batch)]


def leaves(batch):
    return [batch] if isinstance(batch, np.ndarray) else [one for part in batch for one in leaves(part)]


@pytest.mark.covers("preprocessing.image.ImageDataGenerator.flow", "preprocessing.image.NumpyArrayIterator")
@pytest.mark.parametrize(("number", "described"), cases("flow"))
def test_flow_hands_out_keras_s_batches(number, described):
    case = described["case"]
    generator = ImageDataGenerator(rescale=0.5, validation_split=0.4, dtype=case.get("dtype", "float32"))
    options = {name: case[name] for name in ("subset",) if name in case}
    options |= {name: GOLDEN[f"flow/{name}"] for name in ("y", "sample_weight") if case.get(name)}
    misc = [GOLDEN["flow/misc"], GOLDEN["flow/sample_weight"]][: case.get("misc", 0)]
    x = (GOLDEN["flow/x"], misc) if misc else GOLDEN["flow/x"]
    flow = generator.flow(x, batch_size=case.get("batch_size", 4), shuffle=False, **options)
    assert len(flow) + 1 == len(described["layout"])
    for i, expected in enumerate(described["layout"]):
        batch = next(flow)
        assert layout(batch) == expected
        for j, one in enumerate(leaves(batch)):
            np.testing.assert_allclose(one, GOLDEN[f"flow/{number}/{i}/{j}"], rtol=1e-7)
