"""Handwritten digits: 60,000 + 10,000 images of 28x28 grey values, ten classes."""

import os

from fastcnn.datasets.idx import IDX, npz
from fastcnn.datasets.locate import Pair, Source, load

_SOURCE = Source(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    {"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
)


def load_data(path: str | os.PathLike = "mnist.npz") -> tuple[Pair, Pair]:
    """((x_train, y_train), (x_test, y_test)): images (N, 28, 28) and labels (N,), uint8.

    path : a file (mnist.npz) or a folder; a name that does not exist is looked for in the usual places.

    Raises:
        FileNotFoundError: when the data are nowhere and cannot be fetched; says which file to put where.
        ValueError: for damaged files.
    """
    name = os.path.basename(os.fspath(path))
    layouts = [npz(n) for n in dict.fromkeys((name, "mnist.npz")) if n.endswith(".npz")]
    return load("mnist", [*layouts, IDX], _SOURCE, path)
