"""Scripts in the manner of ten years of Keras run unchanged: tests/scripts, on small data of the same kind."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.data.photos import pixels, save
from tests.datasets.files import python_batch, write_mnist, write_npz

SCRIPTS = Path(__file__).parent / "scripts"


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images in which a bar's place tells the class."""
    labels = np.arange(count) % 10
    images = np.random.default_rng(count).integers(0, 60, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 3 : 2 * label + 6] = 255
    return images, labels.astype(np.uint8)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home folder whose Keras cache holds small data sets."""
    top = tmp_path_factory.mktemp("home")
    cache = top / ".keras" / "datasets"
    write_npz(cache / "mnist.npz", (digits(120), digits(30)))
    write_mnist(cache / "fashion-mnist", (digits(120), digits(30)))
    rng = np.random.default_rng(1)
    (cache / "cifar-10-batches-py").mkdir()
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        labels = rng.integers(0, 10, 20).tolist()
        photos = rng.integers(0, 256, (20, 3072), dtype=np.uint8)
        (cache / "cifar-10-batches-py" / name).write_bytes(python_batch(photos, {"labels": labels}))
    return top


@pytest.fixture
def place(tmp_path) -> Path:
    """A working folder with data/train and data/validation, each with cats and dogs."""
    for part, count in (("train", 12), ("validation", 8)):
        for shift, kind in enumerate(("cats", "dogs")):
            for i in range(count):
                save(tmp_path / "data" / part / kind / f"{i}.jpg", pixels(100 * shift + i, 50 + i, 64 - i))
    return tmp_path


def run(script: str, home: Path, place: Path, *arguments: str) -> str:
    """Standard output of a script that ended well, with its warnings checked."""
    environment = os.environ | {"HOME": str(home), "USERPROFILE": str(home), "MPLBACKEND": "Agg"}
    environment.pop("KERAS_HOME", None)
    command = [sys.executable, "-m", "fastcnn", "run", str(SCRIPTS / script), *arguments]
    done = subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    warned = [line for line in done.stderr.splitlines() if "Warning: " in line and "LegacySpellingWarning" not in line]
    assert warned == []
    return done.stdout


ENDINGS = {
    "keras1/mnist_cnn.py": ("Test accuracy: ",),
    "keras1/cifar10_augmentation.py": ("Classes: (20,) probabilities: (20, 10)",),
    "keras1/bottleneck_th.py": ("layers in the file: 8", "features: (24, 16, 8, 8) (16, 16, 8, 8)"),
    "keras1/functional_chain.py": ("batches seen: 12", "accuracies: 0."),
    "keras1/early.py": ("Test accuracy: ", "same classes: True", "(5, 5, 1, 4)"),
    "keras2/cats_and_dogs.py": ("Found 24 images belonging to 2 classes.", "{'cats': 0, 'dogs': 1}"),
    "keras2/unet.py": ("masks: (4, 32, 32, 1) dice: 0."),
    "keras2/feature_maps.py": (
        "learning rate of Adadelta: 1.0",
        "feature maps: (1, 13, 13, 8)",
        "features: (24, 16)",
        "[(1, 30, 30, 6), (1, 30, 30, 6), (1, 15, 15, 6), (1, 13, 13, 8)]",
        "frozen: True",
    ),
    "keras2/resnet.py": ("lr ['1.0e-03', '1.0e-04']", "Total params: ", "val_acc improved from"),
    "tf_keras/fashion.py": ("Test accuracy: ", "(30, 10) True", "(1, 10)"),
    "tf_keras/flowers.py": ("['cats', 'dogs']", "(8, 32, 32, 3)", "True True", "This image most likely belongs to "),
    "tf_keras/emotions.py": ("labels and predictions: (6,) (6,)", "val_auc"),
    "keras3/mnist_convnet.py": ("x_train shape: (120, 28, 28, 1)", "Test accuracy: "),
    "keras3/image_classification.py": ("Using 18 files for training.", "% cat and "),
    "keras3/own_parts.py": ("epoch 2: hit rate 0.", "saved and loaded: own"),
    "keras3/fine_tuning.py": ("trainable: 2 frozen: 4", "body unchanged: True", "probabilities: (3, 2)"),
}


@pytest.mark.parametrize("script", ENDINGS)
def test_a_script_runs_unchanged(script, home, place):
    printed = run(script, home, place)
    missing = [ending for ending in ENDINGS[script] if ending not in printed]
    assert missing == [], printed


def test_a_script_with_arguments_runs_unchanged(home, place):
    printed = run("keras2/lenet.py", home, place, "--dataset", "data/train", "--model", "lenet.model")
    assert "[INFO] dog " in printed
    for name in ("lenet.model", "plot.png", "monitor.png", "monitor.json"):
        assert (place / name).stat().st_size > 0


def test_every_script_is_run():
    written = {path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.py")}
    assert written == {*ENDINGS, "keras2/lenet.py"}
    assert len(written) >= 14
