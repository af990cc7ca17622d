"""get_file: the cache, checksums, archives that mean no good."""

import hashlib
import io
import tarfile
import urllib.request
import zipfile
from pathlib import Path

import pytest

from fastcnn.utils import get_file

DATA = b"photos" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "datasets"


@pytest.fixture
def origin(tmp_path):
    """A file's address."""
    (tmp_path / "there.bin").write_bytes(DATA)
    return (tmp_path / "there.bin").as_uri()


def zipped(path: Path, files: dict[str, bytes], link: str | None = None) -> str:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        if link:
            info = zipfile.ZipInfo(link)
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
    return path.as_uri()


def tarred(path: Path, files: dict[str, bytes], link: str | None = None) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc"
            archive.addfile(info)
    return path.as_uri()


@pytest.mark.covers("utils.get_file")
def test_a_file_is_fetched_once(cache, origin, tmp_path, capsys):
    path = get_file("mine.bin", origin, file_hash=SHA)
    assert Path(path) == cache / "mine.bin"
    assert Path(path).read_bytes() == DATA
    assert "Downloading" in capsys.readouterr().out
    (tmp_path / "there.bin").unlink()
    assert get_file("mine.bin", origin, md5_hash=MD5) == path
    assert capsys.readouterr().out == ""
    with pytest.raises(ConnectionError, match=r"there\.bin"):
        get_file("mine.bin", origin, force_download=True)
    assert Path(path).read_bytes() == DATA, "the old file is intact"


def test_the_address_gives_the_name_and_the_folders_can_be_chosen(origin, tmp_path):
    path = get_file(origin=origin, cache_dir=tmp_path / "c", cache_subdir="d")
    assert Path(path) == tmp_path / "c" / "d" / "there.bin"


def test_a_file_that_is_not_the_one_expected_is_refused(cache, origin):
    with pytest.raises(ValueError, match=f"not the file that was expected: its sha256 is {SHA}"):
        get_file("mine.bin", origin, file_hash="0" * 64)
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_fetched_anew(cache, origin):
    cache.mkdir(parents=True)
    (cache / "mine.bin").write_bytes(b"half")
    assert Path(get_file("mine.bin", origin, file_hash=SHA)).read_bytes() == DATA


def test_a_transfer_that_breaks_off_leaves_nothing(cache, monkeypatch):
    class Answer(io.BytesIO):
        headers = {"Content-Length": "9999"}  # noqa: RUF012

    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **kwargs: Answer(DATA))
    with pytest.raises(ConnectionError, match="broke off after 6,000 of 9,999 bytes"):
        get_file("mine.bin", "https://example.org/mine.bin")
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fname": "a"}, "expected origin"),
        ({"fname": "../a", "origin": "https://example.org/a"}, "without folders. Received: '../a'"),
        ({"fname": "a", "origin": "ftp://example.org/a"}, "an http, https or file address"),
        ({"fname": "a", "origin": "data:,x"}, "an http, https or file address"),
        ({"fname": "a", "origin": "file:///dev/null", "file_hash": "12"}, "expected an MD5, SHA-1 or SHA-256"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        get_file(**arguments)


FILES = {"cats_and_dogs/cats/1.jpg": b"cat", "cats_and_dogs/dogs/1.jpg": b"dog"}


@pytest.mark.parametrize("make", [zipped, tarred])
def test_archives_are_unpacked_where_keras_2_and_3_look(cache, tmp_path, make):
    origin = make(tmp_path / "a.zip", FILES)
    path = Path(get_file("cats.zip", origin, extract=True))
    assert path == cache / "cats_extracted"
    assert (path / "cats_and_dogs" / "cats" / "1.jpg").read_bytes() == b"cat"
    assert (path.parent / "cats_and_dogs" / "dogs" / "1.jpg").read_bytes() == b"dog"
    assert get_file("cats.zip", origin, extract=True) == str(path)
    assert Path(get_file("pets", origin, extract=True)) == cache / "pets"


def test_untar_gives_the_folder_in_the_archive(cache, tmp_path):
    origin = tarred(tmp_path / "a.tgz", FILES)
    path = Path(get_file("cats_and_dogs", origin, untar=True))
    assert path == cache / "cats_and_dogs"
    assert sorted(p.name for p in path.iterdir()) == ["cats", "dogs"]
    with pytest.raises(ValueError, match="holds no folder 'birds'"):
        get_file("birds", origin, untar=True)


HOSTILE = [
    (zipped, {"../out.txt": b"x"}, None),
    (zipped, {"/out.txt": b"x"}, None),
    (zipped, {"a/../../out.txt": b"x"}, None),
    (zipped, {"C:/out.txt": b"x"}, None),
    (zipped, {}, "link"),
    (tarred, {"../out.txt": b"x"}, None),
    (tarred, {"/out.txt": b"x"}, None),
    (tarred, {}, "link"),
]


@pytest.mark.parametrize(("make", "files", "link"), HOSTILE, ids=range(len(HOSTILE)))
def test_archives_that_lead_elsewhere_are_refused_and_leave_nothing(cache, tmp_path, make, files, link):
    origin = make(tmp_path / "a.zip", {"good.txt": b"x"} | files, link)
    with pytest.raises(ValueError, match=r"leads outside its folder|links and devices in archives are refused"):
        get_file("a.zip", origin, extract=True)
    assert [p.name for p in cache.iterdir()] == ["a.zip"]
    assert not list(tmp_path.rglob("out.txt"))


def test_what_is_no_archive_is_refused(origin):
    with pytest.raises(ValueError, match="neither a zip nor a tar file"):
        get_file("a.zip", origin, extract=True)
