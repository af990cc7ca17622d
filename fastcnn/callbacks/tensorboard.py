"""Writes what TensorBoard shows: curves, distributions and pictures of weights, the model."""

import io
import json
import os
import time
import warnings
from typing import Any

import numpy as np

from fastcnn.callbacks.base import Callback, Logs
from fastcnn.callbacks.event_file import EventFile, histogram_value, image_value, scalar_value, text_value
from fastcnn.compat.callbacks import without_old_tensorboard_settings


class TensorBoard(Callback):
    """Write event files into ``log_dir``/train and ``log_dir``/validation, for ``tensorboard --logdir``.

    Curves ``epoch_loss``, ``epoch_accuracy`` and so on, ``epoch_learning_rate``, and after each evaluation
    ``evaluation_..._vs_iterations``; with an integer ``update_freq`` (or "batch", which is 1) ``batch_loss`` and so on
    every so many batches too. ``histogram_freq`` writes the distribution of every weight each so many epochs, with
    ``write_images`` a picture of it too. ``write_graph`` writes the model's layers. ``write_steps_per_second`` writes
    the speed. ``profile_batch`` other than 0 warns: profiles are made by ``fastcnn profile``. Raises ValueError for
    embeddings, which no layer here has, and for an update_freq that is none.
    """

    state_names = ("_train_batches", "_test_batches")

    def __init__(
        self,
        log_dir: str | os.PathLike = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
        **kwargs: Any,
    ):
        super().__init__()
        without_old_tensorboard_settings(kwargs)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq, self.write_graph, self.write_images = histogram_freq, write_graph, write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        if self.update_freq != "epoch" and (not isinstance(self.update_freq, int) or self.update_freq < 1):
            expected = 'update_freq must be "epoch", "batch" or a positive number of batches'
            raise ValueError(f"TensorBoard: {expected}. Received: {update_freq!r}")
        if embeddings_freq or embeddings_metadata:
            raise ValueError("TensorBoard: embeddings are not written; leave embeddings_freq and its like out")
        if profile_batch not in (0, None):
            warnings.warn("TensorBoard: profile_batch writes nothing here; `fastcnn profile` measures", stacklevel=2)
        self._files: dict[str, EventFile] = {}
        self._train_batches = self._test_batches = 0

    def _write(self, part: str, values: list[bytes], step: int) -> None:
        """Append to the file of "train" or "validation", which is made when first needed."""
        if part not in self._files:
            self._files[part] = EventFile(os.path.join(self.log_dir, part))
        self._files[part].write(values, step)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Write the model."""
        self._train_batches = 0
        if self.write_graph and hasattr(self.model, "get_config"):
            described = {"class_name": type(self.model).__name__, "config": self.model.get_config()}
            self._write("train", [text_value("keras", json.dumps(described), "graph_keras_model", b"1")], 0)

    def on_train_end(self, logs: Logs = None) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files = {}

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Start the clock."""
        self._train_batches += 1
        self._batch_start = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Write the values so far, every update_freq batches."""
        if self.update_freq == "epoch" or self._train_batches % self.update_freq:
            return
        values = _scalars("batch_", logs or {})
        if self.write_steps_per_second:
            speed = 1 / max(time.monotonic() - self._batch_start, 1e-9)
            values.append(scalar_value("batch_steps_per_second", speed))
        self._write("train", values, self._train_batches)

    def on_test_end(self, logs: Logs = None) -> None:
        """Write what was found against the number of updates."""
        named = {f"{name}_vs_iterations": value for name, value in (logs or {}).items()}
        if named:
            self._write("validation", _scalars("evaluation_", named), int(self.model.optimizer.iterations))
        if self.model.training_run is None:
            self.on_train_end()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Start the clock."""
        self._epoch_start, self._epoch_batches = time.monotonic(), self._train_batches

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Write the epoch's values, and weights if their turn has come."""
        logs = logs or {}
        train = {name: value for name, value in logs.items() if not name.startswith("val_")}
        train["learning_rate"] = float(self.model.optimizer.learning_rate)
        if self.write_steps_per_second:
            seconds = max(time.monotonic() - self._epoch_start, 1e-9)
            train["steps_per_second"] = (self._train_batches - self._epoch_batches) / seconds
        self._write("train", _scalars("epoch_", train), epoch)
        found = {name.removeprefix("val_"): value for name, value in logs.items() if name.startswith("val_")}
        if found:
            self._write("validation", _scalars("epoch_", found), epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._write("train", self._pictures(weight), epoch)

    def _pictures(self, weight: Any) -> list[bytes]:
        values = [histogram_value(f"{weight.name}/histogram", weight.numpy())]
        if self.write_images:
            values += [image_value(f"{weight.name}/image/{i}", *one) for i, one in enumerate(_images(weight.numpy()))]
        return values


def _scalars(prefix: str, logs: dict[str, Any]) -> list[bytes]:
    return [scalar_value(prefix + name, float(np.mean(value))) for name, value in logs.items()]


def _images(weight: np.ndarray) -> list[tuple[bytes, int, int, int]]:
    """Return up to three pictures (PNG, height, width, channels) of a weight: a row, a matrix, or one a filter."""
    from fastcnn.data.pil_arrays import array_to_img

    squeezed = np.atleast_1d(np.squeeze(weight))
    if squeezed.ndim == 1:
        squeezed = squeezed[np.newaxis]
    if squeezed.ndim == 2:
        tall = squeezed.shape[0] > squeezed.shape[1]
        planes = [squeezed.T if tall else squeezed]
    else:  # the last axes are filters
        planes = list(np.moveaxis(squeezed.reshape(*squeezed.shape[:2], -1), -1, 0)) if squeezed.ndim > 2 else []
    made = []
    for plane in planes[:3]:
        buffer = io.BytesIO()
        array_to_img(plane[..., np.newaxis], "channels_last", scale=True).save(buffer, "png")
        made.append((buffer.getvalue(), *plane.shape, 1))
    return made
