"""Folders as they are found: odd names, things that are no photos, and files that change while a network trains."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.data.image_error import ImageError, shown
from fastcnn.data.image_folder import scan
from fastcnn.preprocessing.image import ImageDataGenerator
from tests.data.photos import folder, pixels, save

POSIX = pytest.mark.skipif(os.name == "nt", reason="names, links and pipes of POSIX systems")
ODD_NAMES = [
    b"with space.png",
    b"line\nbreak.png",
    b"\x1b[31mred\x1b[0m.png",
    b"not utf-8 \xff\xfe.png",
    "חתול.png".encode(),
    "猫.png".encode(),
    "🐈.png".encode(),
    b"-rf.png",
    b"--help.png",
    b"quote'\"`.png",
    b"100%d %s {x}.png",
    b"$HOME;ls|cat&.png",
    b"UPPER.PNG",
    b"two.dots.png",
    b"trailing dot..png",
    b"x" * 240 + b".png",
]


def flow(top, **options):
    defaults = {"target_size": (12, 10), "batch_size": 4, "class_mode": "binary", "shuffle": False, "seed": 5}
    return ImageDataGenerator().flow_from_directory(top, **{**defaults, **options})


def network():
    model = Sequential([layers.Input((12, 10, 3)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model


@POSIX
def test_sixteen_odd_names_are_photos_like_any_other(tmp_path):
    (tmp_path / "cats").mkdir()
    expected = {}
    for number, name in enumerate(ODD_NAMES):
        plain = save(tmp_path / "plain.png", pixels(number))
        os.rename(plain, os.path.join(os.fsencode(tmp_path), b"cats", name))
        expected[os.path.join("cats", os.fsdecode(name))] = pixels(number)
    it = flow(tmp_path, class_mode=None, batch_size=16)
    assert len(it.filenames) == len(expected) == 16
    for name, photo in zip(it.filenames, next(it), strict=True):
        np.testing.assert_array_equal(photo, expected[name])


@POSIX
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_bad_photo_of_an_odd_name_is_named_in_one_plain_line(tmp_path, name):
    folder(tmp_path / "top", cats=1)
    path = os.path.join(os.fsencode(tmp_path / "top" / "cats"), name)
    with open(path, "wb") as file:
        file.write(b"no photo")
    with pytest.raises(ImageError) as caught:
        next(flow(tmp_path / "top", class_mode=None))
    text = str(caught.value)
    assert text.startswith(f"{shown(path)}: holds no image")
    assert text.isprintable()
    text.encode()  # to a terminal or a log


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(path.parent)  # since a socket's whole path has to be short
        try:
            one.bind(path.name)
        finally:
            os.chdir(here)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere.png")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _empty(path: Path) -> None:
    path.touch()


def _half(path: Path) -> None:
    save(path, pixels(1, 60, 60))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)


THINGS = {
    "fifo": (_fifo, "not a regular file"),
    "socket": (_socket, "not a regular file"),
    "device": (_device, "not a regular file"),
    "dangling link": (_dangling, "cannot be read: No such file"),
    "link to itself": (_loop, "cannot be read: Too many levels"),
    "empty": (_empty, "empty file"),
    "half a photo": (_half, "truncated image"),
}


@POSIX
@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_photo_is_skipped_or_stops_before_the_first_step(tmp_path, thing):
    make, reason = THINGS[thing]
    top = folder(tmp_path / "top", cats=30, dogs=30)
    (top / "cats" / "cats007.png").unlink()
    make(top / "cats" / "cats007.png")
    model = network()
    before = model.get_weights()
    with pytest.raises(ImageError, match=rf"cats007\.png: {reason}"):
        model.fit(flow(top, batch_size=60), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(new, old)
    it = flow(top, on_error="skip", max_skipped=0.1)
    model.fit(it, verbose=0, epochs=2)
    assert [(os.path.basename(path), reason in why) for path, why in it.skipped] == [("cats007.png", True)]


@POSIX
@pytest.mark.parametrize("change", [*THINGS, "gone"])
@pytest.mark.parametrize("when", ["before it is decoded", "between epochs"])
def test_files_that_change_while_a_network_trains_are_noticed(tmp_path, change, when):
    make, reason = THINGS.get(change, (_gone, "cannot be read: No such file"))
    top = folder(tmp_path / "top", cats=30, dogs=30)
    it = flow(top, on_error="skip", max_skipped=0.1, workers=0)
    for _ in range(1 if when == "before it is decoded" else len(it)):
        next(it)
    (top / "dogs" / "dogs009.png").unlink()
    make(top / "dogs" / "dogs009.png")
    while it.batch_index or not it.skipped:
        next(it)
    assert [(os.path.basename(path), reason in why) for path, why in it.skipped] == [("dogs009.png", True)]
    (weightless,) = [batch[2] for batch in (it[number] for number in range(len(it))) if len(batch) == 3]
    assert (weightless == 0).sum() == 1


def test_a_folder_that_vanishes_names_its_first_file(tmp_path):
    top = folder(tmp_path / "top", cats=9, dogs=9)
    it = flow(top, workers=0)
    next(it)
    os.rename(top, tmp_path / "elsewhere")
    with pytest.raises(ImageError, match=r"cats004\.png: cannot be read: No such file"):
        next(it)


def test_a_folder_with_a_photos_name_is_searched_like_any_other(tmp_path):
    save(tmp_path / "cats" / "odd.jpg" / "inner.png", pixels(1))
    assert scan(tmp_path, formats=("PNG", "JPEG")).filenames == (os.path.join("cats", "odd.jpg", "inner.png"),)


@POSIX
@pytest.mark.parametrize("follow", [False, True])
def test_links_to_folders_end_and_double_nothing(tmp_path, follow):
    top = folder(tmp_path / "top", cats=3, dogs=3)
    for name, target in (("self", "."), ("up", ".."), ("twice", str(top / "cats")), ("top", str(top))):
        (top / "cats" / name).symlink_to(target, target_is_directory=True)
    found = scan(top, formats=("PNG",), follow_links=follow)
    real = {os.path.realpath(top / name) for name in found.filenames if name.startswith("cats")}
    assert len([name for name in found.filenames if name.startswith("cats")]) == len(real)
    assert len(real) == (3 if not follow else 6)


@POSIX
def test_thousands_of_files_are_found_in_the_same_order_in_two_scans(tmp_path):
    first = save(tmp_path / "cats" / "0.png", pixels(1))
    for number in range(1, 3000):
        os.link(first, tmp_path / "cats" / f"{number}.png")
    names = scan(tmp_path, formats=("PNG",)).filenames
    assert len(names) == 3000
    assert list(names) == sorted(names) == list(scan(tmp_path, formats=("PNG",)).filenames)


AS_NOBODY = """
import os, sys
from fastcnn.preprocessing.image import ImageDataGenerator
top = sys.argv[1]
options = {"target_size": (12, 10), "class_mode": "binary", "workers": 0}
next(ImageDataGenerator().flow_from_directory(os.path.join(top, "folders"), **options))  # loads what is loaded late
os.setgid(65534), os.setuid(65534)
it = ImageDataGenerator().flow_from_directory(os.path.join(top, "files"), on_error="skip", max_skipped=0.5, **options)
next(it)
print(it.skipped)
try:
    ImageDataGenerator().flow_from_directory(os.path.join(top, "folders"), **options)
