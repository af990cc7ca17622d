"""Photos of a hundred kinds of things in twenty groups: 50,000 + 10,000 images of 32x32 pixels in colour."""

import os

from fastcnn.datasets.cifar import layouts, oriented
from fastcnn.datasets.locate import Pair, Source, load

_SOURCE = Source(
    "https://www.cs.toronto.edu/~kriz/",
    {"cifar-100-python.tar.gz": "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7"},
)
_KINDS = ("coarse_labels", "fine_labels")


def load_data(label_mode: str = "fine", path: str | os.PathLike | None = None) -> tuple[Pair, Pair]:
    """((x_train, y_train), (x_test, y_test)): images (N, 32, 32, 3) and labels (N, 1), uint8.

    Images are (N, 3, 32, 32) when `fastcnn.config.image_data_format` is "channels_first".
    label_mode : "fine" for a hundred classes, "coarse" for twenty.
    path : an archive or folder; None searches the usual places.

    Raises:
        FileNotFoundError: when the data are nowhere and cannot be fetched; says which file to put where.
        ValueError: for damaged files, or another label_mode.
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f'cifar100: label_mode must be "fine" or "coarse". Received: {label_mode!r}')
    forms = layouts("cifar-100", ("train",), "test", f"{label_mode}_labels", _KINDS)
    return oriented(load("cifar100", forms, _SOURCE, path))
