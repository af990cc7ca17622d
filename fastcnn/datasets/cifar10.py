"""Photos of ten kinds of things: 50,000 + 10,000 images of 32x32 pixels in colour."""

import os

from fastcnn.datasets.cifar import layouts, oriented
from fastcnn.datasets.locate import Pair, Source, load

_SOURCE = Source(
    "https://www.cs.toronto.edu/~kriz/",
    {"cifar-10-python.tar.gz": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"},
)
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))


def load_data(path: str | os.PathLike | None = None) -> tuple[Pair, Pair]:
    """((x_train, y_train), (x_test, y_test)): images (N, 32, 32, 3) and labels (N, 1), uint8.

    Images are (N, 3, 32, 32) when `fastcnn.config.image_data_format` is "channels_first".
    path : an archive or folder; None searches the usual places.

    Raises:
        FileNotFoundError: when the data are nowhere and cannot be fetched; says which file to put where.
        ValueError: for damaged files.
    """
    return oriented(load("cifar10", layouts("cifar-10", _TRAIN, "test_batch", "labels", ("labels",)), _SOURCE, path))
