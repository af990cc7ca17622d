"""fastcnn check: every kind of finding, once, and nothing else; what it prints and writes; its exit codes."""

import html.parser
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from fastcnn.cli import main
from fastcnn.data.checking import KINDS, check_folder
from tests.data.photos import pixels, save

POSIX = pytest.mark.skipif(os.name == "nt", reason="names and links of POSIX systems")


def photos(folder, count, first):
    """Colour photos of 44 x 40 pixels, all different."""
    for number in range(count):
        save(folder / f"{number:02}.png", pixels(first + number, 44, 40))


@pytest.fixture
def good(tmp_path):
    """Two sets of two classes, nothing wrong with them."""
    for number, (name, count) in enumerate((("train", 30), ("test", 20))):
        photos(tmp_path / name / "cats", count, 1000 * number)
        photos(tmp_path / name / "dogs", count, 1000 * number + 500)
    return tmp_path


def plant(top):
    """Puts everything that a check can find into a good folder, once; returns what each kind names."""
    cats, dogs = top / "train" / "cats", top / "train" / "dogs"
    (cats / "bad.png").write_bytes(b"no photo")
    for first, second, seed in (
        (cats / "both.png", dogs / "both.png", 7001),
        (cats / "leak.png", top / "test" / "cats" / "leak.png", 7002),
        (dogs / "one.png", dogs / "two.png", 7003),
    ):
        save(first, pixels(seed, 44, 40))
        shutil.copy(first, second)
    save(top / "train" / "loose.png", pixels(7004, 44, 40))
    (top / "train" / "empty").mkdir()
    photos(top / "test" / "empty", 20, 7100)
    photos(top / "train" / "birds", 5, 7200)
    photos(top / "train" / "dogs_", 30, 7300)
    photos(top / "test" / "dogs_", 20, 7400)
    save(top / "png.png", pixels(7005, 44, 40)).rename(cats / "png.jpg")
    (cats / "notes.txt").write_text("notes")
    (cats / ".DS_Store").touch()
    (cats / "link.png").symlink_to(save(top / "elsewhere" / "x.png", pixels(7006, 44, 40)))
    save(top / "elsewhere" / "y.png", pixels(7007, 44, 40)).rename(cats / "line\nbreak.png")
    save(cats / "tiny.png", pixels(7008, 20, 40))
    save(cats / "huge.png", pixels(7009, 200, 210))
    save(cats / "long.png", pixels(7010, 40, 170))
    save(cats / "grey.png", pixels(7011, 44, 40, 1))
    save(cats / "alpha.png", pixels(7012, 44, 40, 4))
    Image.fromarray(pixels(7013, 44, 40)).quantize(16).save(cats / "palette.png")
    Image.fromarray(pixels(7014, 44, 40)).convert("CMYK").save(cats / "cmyk.jpg")
    Image.fromarray(pixels(7015, 44, 40, 1)[:, :, 0].astype(np.uint16) * 200).save(cats / "deep.png")
    frames = [Image.fromarray(pixels(7016 + i, 44, 40)).quantize(16) for i in range(2)]
    frames[0].save(cats / "animated.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(7018, 44, 40)).save(cats / "turned.jpg", exif=exif)


def test_a_good_folder_has_nothing_to_mend(good, capsys):
    report = check_folder(good)
    assert report.findings == []
    assert report.classes == {"train": {"cats": 30, "dogs": 30}, "test": {"cats": 20, "dogs": 20}}
    assert main(["check", str(good)]) == 0
    out = capsys.readouterr().out
    assert "100 photos, nothing to mend." in out
    assert [line.split() for line in out.splitlines()[1:4]] == [
        ["class", "train", "test"],
        ["cats", "30", "20"],
        ["dogs", "30", "20"],
    ]


@POSIX
def test_every_kind_of_finding_is_found_once_and_nothing_else(good):
    plant(good)
    report = check_folder(good, workers=3)
    assert report.counts == dict.fromkeys(KINDS, 1)
    paths = {finding.kind: finding.paths for finding in report.findings}
    cats = os.path.join("train", "cats")
    assert paths["contradiction"] == (os.path.join(cats, "both.png"), os.path.join("train", "dogs", "both.png"))
    assert paths["leak"] == (os.path.join(cats, "leak.png"), os.path.join("test", "cats", "leak.png"))
    assert paths["duplicate"] == tuple(os.path.join("train", "dogs", name) for name in ("one.png", "two.png"))
    assert paths["unreadable"] == (os.path.join(cats, "bad.png"),)
    assert paths["empty class"] == ("empty",)
    assert paths["missing class"] == ("birds",)
    assert paths["few"] == ("birds",)
    assert paths["alike names"] == ("dogs", "dogs_")
    for kind in ("tiny", "huge", "long", "grey", "alpha", "palette", "cmyk", "deep", "animated", "turned", "link"):
        assert [os.path.splitext(os.path.basename(path))[0] for path in paths[kind]] == [kind]
    details = {finding.kind: finding.detail for finding in report.findings}
    assert details["imbalance"] == "5 to 46 photos in train"
    assert details["missing class"] == "not in test"
    assert details["wrong extension"] == "holds PNG"
    assert details["tiny"] == "40 x 20 pixels"
    assert "holds no image" in details["unreadable"]
    assert report.errors == sum(kind.error for kind in KINDS.values()) == 6


@POSIX
def test_what_is_found_is_printed_with_advice_and_in_plain_characters(good, capsys):
    plant(good)
    assert main(["check", str(good)]) == 1
    out = capsys.readouterr().out
    for kind in KINDS.values():
        assert f"1 {kind.title}: {kind.advice}" in out
    assert "line\\nbreak.png" in out
    assert "6 things to mend, 19 remarks." in out


def test_ten_of_a_kind_are_listed_and_all_on_request(good, capsys):
    for number in range(15):
        (good / "train" / "cats" / f"bad{number:02}.png").write_bytes(b"x")
    assert main(["check", str(good)]) == 1
    out = capsys.readouterr().out
    assert (out.count("bad"), "... and 5 more; --all lists them" in out) == (10, True)
    main(["check", str(good), "--all"])
    assert capsys.readouterr().out.count("bad") == 15


def test_remarks_alone_are_an_error_only_when_strict(good):
    save(good / "train" / "cats" / "tiny.png", pixels(1, 9, 9))
    assert main(["check", str(good)]) == 0
    assert main(["check", str(good), "--strict"]) == 1


def test_json_holds_everything(good, tmp_path):
    (good / "train" / "cats" / "bad.png").write_bytes(b"x")
    main(["check", str(good), "--json", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["photos"], found["errors"]) == (101, 1)
    assert found["findings"][0]["kind"] == "unreadable"
    assert found["findings"][0]["paths"] == [os.path.join("train", "cats", "bad.png")]


class Page(html.parser.HTMLParser):
    """Counts tags, checks that they close in order, and keeps the text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text, self.sources = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@POSIX
def test_the_page_is_whole_escapes_names_and_needs_nothing_from_elsewhere(good, tmp_path):
    plant(good)
    cats = good / "train" / "cats"
    save(good / "elsewhere" / "z.png", pixels(1, 9, 9)).rename(cats / "<script>alert(1)<|script>&.png")
    check_folder(good).to_html(tmp_path / "page.html")
    page = Page()
    page.feed((tmp_path / "page.html").read_text())
    page.close()
    assert page.open == []
    assert "script" not in page.tags
    assert any("<script>alert(1)<|script>&.png" in text for text in page.text)
    assert page.tags.count("img") >= 15
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.sources)
    assert "no picture" in page.text
    headings = " ".join(page.text)
    assert all(kind.title in headings for kind in KINDS.values())


def test_photos_outside_classes_are_looked_at_too(tmp_path):
    save(tmp_path / "a.png", pixels(1, 44, 40))
    (tmp_path / "b.png").write_bytes(b"x")
    assert check_folder(tmp_path).counts == {"unreadable": 1, "loose": 2}


def test_a_wrong_folder_is_told(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none")]) == 1
    assert "there is no folder" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["check", str(tmp_path / "file")]) == 1
    assert "Received a file" in capsys.readouterr().err


def test_progress_counts_to_the_end(good):
    seen = []
    check_folder(good, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 100) for number in range(1, 101)]
