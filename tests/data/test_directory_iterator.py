"""Batches from a folder of photos."""

import gc
import os
import threading

import numpy as np
import pytest

from fastcnn.data.decode import read_padded
from fastcnn.preprocessing.image import ImageDataGenerator, img_to_array, load_img
from tests.data.photos import folder, pixels, save

pytestmark = pytest.mark.covers(
    "preprocessing.image.ImageDataGenerator.flow_from_directory", "preprocessing.image.DirectoryIterator"
)

AUGMENTED = {
    "rotation_range": 20,
    "width_shift_range": 0.1,
    "height_shift_range": 2,
    "shear_range": 10,
    "zoom_range": 0.2,
    "horizontal_flip": True,
    "vertical_flip": True,
    "rescale": 1 / 255,
}
COLOUR = {"channel_shift_range": 20.0, "brightness_range": (0.5, 1.5), "samplewise_center": True}


@pytest.fixture
def top(tmp_path):
    """Two classes of 7 and 4 photos, 12 x 10 pixels."""
    return folder(tmp_path / "top", cats=7, dogs=4)


def flow(top, generator=None, **options):
    defaults = {"target_size": (12, 10), "batch_size": 4, "class_mode": "binary", "shuffle": False, "seed": 5}
    return (generator or ImageDataGenerator()).flow_from_directory(top, **{**defaults, **options})


def test_it_prints_what_it_found(top, capsys):
    flow(top)
    assert capsys.readouterr().out == "Found 11 images belonging to 2 classes.\n"


def test_attributes_are_those_of_keras(top):
    it = flow(top, class_mode="categorical")
    assert (it.samples, it.n, it.num_classes, it.batch_size, len(it)) == (11, 11, 2, 4, 3)
    assert it.class_indices == {"cats": 0, "dogs": 1}
    assert it.image_shape == (12, 10, 3)
    assert it.target_size == (12, 10)
    assert it.filenames[0] == os.path.join("cats", "cats000.png")
    assert it.filepaths[0] == os.path.join(str(top), "cats", "cats000.png")
    np.testing.assert_array_equal(it.classes, [0] * 7 + [1] * 4)
    np.testing.assert_array_equal(it.labels, it.classes)
    assert (it.batch_index, it.class_mode, it.color_mode, it.data_format) == (0, "categorical", "rgb", "channels_last")


def test_photos_come_unchanged_and_in_order_without_shuffle(top):
    it = flow(top)
    x = np.concatenate([next(it)[0] for _ in range(3)])
    expected = np.stack([img_to_array(load_img(path)) for path in it.filepaths])
    np.testing.assert_array_equal(x, expected)
    assert x.dtype == np.float32


def test_rescale_multiplies_in_float32_as_keras(top):
    x, _ = flow(top, ImageDataGenerator(rescale=1 / 255))[0]
    np.testing.assert_array_equal(x[0], pixels(0).astype(np.float32) * np.float32(1 / 255))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("binary", np.array([0, 0, 0, 1], np.float32)),
        ("sparse", np.array([0, 0, 0, 1], np.float32)),
        ("categorical", np.array([[1, 0], [1, 0], [1, 0], [0, 1]], np.float32)),
    ],
)
def test_labels_have_keras_shapes_and_types(top, mode, expected):
    y = flow(top, class_mode=mode)[1][1]
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == expected.dtype


def test_class_mode_input_gives_a_copy_and_none_gives_photos_alone(top):
    x, y = flow(top, class_mode="input")[0]
    np.testing.assert_array_equal(x, y)
    assert not np.shares_memory(x, y)
    assert flow(top, class_mode=None)[0].shape == (4, 12, 10, 3)


def test_the_last_batch_is_smaller_and_next_goes_round(top):
    it = flow(top)
    assert [len(next(it)[0]) for _ in range(7)] == [4, 4, 3, 4, 4, 3, 4]
    assert it.batch_index == 1
    assert it.total_batches_seen == 7


