"""Keras on TensorFlow."""

import os
import time

from bench.peers.measure import Timed, repeated
from fastcnn.networks import Network

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf


class _Stamps(keras.callbacks.Callback):
    """When each step began."""

    def __init__(self):
        super().__init__()
        self.times: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """Notes the time."""
        self.times.append(time.perf_counter())


class Contestant:
    """One network."""

    def __init__(self, network: Network, threads: int):
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
        made = [getattr(keras.layers, name)(**arguments) for name, arguments in network.layers]
        self.network, self.model = network, keras.Sequential([keras.Input(network.batch[1:]), *made])
        self.model.compile(optimizer="adam", loss=network.loss, metrics=["accuracy"])
        self.params = self.model.count_params()
        self.version = f"Keras {keras.__version__} on TensorFlow {tf.__version__}"

    def training(self) -> dict[str, Timed]:
        """A step inside fit() on a tf.data dataset, from the beginning of one to the beginning of the next."""
        dataset = tf.data.Dataset.from_tensors(self.network.data()).repeat()

        def run(seconds: float) -> list[float]:
            self.model.fit(dataset, steps_per_epoch=3, verbose=0)
            start = time.perf_counter()
            self.model.fit(dataset, steps_per_epoch=3, verbose=0)
            steps = max(6, int(seconds / (time.perf_counter() - start) * 3))
            stamps = _Stamps()
            self.model.fit(dataset, steps_per_epoch=steps, verbose=0, callbacks=[stamps])
            return [later - sooner for sooner, later in zip(stamps.times[1:], stamps.times[2:], strict=False)]

        return {"fit": run}

    def prediction(self, size: int) -> dict[str, Timed]:
        """predict_on_batch, and the model as a compiled function of a tensor."""
        x = tf.constant(self.network.data(size)[0])
        function = tf.function(lambda images: self.model(images, training=False))
        ways = {"predict_on_batch": lambda: self.model.predict_on_batch(x), "tf.function": lambda: function(x)}
        return {name: repeated(call) for name, call in ways.items()}
