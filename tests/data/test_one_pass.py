"""The one pass of kernels from a photo to its slot makes what ImageDataGenerator's steps make one by one."""

import numpy as np
import pytest

from fastcnn.preprocessing.image import ImageDataGenerator
from fastcnn.preprocessing.random_parameters import DRAWS
from fastcnn.random import item_uniforms
from tests.data.photos import folder

CHANGES = {
    "nothing": {},
    "flips": {"horizontal_flip": True, "vertical_flip": True},
    "moves": {"rotation_range": 20, "zoom_range": 0.3, "fill_mode": "reflect"},
    "colours": {"channel_shift_range": 60, "brightness_range": (0.4, 1.6)},
    "all": {"shear_range": 9, "horizontal_flip": True, "channel_shift_range": 9, "brightness_range": (0.9, 1.1)},
}
STANDARDS = {
    "nothing": {},
    "rescale": {"rescale": 1 / 255},
    "samplewise": {"rescale": 1 / 255, "samplewise_center": True, "samplewise_std_normalization": True},
    "featurewise": {"featurewise_center": True, "featurewise_std_normalization": True},
    "whitening": {"zca_whitening": True, "featurewise_center": True},
    "function": {"preprocessing_function": lambda x: x[..., ::-1] * 2, "rescale": 0.1},
    "both": {"samplewise_center": True, "featurewise_std_normalization": True, "featurewise_center": True},
}


def batch_of(generator, top):
    """All photos, in order."""
    return generator.flow_from_directory(top, (12, 10), class_mode="binary", shuffle=False, batch_size=11, seed=4)[0]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("standard", STANDARDS)
@pytest.mark.parametrize("changes", CHANGES)
def test_batches_are_what_the_single_steps_make(tmp_path, changes, standard, data_format):
    top = folder(tmp_path / "top", cats=7, dogs=4)
    generator = ImageDataGenerator(**CHANGES[changes], **STANDARDS[standard], data_format=data_format)
    photos, _ = batch_of(ImageDataGenerator(data_format=data_format), top)
    generator.fit(photos)
    batch, _ = batch_of(generator, top)
    size = photos.shape[1:3] if data_format == "channels_last" else photos.shape[2:]
    drawn = generator.ranges.draw(*size, item_uniforms([4, 0], np.arange(11), DRAWS))
    if not generator.ranges.random:
        drawn = [{}] * 11
    for photo, got, parameters in zip(photos, batch, drawn, strict=True):
        expected = generator.standardize(np.array(generator.apply_transform(photo, parameters)))
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=2e-5 * max(1, np.abs(expected).max()))