except OSError as error:
    print(type(error).__name__, error.filename)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may become somebody else")
def test_what_may_not_be_read_is_named(tmp_path):
    files, folders = folder(tmp_path / "files", cats=3, dogs=3), folder(tmp_path / "folders", cats=3, dogs=3)
    (files / "cats" / "cats001.png").chmod(0)
    (folders / "dogs").chmod(0)
    for path in [tmp_path, *tmp_path.parents]:
        if not path.stat().st_mode & 1:
            path.chmod(path.stat().st_mode | 0o011)
    environment = os.environ | {"FASTCNN_BACKEND": "numpy", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", AS_NOBODY, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr[-1000:]
    assert "cats001.png', 'cannot be read: Permission denied')]" in run.stdout
    assert f"PermissionError {folders / 'dogs'}" in run.stdout


@pytest.mark.parametrize("workers", [0, 2])
def test_137_bad_files_among_5000_are_just_those(tmp_path, workers, capsys):
    """Twenty photos under 5,000 names, 137 of which hold other bytes; every photo's pixels tell its own number."""
    good = [save(tmp_path / f"{number}.png", np.full((4, 4, 3), number, np.uint8)) for number in range(20)]
    data = [path.read_bytes() for path in good]
    rng = np.random.default_rng(3)
    bad = np.sort(rng.permutation(5000)[:137])
    for name in ("cats", "dogs"):
        (tmp_path / "top" / name).mkdir(parents=True)
    for number in range(5000):
        path = tmp_path / "top" / ("cats" if number < 2500 else "dogs") / f"{number:04}.png"
        content = data[number % 20]
        if number in bad:
            content = [b"", b"no photo", content[:50], content[: len(content) // 2]][number % 4]
        path.write_bytes(content)
    it = flow(tmp_path / "top", target_size=(4, 4), batch_size=64, on_error="skip", max_skipped=0.05, workers=workers)
    trained = []
    for step in range(len(it)):
        batch = next(it)
        weights = batch[2] if len(batch) == 3 else np.ones(len(batch[0]))
        first = step * 64
        for offset, (x, weight) in enumerate(zip(batch[0], weights, strict=True)):
            if weight:
                trained.append(first + offset)
                assert (x == (first + offset) % 20).all()
    assert len(it) == 79
    assert sorted({*range(5000)} - {*trained}) == bad.tolist()
    assert len(trained) == 4863
    assert [int(os.path.basename(path)[:4]) for path, _ in it.skipped] == bad.tolist()
    assert capsys.readouterr().out.count("137 of 5,000 images skipped: ") == 1
    model = network_of_4()
    strict = flow(tmp_path / "top", target_size=(4, 4), batch_size=64, workers=workers)
    with pytest.raises(ImageError, match=rf"image {bad[0] + 1:,} of 5,000|and \d+ more"):
        model.fit(strict, verbose=0)


def network_of_4():
    model = Sequential([layers.Input((4, 4, 3)), layers.Flatten(), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    return model
