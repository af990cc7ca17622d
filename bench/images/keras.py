"""Keras on TensorFlow: its ImageDataGenerator, in one thread as `fit` runs it, and TensorFlow's dataset of a folder."""

import os
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from bench.images.work import BATCH, CHANGES, RESCALE, SIZE, TUTORIAL, Measured, epochs, for_seconds
from fastcnn.networks import NETWORKS


class _Stamps(keras.callbacks.Callback):
    """When each epoch ended."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Notes the time."""
        self.times.append(time.perf_counter())


class Contestant:
    """Everything that is measured."""

    def __init__(self, photos: Path):
        self.photos, self.version = photos, f"Keras {keras.__version__} on TensorFlow {tf.__version__}"

    def _flow(self, changes: dict, part: str = "training_set") -> object:
        common = {"target_size": SIZE, "batch_size": BATCH, "class_mode": "binary", "seed": 1}
        return ImageDataGenerator(**changes).flow_from_directory(self.photos / part, **common)

    def augmented(self, seconds: float) -> Measured:
        """Whole epochs; every one reads the files."""
        batches = self._flow(CHANGES)
        next(batches)
        batches.reset()
        yield "files", for_seconds(seconds, lambda: epochs(batches, len(batches), 1))

    def rescaled(self, seconds: float) -> Measured:
        """Whole epochs."""
        batches = self._flow(RESCALE)
        next(batches)
        batches.reset()
        yield "files", for_seconds(seconds, lambda: epochs(batches, len(batches), 1))

    def dataset(self, seconds: float) -> Measured:
        """Passes over image_dataset_from_directory, bilinear."""
        folder = self.photos / "training_set"
        made = keras.utils.image_dataset_from_directory(folder, image_size=SIZE, batch_size=BATCH, seed=1, verbose=0)
        epochs(iter(made), len(made), 1)
        yield "files", for_seconds(seconds, lambda: epochs(iter(made), len(made), 1))

    def tutorial(self, seconds: float) -> Measured:
        """Seconds an epoch after a warm one."""
        network = NETWORKS[TUTORIAL]
        made = [getattr(keras.layers, name)(**arguments) for name, arguments in network.layers]
        model, stamps = keras.Sequential([keras.Input(network.batch[1:]), *made]), _Stamps()
        model.compile(optimizer="adam", loss=network.loss, metrics=["accuracy"])
        training, test = self._flow(CHANGES), self._flow(RESCALE, "test_set")
        model.fit(training, epochs=3, validation_data=test, verbose=0, callbacks=[stamps])
        yield "files", np.diff(stamps.times).tolist()
