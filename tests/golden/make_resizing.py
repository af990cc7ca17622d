"""Writes resizing.npz: one axis resized by tf.image.resize, at sizes where rounding decides. See README.md."""

from common import as_json, save  # isort: skip  (sets TensorFlow's environment, so it comes first)

import numpy as np
import tensorflow as tf

SIZES = [(7, 4), (4, 7), (5, 1), (17, 17), (96, 42), (50, 150), (224, 299), (333, 150), (434, 256), (640, 480)]
METHODS = ("nearest", "area", "bilinear", "bicubic", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def main() -> None:
    """A column of noise and one of black and white by turns, as two channels, for each size."""
    rng = np.random.default_rng(0)
    arrays = {"sizes": as_json(SIZES), "methods": as_json(METHODS)}
    for number, (size, target) in enumerate(SIZES):
        x = np.stack([rng.integers(0, 256, size), np.arange(size) % 2 * 255], axis=1)[:, np.newaxis]
        arrays[f"{number}/x"] = x.astype(np.uint8)
        for method in METHODS:
            for antialias in (False, True):
                y = tf.image.resize(x.astype(np.float32), (target, 1), method=method, antialias=antialias)
                arrays[f"{number}/{method}/{int(antialias)}"] = y.numpy()
    save("resizing", arrays)


main()
