"""Does training learn what it should? Validation accuracy on real photos, three seeds; fails below the floor.

    python -m bench.accuracy signs FOLDER [--backend NAME] [--seeds 1 2 3] [--epochs N]
    python -m bench.accuracy cats FOLDER

FOLDER holds training_set/ and test_set/, each with one subfolder a class. `signs` is for the ten signed digits
(github.com/ardamavi/Sign-Language-Digits-Dataset, 4/5 of it to train), `cats` for 1,000 photos of cats and dogs.
Keras 3.15 with TensorFlow ends at 0.889 to 0.906 on the signs and 0.68 to 0.74 on the cats (three seeds each).
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from fastcnn import Sequential, set_backend
from fastcnn.layers import Conv2D, Dense, Flatten, MaxPooling2D
from fastcnn.preprocessing.image import ImageDataGenerator
from fastcnn.utils import set_random_seed


@dataclass(frozen=True)
class Task:
    """changes : random changes of the training photos; floor : least validation accuracy after the last epoch."""

    classes: int
    epochs: int
    floor: float
    changes: dict


TASKS = {
    "signs": Task(classes=10, epochs=15, floor=0.87, changes={}),
    "cats": Task(2, 12, 0.62, {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True}),
}


def network(classes: int) -> Sequential:
    """Two convolutions with pooling and a dense layer, for 64x64 photos."""
    if classes == 2:
        last, loss = Dense(1, activation="sigmoid"), "binary_crossentropy"
    else:
        last, loss = Dense(classes, activation="softmax"), "categorical_crossentropy"
    model = Sequential(
        [
            Conv2D(32, 3, activation="relu", input_shape=(64, 64, 3)),
            MaxPooling2D(2),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(128, activation="relu"),
            last,
        ]
    )
    model.compile("adam", loss, metrics=["accuracy"])
    return model


def train(task: Task, folder: Path, seed: int, epochs: int) -> list[float]:
    """Validation accuracy after each epoch."""
    set_random_seed(seed)
    options = {"target_size": (64, 64), "batch_size": 32}
    options["class_mode"] = "binary" if task.classes == 2 else "categorical"
    photos = ImageDataGenerator(rescale=1 / 255, **task.changes)
    training = photos.flow_from_directory(folder / "training_set", seed=seed, **options)
    plain = ImageDataGenerator(rescale=1 / 255)
    validation = plain.flow_from_directory(folder / "test_set", shuffle=False, **options)
    history = network(task.classes).fit(training, epochs=epochs, validation_data=validation, verbose=0)
    return history.history["val_accuracy"]


def main() -> None:
    """Trains on every seed, prints accuracies by epoch, exits with 1 when one ends below the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=int)
    given = parser.parse_args()
    task = TASKS[given.task]
    set_backend(given.backend)
    ends = []
    for seed in given.seeds:
        start = time.perf_counter()
        accuracies = train(task, given.folder, seed, given.epochs or task.epochs)
        seconds = time.perf_counter() - start
        print(f"{given.task} seed {seed}: {' '.join(f'{a:.3f}' for a in accuracies)}  ({seconds:.1f} s)", flush=True)
        ends.append(accuracies[-1])
    if min(ends) < task.floor:
        raise SystemExit(f"accuracy {min(ends):.3f} is below the floor of {task.floor}")


if __name__ == "__main__":
    main()
