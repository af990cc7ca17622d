"""Which files of a folder are used, in which order, with which labels."""

import os

import numpy as np
import pytest

from fastcnn.data.decode import FORMATS
from fastcnn.data.image_folder import scan
from tests.data.photos import folder, pixels, save


def touch(*paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_classes_and_files_are_sorted_and_labelled(tmp_path):
    for name in ("dogs/b.jpg", "dogs/a.JPG", "cats/z.png", "cats/deep/a.bmp", "cats/B.gif", "cats/c.webp"):
        touch(tmp_path / name)
    found = scan(tmp_path, formats=FORMATS)
    assert found.classes == ("cats", "dogs")
    assert found.filenames == ("cats/B.gif", "cats/c.webp", "cats/z.png", "cats/deep/a.bmp", "dogs/a.JPG", "dogs/b.jpg")
    np.testing.assert_array_equal(found.labels, [0, 0, 0, 0, 1, 1])
    assert found.labels.dtype == np.int32


@pytest.mark.covers("trap.9")
def test_hidden_folders_and_files_are_left_out_with_a_note(tmp_path):
    touch(tmp_path / "cats/a.jpg", tmp_path / ".ipynb_checkpoints/b.jpg", tmp_path / "cats/.thumbs/c.jpg")
    touch(tmp_path / "cats/._a.jpg")
    found = scan(tmp_path, formats=FORMATS)
    assert found.classes == ("cats",)
    assert found.filenames == ("cats/a.jpg",)
    assert found.notes == ("Hidden folders left out: .ipynb_checkpoints, cats/.thumbs.",)


def test_tiff_files_are_left_out_with_a_note_and_used_on_request(tmp_path):
    touch(tmp_path / "a/1.jpg", tmp_path / "a/2.tif", tmp_path / "a/3.csv")
    found = scan(tmp_path, formats=FORMATS)
    assert found.filenames == ("a/1.jpg",)
    assert found.notes == ('1 .tif files left out; add "TIFF" to formats to use them.',)
    assert scan(tmp_path, formats=(*FORMATS, "TIFF")).filenames == ("a/1.jpg", "a/2.tif")


def test_classes_argument_selects_and_orders(tmp_path):
    top = folder(tmp_path / "top", ant=1, bee=2, cow=1)
    found = scan(top, ["cow", "ant"], formats=FORMATS)
    assert found.filenames == ("cow/cow000.png", "ant/ant000.png")
    np.testing.assert_array_equal(found.labels, [0, 1])


def test_a_class_that_is_not_there_is_an_error(tmp_path):
    top = folder(tmp_path / "top", ant=1)
    with pytest.raises(ValueError, match=r"classes: no folder 'cat' in .*Folders there: 'ant'"):
        scan(top, ["ant", "cat"], formats=FORMATS)


def test_repeated_classes_are_an_error(tmp_path):
    with pytest.raises(ValueError, match="classes must be distinct"):
        scan(folder(tmp_path / "top", ant=1), ["ant", "ant"], formats=FORMATS)


def test_validation_is_the_first_share_of_every_class(tmp_path):
    top = folder(tmp_path / "top", a=5, b=3)
    validation = scan(top, formats=FORMATS, split=(0, 0.4))
    training = scan(top, formats=FORMATS, split=(0.4, 1))
    assert validation.filenames == ("a/a000.png", "a/a001.png", "b/b000.png")
    assert sorted(validation.filenames + training.filenames) == sorted(scan(top, formats=FORMATS).filenames)


def test_photos_without_class_folders_are_explained(tmp_path):
    touch(tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="move each into a subfolder named after its class"):
        scan(tmp_path, formats=FORMATS)


def test_folders_without_photos_say_what_they_hold(tmp_path):
    touch(tmp_path / "a/1.heic", tmp_path / "a/2.heic")
    with pytest.raises(ValueError, match=r"no photos found in .*\.jpg.*1 subfolders with 2 \.heic files"):
        scan(tmp_path, formats=FORMATS)


def test_a_class_without_photos_is_refused_by_name(tmp_path):
    top = folder(tmp_path / "top", ant=1)
    touch(top / "bee" / "notes.txt")
    with pytest.raises(ValueError, match=r"bee holds no photos.*classes=\[\.\.\.\]"):
        scan(top, formats=FORMATS)
    assert scan(top, ["ant"], formats=FORMATS).classes == ("ant",)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere: expected a folder with one subfolder"):
        scan(tmp_path / "nowhere", formats=FORMATS)


def test_links_to_folders_are_followed_on_request_only(tmp_path):
    top = folder(tmp_path / "top", a=1)
    folder(tmp_path / "elsewhere", x=2)
    (top / "a" / "link").symlink_to(tmp_path / "elsewhere" / "x", target_is_directory=True)
    assert len(scan(top, formats=FORMATS).filenames) == 1
    assert len(scan(top, formats=FORMATS, follow_links=True).filenames) == 3


def test_links_in_a_circle_end(tmp_path):
    top = folder(tmp_path / "top", a=1)
    for name in ("one", "two"):
        (top / "a" / name).symlink_to(top, target_is_directory=True)
    found = scan(top, ["a"], formats=FORMATS, follow_links=True)
    assert len(found.filenames) == 1


def test_names_in_other_bytes_and_with_line_breaks_are_found(tmp_path):
    (tmp_path / "a").mkdir()
    for name in (b"\xff\xfe.png", b"line\nbreak.png", "\u732b.png".encode()):
        path = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"a", name))
        save(tmp_path / "plain.png", pixels(1)).rename(path)
    assert len(scan(tmp_path, formats=FORMATS).filenames) == 3


def test_classes_that_look_alike_are_warned_about(tmp_path):
    top = folder(tmp_path / "top", Cat=1, cat=1)
    with pytest.warns(UserWarning, match="'Cat' and 'cat' differ only in letter case"):
        scan(top, formats=FORMATS)
