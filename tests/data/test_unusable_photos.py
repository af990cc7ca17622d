"""What happens in training when a folder holds photos that cannot be used."""

import os
import re

import numpy as np
import pytest

from fastcnn.data.decode import Reading, read_padded
from fastcnn.data.skipping import check_headers
from fastcnn.preprocessing.image import ImageDataGenerator, ImageError
from tests.data.photos import folder, pixels, save


@pytest.fixture
def top(tmp_path):
    """Twenty photos in two classes; tests damage some of them."""
    return folder(tmp_path / "top", cats=10, dogs=10)


def flow(top, **options):
    defaults = {"target_size": (12, 10), "batch_size": 8, "class_mode": "binary", "shuffle": False, "seed": 5}
    return ImageDataGenerator().flow_from_directory(top, **{**defaults, **options})


def truncate(path):
    """Cuts the pixels and leaves the header whole."""
    path.write_bytes(path.read_bytes()[:-60])


def test_a_bad_header_stops_before_the_first_batch_and_names_the_file(top):
    (top / "dogs" / "dogs003.png").write_bytes(b"<html>not found</html>")
    (top / "dogs" / "dogs007.png").write_bytes(b"")
    expected = (
        f"{top}/dogs/dogs003.png: holds a web page; accepted formats: JPEG, PNG, BMP, GIF, WEBP, PPM "
        '(image 14 of 20 and 1 more); use on_error="skip" to leave such files out'
    )
    with pytest.raises(ImageError) as caught:
        flow(top)[0]
    assert str(caught.value) == expected


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_a_truncated_photo_is_an_error_in_its_batch(top, workers):
    truncate(top / "cats" / "cats009.png")
    it = flow(top, workers=workers)
    assert len(next(it)[0]) == 8
    for _ in range(2):
        with pytest.raises(ImageError, match=r"cats009\.png: truncated image .*\(image 10 of 20\); use on_error"):
            next(it)


def test_skipped_photos_keep_their_place_with_weight_zero(top, capsys):
    truncate(top / "cats" / "cats009.png")
    it = flow(top, on_error="skip", max_skipped=0.1)
    assert len(next(it)) == 2
    x, y, weights = next(it)
    np.testing.assert_array_equal(weights, np.array([1, 0, 1, 1, 1, 1, 1, 1], np.float32))
    assert weights.dtype == np.float32
    assert x.shape == (8, 12, 10, 3)
    assert not x[1].any()
    np.testing.assert_array_equal(x[2], pixels(1000))
    np.testing.assert_array_equal(y, [0, 0, 1, 1, 1, 1, 1, 1])
    assert len(next(it)) == 2


def test_an_unusable_photo_is_read_once(top, monkeypatch):
    truncate(top / "cats" / "cats009.png")
    it = flow(top, on_error="skip", max_skipped=0.1, workers=0)
    read = []
    monkeypatch.setattr("fastcnn.data.decode.read_padded", lambda path, _: read.append(path) or read_padded(path, _))
    for _ in range(9):
        next(it)
    assert [path.endswith("cats009.png") for path in read].count(True) == 1


def test_skipped_photos_are_listed_and_counted_in_one_line(top, capsys):
    truncate(top / "cats" / "cats009.png")
    (top / "dogs" / "dogs001.png").write_bytes(b"")
    truncate(top / "dogs" / "dogs002.png")
    it = flow(top, on_error="skip", max_skipped=0.5, shuffle=True)
    for _ in range(3):
        assert "skipped" not in capsys.readouterr().out
        next(it)
    line = "3 of 20 images skipped: 2 truncated, 1 empty; see .skipped\n"
    assert capsys.readouterr().out == line
    assert [os.path.basename(path) for path, _ in it.skipped] == ["cats009.png", "dogs001.png", "dogs002.png"]
    assert it.skipped[1][1] == "empty file"
    for _ in range(6):
        next(it)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_count_is_exact(tmp_path, workers):
    top = folder(tmp_path / "top", a=150, b=150)
    bad = np.random.default_rng(1).permutation(300)[:37]
    it = flow(top, on_error="skip", max_skipped=0.2, workers=workers)
    for kind, index in enumerate(bad):
        (truncate if kind % 2 else lambda path: path.write_bytes(b"x"))(tmp_path / it.filepaths[index])
    used = []
    for number in range(len(it)):
        batch = it[number]
        weights = batch[2] if len(batch) == 3 else np.ones(len(batch[0]))
        used += list(weights)
    np.testing.assert_array_equal(np.flatnonzero(np.array(used) == 0), sorted(bad))
    assert [path for path, _ in it.skipped] == [it.filepaths[index] for index in sorted(bad)]


@pytest.mark.parametrize("workers", [0, 3])
def test_every_header_is_looked_at(tmp_path, workers):
    (tmp_path / "a.png").write_bytes(b"x")
    save(tmp_path / "b.png", pixels(1))
    paths = [str(tmp_path / name) for name in ["a.png"] * 130 + ["b.png"]]
    assert sorted(check_headers(paths, Reading(), workers)) == list(range(130))


def test_too_many_unusable_photos_are_an_error_even_when_skipping(top):
    truncate(top / "cats" / "cats009.png")
    it = flow(top, on_error="skip")
    next(it)
    with pytest.raises(ImageError, match=r"1 unusable images are more than max_skipped=0.01 of 20 images; the first"):
        next(it)


def test_photos_that_vanish_or_change_while_training_are_noticed(top):
    it = flow(top, on_error="skip", max_skipped=0.2, workers=0)
    next(it)
    (top / "cats" / "cats009.png").unlink()
    (top / "dogs" / "dogs000.png").write_bytes(b"changed")
    assert next(it)[2].tolist() == [1, 0, 0, 1, 1, 1, 1, 1]
    assert [reason for _, reason in it.skipped] == [
        "cannot be read: No such file or directory",
        "holds no image that can be recognised; accepted formats: JPEG, PNG, BMP, GIF, WEBP, PPM",
    ]


def test_a_pipe_among_the_photos_does_not_block(top):
    os.mkfifo(top / "cats" / "pipe.png")
    with pytest.raises(ImageError, match=r"pipe\.png: not a regular file"):
        next(flow(top))


def test_an_unreadable_file_is_an_error(top, monkeypatch):
    def refuse(path, *args):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("fastcnn.data.decode.open", refuse, raising=False)
    with pytest.raises(ImageError, match=r"cats000\.png: cannot be read: Permission denied \(image 1 of 20 and"):
        next(flow(top))


def test_messages_escape_what_a_terminal_would_obey(top):
    save(top / "cats" / "a\n\x1b[2J.png", pixels(1)).write_bytes(b"x")
    with pytest.raises(ImageError, match=re.escape("a\\n\\x1b[2J.png: holds")):
        next(flow(top))


def test_without_labels_a_skipped_photo_is_listed_and_blank(top):
    truncate(top / "cats" / "cats001.png")
    it = flow(top, on_error="skip", max_skipped=1.0, class_mode=None)
    x = next(it)
    assert x.shape == (8, 12, 10, 3)
    assert not x[1].any()
    assert len(it.skipped) == 1
