"""fastcnn, on one of its backends."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.images.work import (
    BATCH,
    CHANGES,
    MATRICES,
    RESCALE,
    SIZE,
    SMALL,
    TUTORIAL,
    Measured,
    epochs,
    for_seconds,
    photo,
)
from bench.peers.measure import repeated
from fastcnn import __version__, set_backend
from fastcnn.callbacks import Callback
from fastcnn.networks import NETWORKS
from fastcnn.preprocessing.image import DirectoryIterator, ImageDataGenerator
from fastcnn.switching import get_backend
from fastcnn.utils import image_dataset_from_directory

CACHES = {"files": {}, "ram": {"cache": "ram"}, "disk": {"cache": "disk"}}
SETTLE = 3  # steps at the start of a block that do not count


class _Stamps(Callback):
    """When each epoch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Notes the time."""
        self.times.append(time.perf_counter())


class Contestant:
    """Everything that is measured, on one backend."""

    def __init__(self, photos: Path, backend: str):
        set_backend(backend)
        self.photos, self.version = photos, f"fastcnn {__version__}"

    def _flow(
        self, changes: dict, part: str = "training_set", size: tuple = SIZE, **options: object
    ) -> DirectoryIterator:
        common = {"batch_size": BATCH, "class_mode": "binary", "seed": 1}
        return ImageDataGenerator(**changes).flow_from_directory(self.photos / part, size, **common, **options)

    def _first_epoch(self, changes: dict) -> list[float]:
        """A new iterator's first epoch, its look at all headers included."""
        batches = self._flow(changes)
        taken = epochs(batches, len(batches), 1)
        batches.close()
        return taken

    def augmented(self, seconds: float) -> Measured:
        """The first epoch from files; later ones from either cache."""
        self._first_epoch(CHANGES)
        yield "files", for_seconds(seconds, lambda: self._first_epoch(CHANGES))
        for cache in ("ram", "disk"):
            batches = self._flow(CHANGES, **CACHES[cache])
            epochs(batches, len(batches), 1)
            yield cache, for_seconds(seconds / 2, lambda it=batches: epochs(it, len(it), 1))
            batches.close()

    def rescaled(self, seconds: float) -> Measured:
        """The first epoch from files."""
        self._first_epoch(RESCALE)
        yield "files", for_seconds(seconds, lambda: self._first_epoch(RESCALE))

    def dataset(self, seconds: float) -> Measured:
        """Passes over image_dataset_from_directory, bilinear."""
        made = image_dataset_from_directory(self.photos / "training_set", image_size=SIZE, batch_size=BATCH, seed=1)
        epochs(iter(made), len(made), 1)
        yield "files", for_seconds(seconds, lambda: epochs(iter(made), len(made), 1))

    def affine(self, seconds: float) -> Measured:
        """uint8 to float32, one thread: what one photo of a batch takes."""
        x, y, kernels = photo(), np.empty((*SIZE, 3), np.float32), get_backend()
        sampling = {"order": 1, "fill_mode": "nearest", "cval": 0.0, "scale": 1.0}
        sampling |= {"flip_horizontal": False, "flip_vertical": False}
        for name, matrix in MATRICES.items():
            taken = repeated(lambda m=matrix: kernels.image_affine(x, y, m, **sampling))(seconds / 2)
            self.result = y
            yield f"{name}, uint8 to float32", taken

    def tutorial(self, seconds: float) -> Measured:
        """Seconds an epoch after a warm one, from files and from memory."""
        for cache in ("files", "ram"):
            stamps, model = _Stamps(), NETWORKS[TUTORIAL].build()
            training = self._flow(CHANGES, **CACHES[cache])
            test = self._flow(RESCALE, "test_set", **CACHES[cache])
            model.fit(training, epochs=3, validation_data=test, verbose=0, callbacks=[stamps])
            yield cache, np.diff(stamps.times).tolist()
            training.close(), test.close()

    def share(self, seconds: float) -> Measured:
        """Mean ms of training steps in turns: with one batch over and over, and fed from files and from memory."""
        for network in (TUTORIAL, SMALL):
            model, side = NETWORKS[network].build(), NETWORKS[network].batch[1:3]
            fed = {name: self._flow(CHANGES, size=side, **CACHES[name]) for name in ("files", "ram")}
            sources = {"constant": itertools.repeat(next(fed["files"]))} | fed
            found: dict[str, list[float]] = {name: [] for name in sources}
            epochs(fed["ram"], len(fed["ram"]), 1)
            end = time.perf_counter() + seconds
            while not found["ram"] or time.perf_counter() < end:
                for name, batches in sources.items():
                    found[name].append(_mean_step(model, batches, len(fed["ram"])))
            for name, batches in fed.items():
                found[f"{name} alone"] = [taken * BATCH * 1e3 for taken in epochs(batches, len(batches), 2)]
                batches.close()
            yield from ((f"{network}, {name}", taken) for name, taken in found.items())


def _mean_step(model: object, batches: Iterator, count: int) -> float:
    """Mean ms of a step on a full batch, the wait for the batch included."""
    taken = []
    for _ in range(count):
        start = time.perf_counter()
        x, y = next(batches)
        model.train_on_batch(x, y)
        if len(x) == BATCH:
            taken.append(time.perf_counter() - start)
    return float(np.mean(taken[SETTLE:])) * 1e3
