"""The demo: what it draws, where it finds photos, and that it trains on both."""

import numpy as np
import pytest

from fastcnn.demo import drawing
from fastcnn.demo.folders import find_photo_sets
from fastcnn.demo.run import Settings, run
from fastcnn.models import load_model
from fastcnn.preprocessing.image import array_to_img, save_img

COLOURS = {"blue": (30, 60, 200), "green": (40, 190, 60), "red": (210, 40, 50)}


def drawn(label, *key):
    return drawing.draw_photo(label, np.random.default_rng([*key, label]))


def pixels(part, count, side):
    """Photos of both classes (2 * count, side * side * 3) in [-1, 1], and their classes as -1 and 1."""
    photos = [array_to_img(drawn(label, part, i), scale=False) for label in (0, 1) for i in range(count)]
    small = [np.asarray(photo.resize((side, side)), float).ravel() / 127.5 - 1 for photo in photos]
    return np.array(small), np.repeat([-1, 1], count)


def write_classes(folder, names, count):
    """Small photos, each of one colour; the colour is that of the class."""
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).mkdir(parents=True)
        for i in range(count):
            save_img(folder / name / f"{i}.png", COLOURS[name] + rng.integers(0, 40, (20, 24, 3)), scale=False)


def test_the_same_seed_draws_the_same_files(tmp_path):
    for name in ("a", "b"):
        assert drawing.draw_folder(tmp_path / name, seed=3, training=2, test=1) == 6
    drawing.draw_folder(tmp_path / "c", seed=4, training=2, test=1)
    files = {n: [p.read_bytes() for p in sorted((tmp_path / n).rglob("*.jpg"))] for n in ("a", "b", "c")}
    assert files["a"] == files["b"]
    assert len(set(files["a"] + files["c"])) == 12


def test_drawn_photos_come_in_many_sizes():
    shapes = {drawn(label, 0, i).shape for label in (0, 1) for i in range(10)}
    assert len(shapes) > 15


@pytest.mark.parametrize("side", [32, 64])
def test_a_linear_model_on_pixels_cannot_tell_the_drawn_classes_apart(side):
    x, y = pixels(0, 150, side)
    test_x, test_y = pixels(1, 150, side)
    mean = x.mean(0)
    x, test_x = x - mean, test_x - mean
    for strength in (1, 100, 10_000):  # ridge regression, from nearly none to strong
        weights = x.T @ np.linalg.solve(x @ x.T + strength * np.eye(len(y)), y)
        accuracy = np.mean(np.sign(test_x @ weights) == test_y)
        assert accuracy < 0.64  # chance is 0.5, with a spread of 0.03 over 300 photos


def test_a_short_training_tells_the_drawn_classes_apart(tmp_path, capsys):
    drawing.draw_folder(tmp_path / "photos", seed=1, training=150, test=50)
    settings = Settings(str(tmp_path / "photos"), str(tmp_path / "out"), epochs=8, image_size=32)
    accuracy = run(settings)
    assert accuracy > 0.75  # 100 photos: chance is 0.5 with a spread of 0.05
    assert f"Test accuracy: {accuracy:.1%} of 100 photos" in capsys.readouterr().out


def test_three_classes_of_ones_own_photos_get_a_softmax_and_a_fifth_is_kept_for_testing(tmp_path, capsys):
    write_classes(tmp_path / "mine", COLOURS, 20)
    accuracy = run(Settings(str(tmp_path / "mine"), str(tmp_path / "out"), epochs=3, image_size=16))
    shown = capsys.readouterr().out
    assert accuracy == 1.0
    assert "Found 48 images belonging to 3 classes." in shown
    assert "Found 12 images belonging to 3 classes." in shown
    assert "it is red" in shown
    assert load_model(tmp_path / "out" / "model.fcnn").output_shape == (None, 3)


def test_the_same_seed_gives_the_same_model(tmp_path):
    write_classes(tmp_path / "mine", ("blue", "red"), 10)
    weights = []
    for seed in (1, 1, 2):
        run(Settings(str(tmp_path / "mine"), str(tmp_path / "out"), epochs=1, image_size=16, seed=seed))
        weights.append(load_model(tmp_path / "out" / "model.fcnn").get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert np.any(weights[0] != weights[2])


@pytest.mark.parametrize(
    ("training", "test"),
    [("training_set", "test_set"), ("train", "test"), ("train", "val"), ("training", "validation")],
)
def test_folders_for_training_and_testing_are_found_by_their_usual_names(tmp_path, training, test):
    write_classes(tmp_path / training, ("blue", "red"), 1)
    write_classes(tmp_path / test, ("blue", "red"), 1)
    sets = find_photo_sets(tmp_path)
    assert (sets.training, sets.test) == (tmp_path / training, tmp_path / test)
    assert sets.classes == ("blue", "red")


def test_a_training_folder_alone_is_split(tmp_path):
    write_classes(tmp_path / "train", ("blue", "red"), 5)
    sets = find_photo_sets(tmp_path)
    assert (sets.training, sets.test) == (tmp_path / "train", None)


@pytest.mark.parametrize(
    ("classes", "count", "error", "words"),
    [
        (None, 0, FileNotFoundError, "there is no folder"),
        ((), 0, ValueError, "no photos found"),
        (("red",), 5, ValueError, "at least two classes .* Received one: red"),
        (("red", "blue"), 4, ValueError, "'blue' needs at least 5 photos. Received: 4"),
    ],
)
def test_an_unusable_folder_is_refused_with_the_reason(tmp_path, classes, count, error, words):
    folder = tmp_path / "mine"
    if classes is not None:
        folder.mkdir()
        write_classes(folder, classes, count)
    with pytest.raises(error, match=words):
        find_photo_sets(folder)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "a.jpg").touch()
    with pytest.raises(NotADirectoryError, match="Received a file"):
        find_photo_sets(tmp_path / "a.jpg")


def test_a_test_folder_without_one_of_the_classes_is_refused(tmp_path):
    write_classes(tmp_path / "train", ("blue", "red"), 1)
    write_classes(tmp_path / "test", ("blue",), 1)
    with pytest.raises(ValueError, match="no folder 'red'"):
        find_photo_sets(tmp_path)


def test_a_test_folder_alone_is_refused(tmp_path):
    write_classes(tmp_path / "test", ("blue", "red"), 1)
    with pytest.raises(ValueError, match="to train on"):
        find_photo_sets(tmp_path)


def test_an_image_too_small_for_the_network_is_refused():
    with pytest.raises(ValueError, match=r"at least 16 pixels\. Received: 15"):
        Settings(image_size=15)
