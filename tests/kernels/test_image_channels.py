"""A photo of three channels gives the same bits whether decoders left it in three or in four, and so does a channel."""

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.contract.image import FILL_MODES

BACKENDS = [name for name, reason in backends.available().items() if reason is None]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_channels_beyond_those_wanted_change_no_bit(backend, fill_mode, dtype):
    rng = np.random.default_rng(7)
    affine = backends.load(backend).image_affine
    for number in range(24):
        height, width, rows, columns = rng.integers(1, 50, 4)
        photo = rng.integers(0, 256, (height, width, 4)).astype(dtype)
        matrix = np.concatenate([rng.uniform(-2, 2, (2, 2)), rng.uniform(-5, 30, (2, 1))], axis=1)
        if number % 3 == 0:
            matrix[0, 1] = matrix[1, 0] = 0  # rows stay rows
        flips = {"flip_horizontal": bool(number & 1), "flip_vertical": bool(number & 2)}
        settings = {"order": int(number % 4 > 0), "fill_mode": fill_mode, "cval": 2.0, "scale": 1 / 255} | flips
        of_four, of_three, of_one = (np.empty((rows, columns, c), np.float32) for c in (3, 3, 1))
        affine(photo, of_four, matrix, **settings)
        affine(np.ascontiguousarray(photo[:, :, :3]), of_three, matrix, **settings)
        affine(np.ascontiguousarray(photo[:, :, :1]), of_one, matrix, **settings)
        np.testing.assert_array_equal(of_three, of_four)
        np.testing.assert_array_equal(of_one, of_four[:, :, :1])
