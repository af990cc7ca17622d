"""Articles of clothing: 60,000 + 10,000 images of 28x28 grey values, ten classes."""

import os

from fastcnn.datasets.idx import IDX, npz
from fastcnn.datasets.locate import Pair, Source, load

_SOURCE = Source(
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    "fashion-mnist",
)
_DEBIAN = "/usr/share/datasets/fashion-mnist"  # of the package dataset-fashion-mnist


def load_data(path: str | os.PathLike | None = None) -> tuple[Pair, Pair]:
    """((x_train, y_train), (x_test, y_test)): images (N, 28, 28) and labels (N,), uint8.

    path : the folder of its four files; None searches the usual places.

    Raises:
        FileNotFoundError: when the data are nowhere and cannot be fetched; says which file to put where.
        ValueError: for damaged files.
    """
    return load("fashion_mnist", [IDX, npz("fashion_mnist.npz")], _SOURCE, path, _DEBIAN)
