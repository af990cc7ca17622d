"""image_dataset_from_directory: which photos, in which order, with which labels and pixels."""

import os

import numpy as np
import pytest
from PIL import Image

from fastcnn import Sequential, layers
from fastcnn.data.image_error import ImageError
from fastcnn.imaging.resampling import Resize
from fastcnn.utils import image_dataset_from_directory

pytestmark = pytest.mark.covers("utils.image_dataset_from_directory")
SIZES = {"cats": 7, "dogs": 5, "owls": 4}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, count in SIZES.items():
        (tmp_path / name).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (20 + number, 24, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    return tmp_path


def read(folder, **options):
    return image_dataset_from_directory(folder, **({"verbose": False, "image_size": (16, 12)} | options))


def test_photos_in_the_order_of_their_names_with_their_pixels(folder, capsys):
    dataset = read(folder, shuffle=False, batch_size=5, verbose=True)
    assert capsys.readouterr().out == "Found 16 files belonging to 3 classes.\n"
    assert dataset.class_names == list(SIZES)
    assert [os.path.relpath(path, folder) for path in dataset.file_paths][:2] == ["cats/0.png", "cats/1.png"]
    batches = list(dataset)
    assert len(dataset) == 4
    assert [len(x) for x, _ in batches] == [5, 5, 5, 1]
    x, y = batches[0]
    assert (x.dtype, y.dtype) == (np.float32, np.int32)
    assert np.concatenate([y for _, y in batches]).tolist() == [0] * 7 + [1] * 5 + [2] * 4
    pixels = np.asarray(Image.open(folder / "cats" / "3.png"), np.float32)
    np.testing.assert_array_equal(x[3].numpy(), Resize(16, 12)(pixels[None])[0])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("int", 2), ("categorical", [0, 0, 1]), ("binary", None), (None, None)],
)
def test_label_modes(folder, mode, expected):
    if mode == "binary":
        with pytest.raises(ValueError, match=r"exactly 2 classes\. Received: 3"):
            read(folder, label_mode=mode)
        _, y = next(iter(read(folder, label_mode=mode, class_names=["dogs", "owls"], shuffle=False)))
        assert y.dtype == np.float32
        assert y.numpy()[:, 0].tolist() == [0] * 5 + [1] * 4
        return
    last = list(read(folder, label_mode=mode, shuffle=False))[-1]
    if mode is None:
        assert last.shape == (16, 16, 12, 3)
    else:
        assert last[1][-1].numpy().tolist() == expected


def test_split_is_the_last_share_of_the_shuffled_photos(folder):
    everything = read(folder, seed=4).file_paths
    train = read(folder, seed=4, validation_split=0.25, subset="training")
    validation = read(folder, seed=4, validation_split=0.25, subset="validation")
    assert validation.file_paths == everything[12:]
    assert train.file_paths == everything[:12]
    both = read(folder, seed=4, validation_split=0.25, subset="both")
    assert [part.file_paths for part in both] == [everything[:12], everything[12:]]


def test_training_photos_come_in_another_order_each_epoch_and_again_with_the_same_seed(folder):
    def orders():
        dataset = read(folder, seed=4)
        return [[y.tolist() for _, y in dataset] for _ in range(2)]

    first = orders()
    assert first[0] != first[1]
    assert first == orders()


def test_other_modes_sizes_and_layouts(folder):
    x, _ = next(iter(read(folder, color_mode="grayscale", image_size=8, interpolation="nearest")))
    assert x.shape == (16, 8, 8, 1)
    x, _ = next(iter(read(folder, data_format="channels_first")))
    assert x.shape == (16, 3, 16, 12)
    photo, label = next(iter(read(folder, batch_size=None)))
    assert (photo.shape, label.shape) == ((16, 12, 3), ())


def test_own_labels_and_no_labels(folder):
    y = np.concatenate([y for _, y in read(folder, labels=list(range(16)), shuffle=False)])
    assert y.tolist() == list(range(16))
    assert next(iter(read(folder, labels=None))).shape == (16, 16, 12, 3)


def test_photo_that_cannot_be_read_is_named(folder):
    (folder / "dogs" / "1.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match=r"dogs/1\.png"):
        list(read(folder))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label_mode": "one_hot"}, "label_mode must be one of"),
        ({"validation_split": 0.2}, "go together"),
        ({"validation_split": 1.2, "subset": "training"}, "between 0 and 1"),
        ({"validation_split": 0.2, "subset": "training"}, "give a seed"),
        ({"validation_split": 0.01, "subset": "validation", "seed": 1}, "leaves none for validation"),
        ({"subset": "test", "validation_split": 0.2}, "subset must be"),
        ({"interpolation": "cubic"}, "interpolation must be one of"),
        ({"labels": [1, 2]}, "one number for each of 16 photos"),
        ({"labels": None, "class_names": ["cats"]}, "class_names goes with"),
    ],
)
def test_wrong_arguments_are_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        read(folder, **options)


def test_tutorial_of_keras_runs(folder):
    train, validation = read(folder, seed=1, validation_split=0.25, subset="both", batch_size=4)
    train = train.cache().shuffle(100).prefetch(buffer_size=-1)
    model = Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(16, 12, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3),
        ]
    )
    from fastcnn.losses import SparseCategoricalCrossentropy

    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    history = model.fit(train, validation_data=validation, epochs=2, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
