"""MNIST and Fashion-MNIST, in every form and place."""

import gzip
import types
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from fastcnn.datasets import fashion_mnist, mnist
from tests.datasets.files import digits, write_mnist, write_npz


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty cache, and no network."""

    def unplugged(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("FASTCNN_DATASETS", raising=False)
    monkeypatch.setattr(fashion_mnist, "_DEBIAN", str(tmp_path / "debian"))
    monkeypatch.setattr(urllib.request, "urlopen", unplugged)
    return tmp_path / "keras" / "datasets"


def same(found: tuple, data: tuple) -> None:
    for (x, y), (expected_x, expected_y) in zip(found, data, strict=True):
        np.testing.assert_array_equal(x, expected_x)
        np.testing.assert_array_equal(y, expected_y)
        assert x.dtype == y.dtype == np.uint8
        assert x.flags.writeable


@pytest.mark.covers("datasets.mnist.load_data")
def test_mnist_of_the_cache(home):
    data = digits()
    write_npz(home / "mnist.npz", data)
    same(mnist.load_data(), data)
    same(mnist.load_data(path="mnist.npz"), data)


@pytest.mark.parametrize(("ending", "dot"), [(".gz", False), ("", False), ("", True), (".gz", True)])
def test_mnists_own_files(home, tmp_path, ending, dot):
    data = digits()
    write_mnist(tmp_path / "mine", data, ending, dot)
    same(mnist.load_data(path=tmp_path / "mine"), data)
    same(fashion_mnist.load_data(path=str(tmp_path / "mine")), data)


@pytest.mark.parametrize("folder", ["", "mnist", "MNIST/raw"])
def test_a_folder_of_ones_own_comes_first(home, tmp_path, monkeypatch, folder):
    write_npz(home / "mnist.npz", digits())
    data = digits()
    write_mnist(tmp_path / "sets" / folder, data)
    monkeypatch.setenv("FASTCNN_DATASETS", str(tmp_path / "sets"))
    same(mnist.load_data(), data)


def test_a_file_is_named(home, tmp_path):
    data = digits()
    write_npz(tmp_path / "other.npz", data)
    write_npz(tmp_path / "mnist.npz", digits())
    same(mnist.load_data(path=tmp_path / "other.npz"), data)


@pytest.mark.covers("datasets.fashion_mnist.load_data")
@pytest.mark.parametrize(
    "place", ["keras/datasets/fashion-mnist", "debian", "sets/FashionMNIST/raw", "sets/fashion-mnist"]
)
def test_places_of_fashion_mnist(home, tmp_path, monkeypatch, place):
    monkeypatch.setenv("FASTCNN_DATASETS", str(tmp_path / "sets"))
    write_mnist(tmp_path / "sets", digits())  # digits, not clothes
    data = digits()
    write_mnist(tmp_path / place, data)
    same(fashion_mnist.load_data(), data)


def test_what_is_nowhere_is_asked_for_by_name(home):
    with pytest.raises(FileNotFoundError) as caught:
        mnist.load_data()
    text = str(caught.value)
    assert f"mnist is not in {home} and could not be fetched (https://" in text
    assert "no network" in text
    assert "mnist.npz" in text
    assert "train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz" in text
    assert "FASTCNN_DATASETS" in text
    assert "https://" in text
    with pytest.raises(FileNotFoundError, match=r"fashion_mnist is not in .*Put one of these there"):
        fashion_mnist.load_data(path=home.parent.parent)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:50], "should hold .20, 28, 28. values. It holds"),
        (lambda data: b"\0\0\x0d" + data[3:], "no idx file of bytes"),
        (lambda data: data[:6], "too short"),
        (lambda data: data[:4] + b"\xff\xff\xff\xff" + data[8:], "should hold"),
        (lambda data: b"", "no idx file"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, spoil, message):
    write_mnist(tmp_path, digits())
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(spoil(gzip.decompress(path.read_bytes()))))
    with pytest.raises(ValueError, match=f"train-images.*{message}"):
        mnist.load_data(path=tmp_path)


def test_labels_must_belong_to_the_images(tmp_path):
    train, test = digits()
    write_mnist(tmp_path, ((train[0], train[1][:5]), test))
    with pytest.raises(ValueError, match=r"images \(20, 28, 28\) and labels \(5,\) do not belong together"):
        mnist.load_data(path=tmp_path)


def test_an_archive_of_objects_is_refused(home):
    home.mkdir(parents=True)
    objects = np.array([{"a": 1}], dtype=object)
    np.savez(home / "mnist.npz", x_train=objects, y_train=objects, x_test=objects, y_test=objects)
    with pytest.raises(ValueError, match=r"mnist\.npz.*Object arrays cannot be loaded"):
        mnist.load_data()


def test_fetched_files_are_checked(home, monkeypatch):
    class Answer:
        headers = types.MappingProxyType({})

        def read(self, size):
            return b""

        def close(self):
            pass

    monkeypatch.setattr(urllib.request, "urlopen", lambda *args, **kwargs: Answer())
    with pytest.raises(
        ValueError, match=r"mnist\.npz is not the file that was expected: its sha256 is e3b0c44298fc1c14"
    ):
        mnist.load_data()
    assert list(Path(home).iterdir()) == []