def test_shuffling_gives_every_photo_once_an_epoch_in_new_orders(top):
    it = flow(top, shuffle=True, class_mode="sparse")
    orders = []
    for _ in range(3):
        orders.append(tuple(it.index_array))
        labels = np.concatenate([next(it)[1] for _ in range(3)])
        np.testing.assert_array_equal(labels, it.classes[list(orders[-1])])
    assert all(sorted(order) == list(range(11)) for order in orders)
    assert len(set(orders)) == 3


@pytest.mark.parametrize("settings", [AUGMENTED, {**AUGMENTED, **COLOUR}])
def test_the_same_seed_gives_the_same_bits_for_any_number_of_workers(top, settings):
    def epochs(workers):
        it = flow(top, ImageDataGenerator(**settings), shuffle=True, workers=workers)
        return [next(it) for _ in range(7)]

    first = epochs(0)
    for workers in (1, 2, 4):
        for (x, y), (expected_x, expected_y) in zip(epochs(workers), first, strict=True):
            np.testing.assert_array_equal(x, expected_x)
            np.testing.assert_array_equal(y, expected_y)


@pytest.mark.parametrize("kind", ["ram", "disk"])
@pytest.mark.parametrize("photos", [0, 5, 11])
def test_kept_photos_are_not_read_again_and_give_the_same_bits(top, photos, kind, monkeypatch):
    cache = {"cache": kind, "cache_limit": photos * 12 * 10 * 3}
    it = flow(top, ImageDataGenerator(**AUGMENTED), shuffle=True, workers=0, **cache)
    fresh = flow(top, ImageDataGenerator(**AUGMENTED), shuffle=True, workers=0)
    expected = [next(fresh)[0] for _ in range(9)]
    read = []
    monkeypatch.setattr("fastcnn.data.decode.read_padded", lambda *args: read.append(args) or read_padded(*args))
    for batch in expected:
        np.testing.assert_array_equal(next(it)[0], batch)
    assert len(read) == 33 - 2 * photos


def test_batches_by_number_are_those_of_next(top):
    by_next = flow(top, ImageDataGenerator(**AUGMENTED), shuffle=True)
    by_number = flow(top, ImageDataGenerator(**AUGMENTED), shuffle=True)
    for _ in range(2):
        expected = [next(by_next)[0] for _ in range(3)]
        for number in (2, 0, 1, 0):
            np.testing.assert_array_equal(by_number[number][0], expected[number])
        by_number.on_epoch_end()
    np.testing.assert_array_equal(by_number[-1][0], by_number[2][0])


def test_random_changes_differ_from_epoch_to_epoch_and_from_seed_to_seed(top):
    it = flow(top, ImageDataGenerator(**AUGMENTED))
    first = [next(it)[0] for _ in range(4)]
    assert not np.array_equal(first[0], first[3])
    assert not np.array_equal(first[0], flow(top, ImageDataGenerator(**AUGMENTED), seed=6)[0][0])


def test_without_a_seed_numpys_global_seed_decides(top):
    def batch(seed):
        np.random.seed(seed)
        return flow(top, ImageDataGenerator(**AUGMENTED), seed=None)[0][0]

    np.testing.assert_array_equal(batch(1), batch(1))
    assert not np.array_equal(batch(1), batch(2))


def test_reset_begins_again_at_the_first_batch(top):
    it = flow(top)
    expected = it[0][0]
    next(it)
    next(it)
    it.reset()
    np.testing.assert_array_equal(next(it)[0], expected)


def test_reset_between_whole_epochs_skips_none(top):
    plain = flow(top, shuffle=True)
    expected = [next(plain)[0] for _ in range(6)]
    it = flow(top, shuffle=True)
    for epoch in (0, 3):
        it.reset()
        it.on_epoch_end()
        for number in range(3):
            np.testing.assert_array_equal(next(it)[0], expected[epoch + number])


def test_an_index_beyond_the_end_is_an_error(top):
    with pytest.raises(IndexError, match=r"must be below 3\. Received: 3"):
        flow(top)[3]


def test_channels_first_moves_the_channels(top):
    last = flow(top, ImageDataGenerator(**AUGMENTED))[0][0]
    it = flow(top, ImageDataGenerator(**AUGMENTED, data_format="channels_first"))
    assert it.image_shape == (3, 12, 10)
    np.testing.assert_array_equal(it[0][0].transpose(0, 2, 3, 1), last)
    staged = {**AUGMENTED, **COLOUR}
    last = flow(top, ImageDataGenerator(**staged))[0][0]
    first = flow(top, ImageDataGenerator(**staged, data_format="channels_first"))[0][0]
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-4, atol=1e-6)  # other order of sums


@pytest.mark.parametrize(("color_mode", "channels"), [("grayscale", 1), ("rgb", 3), ("rgba", 4)])
def test_color_mode_decides_the_channels(top, color_mode, channels):
    assert flow(top, color_mode=color_mode)[0][0].shape == (4, 12, 10, channels)


def test_the_one_step_path_equals_keras_steps(top):
    """A preprocessing_function that changes nothing forces the steps one by one."""
    direct = flow(top, ImageDataGenerator(**AUGMENTED))[0][0]
    stepwise = flow(top, ImageDataGenerator(**AUGMENTED, preprocessing_function=lambda x: x))[0][0]
    # Up to 1.0; weights and scale may be rounded to float32 in another order: 1.2e-7 each, six of them.
    np.testing.assert_allclose(direct, stepwise, rtol=0, atol=7e-7)


def test_subsets_share_out_the_files(top):
    generator = ImageDataGenerator(validation_split=0.3)
    validation = flow(top, generator, subset="validation")
    training = flow(top, generator, subset="training")
    assert [os.path.basename(f) for f in validation.filenames] == ["cats000.png", "cats001.png", "dogs000.png"]
    assert training.samples == 8


def test_save_to_dir_writes_what_is_handed_out(top, tmp_path):
    target = tmp_path / "seen"
    target.mkdir()
    it = flow(top, save_to_dir=str(target), save_prefix="aug", save_format="png")
    next(it)
    names = sorted(os.listdir(target))
    assert [name.split("_")[:2] for name in names] == [["aug", str(i)] for i in range(4)]
    assert load_img(target / names[0]).size == (10, 12)
    it.reset()
    next(it)
    assert len(os.listdir(target)) == 8


def test_a_function_of_the_user_runs_in_one_thread_and_in_order(top):
    seen = []

    def note(x):
        seen.append(threading.get_ident())
        return x + 1

    it = flow(top, ImageDataGenerator(preprocessing_function=note))
    np.testing.assert_array_equal(next(it)[0][0], pixels(0) + np.float32(1))
    next(it)
    assert len(set(seen)) == 1


def test_an_error_of_the_users_function_reaches_next(top):
    def fail(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        next(flow(top, ImageDataGenerator(preprocessing_function=fail)))


def test_no_thread_and_no_open_file_is_left_behind(top):
    def counts():
        # The number of a fresh descriptor is the lowest that is free, so one left open raises it.
        with open(os.devnull) as fresh:
            return threading.active_count(), fresh.fileno()

    next(flow(top))
    gc.collect()
    before = counts()
    for _ in range(3):
        it = flow(top, shuffle=True, workers=3)
        next(it)
        del it
    with_bad = flow(save(top / "dogs" / "x.png", pixels(1)).parent.parent)
    (top / "dogs" / "x.png").write_bytes(b"no image")
    with pytest.raises(ValueError):
        next(with_bad)
    with_bad.close()
    gc.collect()
    assert counts() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_mode": "onehot"}, "class_mode must be one of 'categorical'"),
        ({"batch_size": 0}, "batch_size must be a positive integer. Received: 0"),
        ({"seed": -1}, "seed must be a non-negative integer"),
        ({"subset": "test"}, 'subset must be "training"'),
        ({"workers": -1}, "workers must be 0"),
        ({"on_error": "ignore"}, 'on_error must be "raise" or "skip"'),
        ({"max_skipped": 3}, "max_skipped is a share"),
    ],
)
def test_arguments_are_checked_at_once(top, options, message):
    with pytest.raises(ValueError, match=message):
        flow(top, **options)


def test_binary_labels_for_three_classes_are_warned_about(tmp_path):
    top = folder(tmp_path / "top", a=1, b=1, c=1)
    with pytest.warns(UserWarning, match="gives the labels 0 to 2 for 3 classes"):
        flow(top)
