"""A training that can be killed at any step; run by test_backup.py as a process of its own.

python training_killed.py DATA FOLDER SAVE_FREQ [KILL_AT]: prints the digest of all that training leaves behind.
DATA : arrays, folder, generator or sequence. KILL_AT : steps after which SIGKILL ends the process.
"""

import hashlib
import os
import signal
import sys

import numpy as np

from fastcnn import Sequential, callbacks, layers, optimizers
from fastcnn.preprocessing.image import ImageDataGenerator, save_img
from fastcnn.utils import PyDataset, set_random_seed

DATA, FOLDER, SAVE_FREQ, KILL_AT = *sys.argv[1:4], int((*sys.argv, 0)[4])
RNG = np.random.default_rng(0)
X = RNG.standard_normal((22, 6, 6, 3)).astype("f4")
Y = RNG.integers(0, 2, 22)


class Kill(callbacks.Callback):
    """Ends the process as a power failure would; listed before the backup, so that its step is not yet saved."""

    steps = 0

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if self.steps == KILL_AT:
            os.kill(os.getpid(), signal.SIGKILL)


class Shuffled(PyDataset):
    """Mixes its samples after every epoch and disturbs each batch, both with NumPy's global random numbers."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(22)

    def __len__(self):
        return 4

    def __getitem__(self, index):
        chosen = self.order[index * 6 : index * 6 + 6]
        return X[chosen] + np.random.normal(scale=0.1, size=X[chosen].shape), Y[chosen]

    def on_epoch_end(self):
        np.random.shuffle(self.order)


def endless():
    """Batches with random numbers of their own."""
    rng = np.random.default_rng(5)
    while True:
        chosen = rng.permutation(22)[:6]
        yield X[chosen], Y[chosen]


def data() -> dict:
    """Arguments of fit."""
    if DATA == "arrays":
        return {"x": X, "y": Y, "batch_size": 6, "validation_split": 0.2, "class_weight": {0: 1, 1: 2}}
    if DATA == "folder":
        for name in ("cats", "dogs"):
            os.makedirs(os.path.join(FOLDER, "photos", name), exist_ok=True)
            for number in range(5):
                path = os.path.join(FOLDER, "photos", name, f"{number}.png")
                if not os.path.exists(path):
                    save_img(path, RNG.integers(0, 256, (8, 8, 3)).astype("u1"))
        changes = ImageDataGenerator(rescale=1 / 255, rotation_range=30, zoom_range=0.2, horizontal_flip=True)
        photos = {"target_size": (6, 6), "batch_size": 3, "class_mode": "binary"}
        train, test = (changes.flow_from_directory(os.path.join(FOLDER, "photos"), **photos) for _ in range(2))
        return {"x": train, "steps_per_epoch": 5, "validation_data": test}
    if DATA == "generator":
        return {"x": endless(), "steps_per_epoch": 4, "validation_data": (X, Y)}
    return {"x": Shuffled(), "validation_data": (X, Y)}


def main() -> None:
    """Trains for three epochs."""
    set_random_seed(3)
    body = [layers.Input((6, 6, 3)), layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization()]
    body += [layers.Flatten(), layers.Dropout(0.3), layers.Dense(1, activation="sigmoid")]
    model = Sequential(body, backend="numpy")
    model.compile(optimizers.Adam(0.05), "binary_crossentropy", ["accuracy", "AUC"], weighted_metrics=["mae"])
    backup = callbacks.BackupAndRestore(
        os.path.join(FOLDER, "backup"), save_freq=SAVE_FREQ if SAVE_FREQ == "epoch" else int(SAVE_FREQ)
    )
    rate = callbacks.ReduceLROnPlateau(patience=1, min_delta=1, cooldown=1)
    slower = callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9)
    stop = callbacks.EarlyStopping(monitor="val_accuracy", patience=2, restore_best_weights=True, baseline=0.1)
    log = callbacks.CSVLogger(os.path.join(FOLDER, "log.csv"))
    listed = [Kill(), backup, rate, slower, stop, log]
    history = model.fit(**data(), epochs=3, verbose=0, callbacks=listed)
    digest = hashlib.sha256()
    for array in (*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)):
        digest.update(array.tobytes())
    digest.update(repr((history.epoch, history.history, np.random.random(), stop.wait, rate.wait)).encode())
    with open(log.filename, encoding="utf-8") as file:
        digest.update(file.read().encode())
    print("digest", digest.hexdigest(), history.epoch, os.path.exists(backup.backup_dir))


if __name__ == "__main__":
    main()
