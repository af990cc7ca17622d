"""Previews: the photos that come next with their labels, and an iterator that stays where it is."""

import numpy as np
import pytest
from PIL import Image

from fastcnn.data import contact_sheet, dataset_preview
from fastcnn.preprocessing import preview as previewing
from fastcnn.preprocessing.image import ImageDataGenerator
from fastcnn.utils import image_dataset_from_directory
from tests.data.photos import folder

CHANGES = {"rotation_range": 30, "zoom_range": 0.3, "horizontal_flip": True, "brightness_range": (0.5, 1.5)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return folder(tmp_path_factory.mktemp("photos") / "all", cats=7, dogs=6)


@pytest.fixture
def drawn(monkeypatch):
    """What is drawn: a list of (rows of tiles, footer)."""
    calls = []

    def sheet(rows, footer=()):
        calls.append((rows, footer))
        return contact_sheet.contact_sheet(rows, footer)

    monkeypatch.setattr(previewing, "contact_sheet", sheet)
    monkeypatch.setattr(dataset_preview, "contact_sheet", sheet)
    return calls


def from_directory(photos, generator, **options):
    return generator.flow_from_directory(photos, (12, 10), class_mode="binary", batch_size=4, seed=3, **options)


def from_table(photos, generator, **options):
    names = sorted(str(p.relative_to(photos)) for p in photos.rglob("*.png"))
    table = {"filename": names, "class": [name.split("/")[0] for name in names]}
    size = {"target_size": (12, 10), "batch_size": 4, "seed": 3}
    return generator.flow_from_dataframe(table, photos, class_mode="binary", **size, **options)


def from_array(photos, generator, **options):
    x = np.stack([np.asarray(Image.open(p)) for p in sorted(photos.rglob("*.png"))])
    x = np.moveaxis(x, 3, 1) if generator.data_format == "channels_first" else x
    y = np.arange(13) >= 7
    return generator.flow(x, y.astype(np.float32), batch_size=4, seed=3, **options)


SOURCES = [from_directory, from_table, from_array]
sources = pytest.mark.parametrize("source", SOURCES)


def states(iterator):
    return iterator.get_state(), np.random.get_state()[1].tolist(), np.random.get_state()[2]


@sources
@pytest.mark.parametrize("steps", [0, 2, 5])
def test_the_iterator_gives_the_same_batches_after_a_look(source, steps, photos):
    seen, plain = (source(photos, ImageDataGenerator(**CHANGES)) for _ in range(2))
    for _ in range(steps):
        next(seen), next(plain)
    before = states(seen)
    seen.preview(rows=2, columns=5)
    assert states(seen) == before
    for _ in range(9):
        for a, b in zip(next(seen), next(plain), strict=True):
            np.testing.assert_array_equal(a, b)


@sources
@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_what_is_shown_is_what_comes_next(source, steps, data_format, photos, drawn):
    iterator = source(photos, ImageDataGenerator(rescale=1 / 255, data_format=data_format, **CHANGES))
    for _ in range(steps):
        next(iterator)
    iterator.preview(rows=2, columns=4, class_names=["cats", "dogs"])
    rows, footer = drawn[0]
    tiles = [tile for row in rows for tile in row]
    assert [len(row) for row in rows] == [4, 4]
    batches = [next(iterator) for _ in range(3)]
    x, y = (np.concatenate(parts)[:8] for parts in zip(*batches, strict=True))
    x = np.moveaxis(x, 1, 3) if data_format == "channels_first" else x
    for tile, photo, label in zip(tiles, x, y, strict=True):
        np.testing.assert_array_equal(tile.pixels, np.rint(np.clip(photo, 0, 1) * 255))
        assert tile.caption == ("cats", "dogs")[int(label)]
    assert footer[0].endswith("shown from 0 (black) to 1 (white)")


def test_each_photo_is_shown_once_and_the_epoch_runs_on(photos, drawn):
    iterator = from_directory(photos, ImageDataGenerator())
    next(iterator)
    iterator.preview(rows=10, columns=10)
    (rows, _) = drawn[0]
    assert [len(row) for row in rows] == [10, 3]
    names = [tile.caption for row in rows for tile in row]
    ending = np.concatenate([next(iterator)[1] for _ in range(3)])
    following = next(iterator)[1]
    np.testing.assert_array_equal(np.array(names) == "dogs", np.concatenate([ending, following]))


def test_a_users_function_may_draw_from_the_global_stream(photos):
    generator = ImageDataGenerator(preprocessing_function=lambda x: x + np.random.rand())
    iterator = from_directory(photos, generator, workers=0)
    np.random.seed(1)
    before = states(iterator)
    iterator.preview()
    assert states(iterator) == before


@pytest.mark.parametrize(
    ("mode", "column", "captions"),
    [
        ("categorical", "several", ["a, b", "b", "a"]),
        ("raw", "number", ["0.5", "1.5", "7"]),
        ("multi_output", ["number", "whole"], ["0.5, 1", "1.5, 2", "7, 3"]),
        (None, None, ["cats000.png", "cats001.png", "cats002.png"]),
    ],
)
def test_labels_of_every_class_mode(mode, column, captions, photos, drawn):
    table = {"filename": [f"cats/cats00{i}.png" for i in range(3)], "several": [["a", "b"], ["b"], ["a"]]}
    table |= {"number": [0.5, 1.5, 7.0], "whole": [1, 2, 3]}
    options = {"y_col": column, "class_mode": mode, "shuffle": False, "target_size": (12, 10)}
    ImageDataGenerator().flow_from_dataframe(table, photos, **options).preview()
    assert [tile.caption for tile in drawn[0][0][0]] == captions


def test_a_photo_that_is_left_out_is_crossed_out(tmp_path, drawn):
    folder(tmp_path, a=3, b=2)
    (tmp_path / "a" / "a001.png").write_bytes(b"no photo")
    options = {"shuffle": False, "on_error": "skip", "max_skipped": 0.5}
    from_directory(tmp_path, ImageDataGenerator(), **options).preview(rows=1, columns=5)
    rows, footer = drawn[0]
    assert [tile.pixels is None for tile in rows[0]] == [False, True, False, False, False]
    assert footer[0].endswith("; crossed out: 1 that cannot be used")
    with pytest.raises(ValueError, match=r"a001\.png"):
        from_directory(tmp_path, ImageDataGenerator(), shuffle=False).preview()


def test_the_file_holds_the_picture(photos, tmp_path):
    sheet = from_directory(photos, ImageDataGenerator()).preview(tmp_path / "look.png", 2, 3)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "look.png")), np.asarray(sheet))


@pytest.mark.parametrize(("arguments", "words"), [((None, 0), "rows"), ((None, 2, 1.5), "columns"), (("x.q",), "x.q")])
@pytest.mark.parametrize("kind", ["iterator", "dataset"])
def test_wrong_arguments_are_told_at_once(kind, arguments, words, photos):
    iterator = from_directory(photos, ImageDataGenerator())
    looked_at = iterator if kind == "iterator" else image_dataset_from_directory(photos)
    with pytest.raises(ValueError, match=words):
        looked_at.preview(*arguments)


def dataset(photos, **options):
    return image_dataset_from_directory(photos, image_size=(12, 10), batch_size=4, seed=5, verbose=False, **options)


def further(made):
    """The dataset itself and what people make of it."""
    return {
        "plain": made,
        "mapped": made.map(lambda x, y: (x / 255, y)),
        "shuffled": made.unbatch().shuffle(5, seed=2).batch(3),
        "twice": made.concatenate(made.unbatch().shuffle(4, seed=1).batch(4)),
    }


@pytest.mark.parametrize("how", ["plain", "mapped", "shuffled", "twice"])
def test_the_dataset_gives_the_same_passes_after_a_look(how, photos):
    seen, plain = (further(dataset(photos))[how] for _ in range(2))
    for _ in range(2):
        stream = np.random.get_state()[1].tolist()
        seen.preview(rows=2, columns=8)
        assert np.random.get_state()[1].tolist() == stream
        for (x, y), (expected, label) in zip(seen, plain, strict=True):
            np.testing.assert_array_equal(x, expected)
            np.testing.assert_array_equal(y, label)


def test_what_a_mapped_function_draws_is_put_back(photos):
    made = dataset(photos).map(lambda x, y: (x * np.random.rand(), y))
    np.random.seed(4)
    made.preview()
    assert np.random.rand() == np.random.RandomState(4).rand()


@pytest.mark.parametrize("mode", ["int", "binary", "categorical"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_dataset_shows_what_comes_first(mode, data_format, photos, drawn):
    made = dataset(photos, label_mode=mode, data_format=data_format)
    made.preview(rows=2, columns=3)
    rows, _ = drawn[0]
    tiles = [tile for row in rows for tile in row]
    x, y = (np.concatenate(parts)[:6] for parts in zip(*made.as_numpy_iterator(), strict=True))
    # That was the first pass of the dataset.
    x = np.moveaxis(x, 1, 3) if data_format == "channels_first" else x
    y = y.argmax(1) if mode == "categorical" else y.ravel()
    for tile, photo, label in zip(tiles, x, y, strict=True):
        np.testing.assert_array_equal(tile.pixels, np.rint(photo))
        assert tile.caption == made.class_names[int(label)]


def test_single_photos_without_labels_and_of_other_sizes_are_shown(photos, drawn):
    made = dataset(photos, labels=None).unbatch()
    sizes = iter([8, 20, 12, 9])
    made.take(4).map(lambda x: x[: next(sizes)]).preview()
    (rows, _) = drawn[0]
    assert [tile.pixels.shape for tile in rows[0]] == [(8, 10, 3), (12, 10, 3), (12, 10, 3), (9, 10, 3)]
    assert {tile.caption for tile in rows[0]} == {""}


def test_what_holds_no_photos_is_refused(photos):
    with pytest.raises(ValueError, match=r"expected photos .* Received: an array of shape \(4,\)"):
        dataset(photos).map(lambda x, y: y).preview()
    with pytest.raises(ValueError, match="the dataset gave no photos"):
        dataset(photos).take(0).preview()
