"""`fastcnn preview`: a folder's photos beside their variants, settings given as text."""

import numpy as np
import pytest
from PIL import Image

from fastcnn import cli
from fastcnn.preprocessing import preview as previewing
from fastcnn.preprocessing.preview_folder import parse_settings
from tests.data.photos import folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    top = tmp_path_factory.mktemp("photos")
    folder(top / "training_set", cats=9, dogs=2)
    folder(top / "test_set", cats=1, dogs=1)
    return top


@pytest.fixture
def tiles(monkeypatch):
    """The rows of tiles of every picture that is drawn."""
    drawn, real = [], previewing.contact_sheet
    monkeypatch.setattr(previewing, "contact_sheet", lambda rows, footer: drawn.append(rows) or real(rows, footer))
    return drawn


def run(photos, output, *more):
    return cli.main(["preview", str(photos), "--output", str(output), "--image-size", "16", *more])


def test_a_row_holds_one_photo_and_its_variants(photos, tmp_path, tiles, capsys):
    output = tmp_path / "look.png"
    augment = ["--augment", "rotation_range=40,horizontal_flip=True", "--rows", "4", "--columns", "5"]
    assert run(photos, output, *augment) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{output}: 4 photos, 4 variants of each"
    with Image.open(output) as picture:
        picture.verify()
    (rows,) = tiles
    assert [[tile.caption for tile in row] for row in rows] == [
        [f"{name}, as it is", name, name, name, name] for name in ("cats", "dogs", "cats", "dogs")
    ]
    for row in rows:
        plain = [np.array(Image.open(p).resize((16, 16), Image.BILINEAR)) for p in photos.glob("training_set/*/*.png")]
        assert sum(np.array_equal(row[0].pixels, photo) for photo in plain) == 1
        assert len({tile.pixels.tobytes() for tile in row}) == 5
    assert len({row[0].pixels.tobytes() for row in rows}) == 4


def test_the_seed_decides_the_picture(photos, tmp_path):
    outputs = [tmp_path / f"{i}.png" for i in range(3)]
    for output, seed in zip(outputs, "775", strict=True):
        assert run(photos, output, "--augment", "zoom_range=0.5", "--seed", seed) == 0
    first, again, other = (output.read_bytes() for output in outputs)
    assert first == again
    assert first != other


def test_without_settings_every_place_is_another_photo(photos, tmp_path, tiles):
    assert run(photos, tmp_path / "look.png", "--rows", "2", "--columns", "3") == 0
    (rows,) = tiles
    assert [[tile.caption for tile in row] for row in rows] == [["cats", "dogs", "cats"], ["dogs", "cats", "cats"]]
    assert len({tile.pixels.tobytes() for row in rows for tile in row}) == 6


def test_an_unusable_photo_is_crossed_out_and_named(tmp_path, tiles, capsys):
    folder(tmp_path / "in", a=1, b=1)
    (tmp_path / "in" / "b" / "b000.png").write_bytes(b"no photo")
    assert run(tmp_path / "in", tmp_path / "look.png") == 0
    assert "b000.png: " in capsys.readouterr().out.splitlines()[-1]
    assert [tile.pixels is None for tile in tiles[0][0]] == [False, True]


def test_settings_are_read():
    text = " rotation_range=20, zoom_range=[0.8, 1.1],rescale=1/255,fill_mode=reflect,cval=-3,horizontal_flip=True "
    assert parse_settings(text) == {
        "rotation_range": 20,
        "zoom_range": [0.8, 1.1],
        "rescale": 1 / 255,
        "fill_mode": "reflect",
        "cval": -3,
        "horizontal_flip": True,
    }
    assert parse_settings("fill_mode='wrap'") == {"fill_mode": "wrap"}
    assert parse_settings("") == {}


WRONG = [
    ("rotaton_range=20", "no setting 'rotaton_range' (did you mean 'rotation_range'?)"),
    ("flip=True", "no setting 'flip'; settings are "),
    ("rotation_range=x", "rotation_range must be a number or a list of numbers. Received: x"),
    ("width_shift_range=True", "width_shift_range must be a number or a list of numbers. Received: True"),
    ("horizontal_flip=1", "horizontal_flip must be True or False. Received: 1"),
    ("fill_mode=3", "fill_mode must be a word. Received: 3"),
    ("fill_mode=mirror", "fill_mode must be one of 'nearest', 'constant', 'reflect', 'wrap'. Received: 'mirror'"),
    ("zca_whitening=True", "zca_whitening needs the statistics of a set: look at it in Python"),
    ("preprocessing_function=abs", "preprocessing_function is a function: look at it in Python"),
    ("rescale=1/0", "rescale must be a number"),
    ("rotation_range=1e999", "rotation_range must be a number"),
    ("cval=open('x')", "cval must be a number"),
    ("rotation_range=1,rotation_range=2", "every setting may be given once"),
    ("rotation_range=20 zoom_range=3", "expected settings such as"),
    ("rotation_range=20)+(1", "expected settings such as"),
    ("**a", "expected settings such as"),
    ("20", "expected settings such as"),
    ("zoom_range=(", "expected settings such as"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_wrong_settings_are_one_line_that_helps(text, words, photos, tmp_path, capsys):
    assert run(photos, tmp_path / "look.png", "--augment", text) == 1
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_another_ending_is_refused_before_any_photo_is_read(photos, tmp_path, capsys):
    assert run(photos, tmp_path / "look.xyz") == 1
    shown = capsys.readouterr()
    assert "preview.png" in shown.err
    assert shown.out == ""
