"""What the golden-file scripts share: a reproducible Keras, and one way to write an .npz file.

Import this module before anything of Keras: it sets the environment that Keras and TensorFlow read when they start.
"""

import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
# Eigen's plain kernels: oneDNN picks other algorithms on other processors.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).resolve().parent
KERAS_VERSION = "3.15."

if not keras.__version__.startswith(KERAS_VERSION):
    raise RuntimeError(f"The golden files need Keras {KERAS_VERSION}*. Received: {keras.__version__}")
tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.experimental.enable_op_determinism()
keras.utils.set_random_seed(0)
tf.get_logger().setLevel("ERROR")


def as_json(value: object) -> np.ndarray:
    """Returns `value` as a 0-d string array that holds JSON, so that it can lie in an .npz file."""
    return np.array(json.dumps(value))


def save(name: str, arrays: dict[str, np.ndarray]) -> None:
    """Writes `arrays` to <this folder>/<name>.npz (compressed; the same arrays give the same bytes)."""
    for key, value in arrays.items():
        array = np.asarray(value)
        if array.dtype == object or (array.dtype.kind == "f" and not np.isfinite(array).all()):
            raise ValueError(f"{name}: {key} must hold finite numbers or text. Received: {array.dtype}, {array}")
    path = FOLDER / f"{name}.npz"
    np.savez_compressed(path, **arrays)
    print(f"{path.name}: {len(arrays)} arrays, {path.stat().st_size / 1000:.0f} kB")
