"""A model that only pretends, and a training loop around it."""

from types import SimpleNamespace

import numpy as np
import pytest

from fastcnn.callbacks import CallbackList


class FakeModel:
    """Its one weight is the number of the epoch; it notes what it is asked to save."""

    def __init__(self):
        self.optimizer = SimpleNamespace(learning_rate=0.1)
        self.metrics, self.stop_training = [], False
        self.weight, self.saved = -1, []

    def get_weights(self):
        return [np.array(self.weight)]

    def set_weights(self, weights):
        self.weight = int(weights[0])

    def save(self, path):
        self.saved.append(("model", path))

    def save_weights(self, path):
        self.saved.append(("weights", path))


@pytest.fixture
def model():
    return FakeModel()


@pytest.fixture
def train(model):
    """Return train(callbacks, epochs' logs, batches): runs the hooks of fit, returns the number of epochs that ran."""

    def run(callbacks, epoch_logs, batches=2, **params):
        hooks = CallbackList(callbacks, add_history=True, model=model, epochs=len(epoch_logs), steps=batches, **params)
        model.stop_training = False
        hooks.on_train_begin()
        for epoch, logs in enumerate(epoch_logs):
            hooks.on_epoch_begin(epoch)
            for batch in range(batches):
                hooks.on_train_batch_begin(batch)
                hooks.on_train_batch_end(batch, logs)
            model.weight = epoch
            hooks.on_epoch_end(epoch, dict(logs))
            if model.stop_training:
                break
        hooks.on_train_end()
        return epoch + 1

    return run
