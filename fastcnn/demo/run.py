"""The demo itself: photos, network, training, test, one prediction, and what to do next; every step in plain words."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fastcnn.demo.drawing import draw_folder
from fastcnn.demo.folders import TEST_SHARE, PhotoSets, find_photo_sets
from fastcnn.kernels.threads import get_num_threads
from fastcnn.layers import Convolution2D, Dense, Flatten, MaxPooling2D
from fastcnn.models import Sequential
from fastcnn.optimizers import Adam
from fastcnn.optimizers.schedules import CosineDecay
from fastcnn.preprocessing.directory_iterator import DirectoryIterator
from fastcnn.preprocessing.image import ImageDataGenerator, img_to_array, load_img
from fastcnn.switching import get_backend
from fastcnn.utils import set_random_seed

SMALLEST_IMAGE = 16  # pixels; two convolutions with pooling leave 2 x 2 of it
BATCH_SIZE = 16


@dataclass(frozen=True)
class Settings:
    """What `fastcnn demo` was asked for; `path` None means that the photos are drawn.

    Raises:
        ValueError: for an image too small for the network.
    """

    path: str | None = None
    output: str = "fastcnn_demo"
    epochs: int = 15
    image_size: int = 64
    seed: int = 1
    backend: str | None = None

    def __post_init__(self) -> None:
        if self.image_size < SMALLEST_IMAGE:
            raise ValueError(f"the image size must be at least {SMALLEST_IMAGE} pixels. Received: {self.image_size}")


def run(settings: Settings) -> float:
    """Trains a small network on a folder of photos, tells about it on standard output, and saves the model.

    Returns:
        The share of test photos that are classified correctly.

    Raises:
        OSError, ValueError: when the photos or the output folder are not usable; before training.
    """
    start = time.monotonic()
    get_backend(settings.backend)
    set_random_seed(settings.seed)
    output = Path(settings.output)
    sets = _photos(settings, output)
    output.mkdir(parents=True, exist_ok=True)
    training, test = _batches(settings, sets)
    model = _network(len(sets.classes), len(training) * settings.epochs, settings)
    _say(f"\nTraining a small convolutional network on {settings.image_size} x {settings.image_size} pixels:")
    _say(f"backend {model.get_backend().name}, {get_num_threads()} threads, {settings.epochs} epochs.")
    model.fit(training, epochs=settings.epochs, validation_data=test)
    accuracy = model.evaluate(test, verbose=0)[1]
    _say(f"\nTest accuracy: {accuracy:.1%} of {test.samples} photos that it never trained on.")
    file = output / "model.fcnn"
    model.save(file)
    _predict_one(model, test, settings.image_size)
    _say(f"Model saved as {file}. All this took {time.monotonic() - start:.1f} s.")
    _say(_next_steps(settings, file, sets.classes))
    return accuracy


def _photos(settings: Settings, output: Path) -> PhotoSets:
    if settings.path is not None:
        return find_photo_sets(settings.path)
    folder = output / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    _say(f"Drawing photos of skin with moles, benign and malignant, into {folder}")
    _say("(drawings to try the software with; they say nothing about real skin) ...")
    begin = time.monotonic()
    count = draw_folder(folder, settings.seed)
    _say(f"{count} photos drawn in {time.monotonic() - begin:.1f} s.\n")
    return find_photo_sets(folder)


def _batches(settings: Settings, sets: PhotoSets) -> tuple[DirectoryIterator, DirectoryIterator]:
    """Batches for training, flipped at random, and for testing, as the photos are."""
    split = 0.0 if sets.test else TEST_SHARE
    both = {"target_size": (settings.image_size,) * 2, "batch_size": BATCH_SIZE, "classes": sets.classes}
    both |= {"class_mode": "binary" if len(sets.classes) == 2 else "categorical", "on_error": "skip"}
    flips = {"horizontal_flip": True, "vertical_flip": settings.path is None}  # own photos may have an up and a down
    generator = ImageDataGenerator(rescale=1 / 255, validation_split=split, **flips)
    subset = None if sets.test else "training"
    training = generator.flow_from_directory(sets.training, **both, subset=subset, seed=settings.seed)
    plain = ImageDataGenerator(rescale=1 / 255, validation_split=split)
    subset = None if sets.test else "validation"
    test = plain.flow_from_directory(sets.test or sets.training, **both, subset=subset, shuffle=False)
    return training, test


def _network(classes: int, steps: int, settings: Settings) -> Sequential:
    """The tutorials' network: one sigmoid output for two classes, a softmax for more; trained for `steps` steps."""
    model = Sequential(backend=settings.backend)
    model.add(Convolution2D(32, (3, 3), activation="relu", input_shape=(settings.image_size, settings.image_size, 3)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Convolution2D(32, (3, 3), activation="relu"))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(128, activation="relu"))
    model.add(Dense(1, activation="sigmoid") if classes == 2 else Dense(classes, activation="softmax"))
    loss = "binary_crossentropy" if classes == 2 else "categorical_crossentropy"
    rate = CosineDecay(0.001, steps)  # small at the end, so that the last epochs no longer go up and down
    model.compile(optimizer=Adam(rate), loss=loss, weighted_metrics=["accuracy"])  # weighted: photos left out weigh 0
    return model


def _predict_one(model: Sequential, test: DirectoryIterator, image_size: int) -> None:
    """Classifies the last test photo from its file, as one would a new photo."""
    path = test.filepaths[-1]
    photo = img_to_array(load_img(path, target_size=(image_size, image_size))) / 255
    outputs = model.predict(photo[None], verbose=0)[0].tolist()
    shares = [1 - outputs[0], outputs[0]] if len(outputs) == 1 else outputs
    best = max(range(len(shares)), key=shares.__getitem__)
    names = list(test.class_indices)
    truth = names[test.classes[-1]]
    _say(f"One photo, {os.path.basename(path)}: {names[best]}, {shares[best]:.1%} sure; it is {truth}.")


def _next_steps(settings: Settings, file: Path, classes: tuple[str, ...]) -> str:
    side = settings.image_size
    meaning = f"near 0: {classes[0]}, near 1: {classes[1]}" if len(classes) == 2 else "one share a class, by name"
    lines = [
        "",
        "Next, with your own photos, in one folder per class:   fastcnn demo PATH",
        "Or in Python, with this model:",
        "",
        "    from fastcnn.models import load_model",
        "    from fastcnn.preprocessing.image import img_to_array, load_img",
        "",
        f"    model = load_model({str(file)!r})",
        f'    photo = img_to_array(load_img("photo.jpg", target_size=({side}, {side}))) / 255',
        f"    print(model.predict(photo[None]))  # {meaning}",
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    print(text, flush=True)
