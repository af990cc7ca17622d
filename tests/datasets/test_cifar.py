"""CIFAR-10 and CIFAR-100, in every form; and files that would run something."""

import urllib.request

import numpy as np
import pytest

import fastcnn
from fastcnn.datasets import cifar10, cifar100
from fastcnn.datasets.batches import read_batch
from tests.datasets.files import photos, python_batch, tar

NAMES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
TEN = {name: (photos(4), list(range(i, i + 4))) for i, name in enumerate(NAMES)}
HUNDRED = {name: (photos(n), [7] * n, list(range(90, 90 + n))) for name, n in (("train", 6), ("test", 3))}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty cache, and no network."""

    def unplugged(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("FASTCNN_DATASETS", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", unplugged)
    return tmp_path / "keras" / "datasets"


def ten(binary: bool) -> dict[str, bytes]:
    """All files of CIFAR-10."""
    if not binary:
        return {name: python_batch(x, {"labels": y}) for name, (x, y) in TEN.items()}
    return {f"{name}.bin": np.hstack([np.array(y, np.uint8)[:, None], x]).tobytes() for name, (x, y) in TEN.items()}


def hundred(binary: bool) -> dict[str, bytes]:
    """All files of CIFAR-100."""
    if not binary:
        return {n: python_batch(x, {"coarse_labels": c, "fine_labels": f}) for n, (x, c, f) in HUNDRED.items()}
    return {f"{n}.bin": np.hstack([np.array([c, f], np.uint8).T, x]).tobytes() for n, (x, c, f) in HUNDRED.items()}


def put(folder, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


@pytest.mark.covers("datasets.cifar10.load_data")
@pytest.mark.parametrize(
    ("place", "binary"),
    [
        ("cifar-10-batches-py", False),
        ("cifar-10-batches-py-target/cifar-10-batches-py", False),
        ("cifar-10-python.tar.gz", False),
        ("cifar-10-batches-py.tar.gz", False),
        ("cifar-10-batches-bin", True),
        ("cifar-10-binary.tar.gz", True),
        ("cifar10", False),
    ],
)
def test_cifar10(home, place, binary):
    if place.endswith(".gz"):
        tar(home / place, {"folder/" + name: data for name, data in ten(binary).items()} | {"folder/readme.html": b"x"})
    else:
        put(home / place, ten(binary))
    (x, y), (x_test, y_test) = cifar10.load_data()
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == ((20, 32, 32, 3), (20, 1), (4, 32, 32, 3), (4, 1))
    assert x.dtype == y.dtype == np.uint8
    raw, labels = TEN["data_batch_2"]
    np.testing.assert_array_equal(x[4, 5, 6], raw[0].reshape(3, 32, 32)[:, 5, 6])
    np.testing.assert_array_equal(y[4:8, 0], labels)
    np.testing.assert_array_equal(x_test[3].transpose(2, 0, 1).ravel(), TEN["test_batch"][0][3])


@pytest.mark.covers("datasets.cifar100.load_data")
@pytest.mark.parametrize("place", ["cifar-100-python", "cifar-100-python.tar.gz", "cifar-100-binary.tar.gz"])
def test_cifar100(tmp_path, place):
    binary = "binary" in place
    if place.endswith(".gz"):
        tar(tmp_path / place, hundred(binary))
    else:
        put(tmp_path / place, hundred(binary))
    (x, y), (_, y_test) = cifar100.load_data(path=tmp_path)
    assert x.shape == (6, 32, 32, 3)
    assert (y.ravel().tolist(), y_test.ravel().tolist()) == ([90, 91, 92, 93, 94, 95], [90, 91, 92])
    assert set(cifar100.load_data("coarse", tmp_path)[0][1].ravel()) == {7}
    with pytest.raises(ValueError, match=r'label_mode must be "fine" or "coarse"\. Received: .medium.'):
        cifar100.load_data("medium")


def test_channels_come_first_when_the_configuration_says_so(tmp_path):
    put(tmp_path / "cifar-10-batches-py", ten(False))
    with fastcnn.config.using(image_data_format="channels_first"):
        (x, _), _ = cifar10.load_data(tmp_path)
    np.testing.assert_array_equal(x[0].ravel(), TEN["data_batch_1"][0][0])


def test_an_archive_can_be_named(home, tmp_path):
    tar(tmp_path / "cifar-10-python.tar.gz", ten(False))
    assert cifar10.load_data(tmp_path / "cifar-10-python.tar.gz")[0][0].shape == (20, 32, 32, 3)


def test_what_is_nowhere_is_asked_for_by_name(home):
    with pytest.raises(FileNotFoundError, match=r"(?s)cifar10 is not in .*cifar-10-python\.tar\.gz"):
        cifar10.load_data()


HARMFUL = [
    b"cos\nsystem\n(S'echo harm'\ntR.",
    b"\x80\x02cos\nsystem\nU\x09echo harm\x85R.",
    b"\x80\x02cbuiltins\neval\nU\x011\x85R.",
    b"\x80\x02cnumpy\ndtype\nU\x01O\x85R.",
    b"\x80\x02cnumpy\nndarray\nK\x00\x85R.",
    b"\x80\x04\x95.",
    b"\x80\x02}q\x01(U\x04dataT\xff\xff\xff\x7fabc",
    b"\x80\x02]K\x01K\x02s.",
    b"\x80\x02K\x01.",
    b"e.",
    b"h\x05.",
    b".",
    b"",
]


@pytest.mark.parametrize("data", HARMFUL, ids=range(len(HARMFUL)))
def test_files_that_are_no_batches_are_refused_and_nothing_runs(data, capfd):
    with pytest.raises(ValueError, match=r"batch of CIFAR|ends too early|expected"):
        read_batch(data)
    assert "harm" not in capfd.readouterr().out


def test_every_damage_to_a_batch_is_refused_or_harmless():
    data = python_batch(photos(1), {"labels": [3]})
    rng = np.random.default_rng(1)
    head = [i for i in range(len(data)) if not 300 < i < len(data) - 60]
    for position in rng.choice(head, 300):
        spoiled = bytearray(data)
        spoiled[position] ^= int(rng.integers(1, 256))
        try:
            read_batch(bytes(spoiled))
        except ValueError:
            continue


def test_batches_of_another_shape_are_refused(tmp_path):
    files = ten(False)
    files["data_batch_3"] = python_batch(photos(4), {"labels": [1, 2, 3]})
    put(tmp_path / "cifar-10-batches-py", files)
    with pytest.raises(ValueError, match=r"data_batch_1 and its like are damaged.*expected data of 3072 bytes a photo"):
        cifar10.load_data(tmp_path)


def test_archives_without_all_batches_are_refused(tmp_path):
    tar(tmp_path / "cifar-10-binary.tar.gz", {n: d for n, d in ten(True).items() if "3" not in n})
    with pytest.raises(ValueError, match="the archive lacks data_batch_3"):
        cifar10.load_data(tmp_path)
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"not an archive")
    with pytest.raises(ValueError, match=r"cifar-10-binary\.tar\.gz and its like are damaged"):
        cifar10.load_data(tmp_path)
