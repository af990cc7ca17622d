"""Contact sheets: every range of values becomes visible, labels become captions, and the file is whole or as it was."""

import numpy as np
import pytest
from PIL import Image

from fastcnn.data.contact_sheet import Tile, caption_of, contact_sheet, save_sheet, visible

RAMP = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)


@pytest.mark.parametrize(
    ("photos", "note"),
    [
        (RAMP, "values 0 to 1, shown from 0 (black) to 1 (white)"),
        (RAMP * 2 - 1, "values -1 to 1, shown from -1 (black) to 1 (white)"),
        (RAMP * 255, "values 0 to 255, shown from 0 (black) to 255 (white)"),
        (RAMP * 2000 - 700, "values -700 to 1300, shown from -690 (black) to 1290 (white)"),
        (RAMP * 2, "values 0 to 2, shown from 0.01 (black) to 1.99 (white)"),
        (RAMP.astype(np.float64), "values 0 to 1, shown from 0 (black) to 1 (white)"),
    ],
)
def test_every_range_runs_from_black_to_white(photos, note):
    shown, said = visible(photos)
    assert shown.shape == (1, 8, 8, 3)
    assert shown.dtype == np.uint8
    np.testing.assert_allclose(shown[..., 0], RAMP[..., 0] * 255, atol=2)
    assert (shown == shown[..., :1]).all()
    assert said == note


def test_rounding_beyond_the_ends_keeps_the_range():
    assert visible(RAMP * 1.0005)[1].endswith("shown from 0 (black) to 1 (white)")


def test_whole_numbers_are_bytes_however_dark():
    dark = np.arange(8, dtype=np.uint8).reshape(1, 2, 4, 1)
    shown, said = visible(dark)
    np.testing.assert_array_equal(shown[..., 0], dark[..., 0])
    assert said == "values 0 to 7, shown from 0 (black) to 255 (white)"


def test_all_photos_have_one_scale():
    shown, _ = visible(np.concatenate([RAMP * 6, RAMP * 3]))
    assert shown[0].max() == 255
    assert 120 < shown[1].max() < 135


def test_photos_of_one_value_are_shown():
    shown, _ = visible(np.full((1, 2, 2, 3), 1000.0))
    assert shown.shape == (1, 2, 2, 3)


def test_what_is_not_finite_is_magenta_and_counted():
    photos = np.repeat(RAMP, 3, axis=3)
    photos[0, 0, 0, 1], photos[0, 7, 7, 2] = np.nan, np.inf
    shown, said = visible(photos)
    np.testing.assert_array_equal(shown[0, [0, 7], [0, 7]], [[255, 0, 255]] * 2)
    assert shown[0, 7, 6].tolist() == [251] * 3
    assert said == "values 0 to 1, shown from 0 (black) to 1 (white); magenta: 2 of 64 pixels are not finite"
    assert visible(np.full((1, 2, 2, 1), np.nan))[0].tolist() == [[[[255, 0, 255]] * 2] * 2]


def test_opacity_shows_white_and_further_channels_are_told_of():
    photos = np.zeros((1, 1, 2, 4), np.uint8)
    photos[0, 0, 0, 3] = 255
    assert visible(photos)[0][0, 0].tolist() == [[0, 0, 0], [255, 255, 255]]
    assert visible(np.zeros((1, 2, 2, 2)))[1].endswith("; of 2 channels the first is shown")
    assert visible(np.zeros((1, 2, 2, 5)))[1].endswith("; of 5 channels the first three are shown")


NAMES = ["cat", "dog", "owl"]


@pytest.mark.parametrize(
    ("label", "names", "caption"),
    [
        (2, NAMES, "owl"),
        (np.float32(1), NAMES, "dog"),
        (np.array([0.0]), NAMES, "cat"),
        (np.array([0, 1, 0]), NAMES, "dog"),
        (np.array([1, 0, 1], np.float32), NAMES, "cat, owl"),
        (np.array([0, 0, 0]), NAMES, "none"),
        (np.array([0, 1, 0]), None, "1"),
        (7, NAMES, "7"),
        (0.5, NAMES, "0.5"),
        (3, None, "3"),
        (np.array([0.25, 1.5]), NAMES, "0.25, 1.5"),
        (np.array([1, 0]), NAMES, "1, 0"),
        ("owl", NAMES, "owl"),
        (None, NAMES, ""),
        (np.zeros((4, 4)), NAMES, ""),
    ],
)
def test_caption(label, names, caption):
    assert caption_of(label, names) == caption


def test_a_sheet_has_a_place_for_every_tile():
    photo = np.full((100, 120, 3), 80, np.uint8)
    sheet = contact_sheet([[Tile(photo, "a")] * 3, [Tile(photo, "b"), Tile(None, "c")]], ["below"])
    pixels = np.asarray(sheet)
    assert (pixels == 80).all(2).sum() == 4 * 100 * 120
    assert (pixels == (200, 60, 60)).all(2).sum() > 200  # crossed out
    assert sheet.width == 3 * 126 + 6


@pytest.mark.parametrize(("side", "drawn"), [(28, 112), (100, 100), (1000, 256)])
def test_small_photos_are_enlarged_and_large_ones_reduced(side, drawn):
    sheet = np.asarray(contact_sheet([[Tile(np.full((side, side, 3), 80, np.uint8), "")]]))
    assert (sheet == 80).all(2).sum() == drawn**2


@pytest.mark.parametrize("text", ["été", "猫", "a\nb\x1b[31m", "long " * 100, "\udcff"])
def test_any_text_can_be_drawn(text):
    photo = np.zeros((100, 100, 3), np.uint8)
    drawn = np.asarray(contact_sheet([[Tile(photo, text)]], [text]))
    bare = np.asarray(contact_sheet([[Tile(photo, "")]], [""]))
    assert len(drawn) == len(bare)
    assert (drawn != 255).any(2).sum() > (bare != 255).any(2).sum()


def test_a_failed_write_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "sheet.png"
    sheet = contact_sheet([[Tile(np.zeros((100, 100, 3), np.uint8), "a")]])
    save_sheet(sheet, path)
    before = path.read_bytes()
    with Image.open(path) as picture:
        assert picture.size == sheet.size

    def half(file, format):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sheet, "save", half)
    with pytest.raises(OSError, match="No space left"):
        save_sheet(sheet, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.png"]


@pytest.mark.parametrize("name", ["sheet", "sheet.txt", "sheet.psd"])
def test_another_ending_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=f"preview.png or preview.jpg. Received: .*{name}"):
        save_sheet(Image.new("RGB", (4, 4)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []
