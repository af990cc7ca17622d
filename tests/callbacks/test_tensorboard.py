"""TensorBoard: bytes as TensorBoard's own classes write them, and what lands in which file."""

import struct

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, layers
from fastcnn.callbacks import event_file
from fastcnn.callbacks.event_file import EventFile
from tests.helpers import golden

pytestmark = pytest.mark.covers("callbacks.TensorBoard")
FILE = golden("events")
TIME = 1234567.5


def test_checksum_is_the_masked_castagnoli_crc():
    # from RFC 3720, B.4: the CRC-32C of 32 zeros, and of 0 to 31
    for data, crc in ((bytes(32), 0x8A9136AA), (bytes(range(32)), 0x46DD794E)):
        assert event_file.masked_crc(data) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_are_those_of_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setattr(event_file.time, "time", lambda: TIME)
    written = {
        "scalars": (7, [event_file.scalar_value("epoch_loss", 0.25), event_file.scalar_value("zero", 0.0)]),
        "first_step": (0, [event_file.scalar_value("batch_accuracy", -3.5)]),
        "histogram": (300, [event_file.histogram_value("w/histogram", np.linspace(-1, 2, 61))]),
        "image": (1, [event_file.image_value("w/image/0", b"png", 2, 300, 1)]),
        "text": (0, [event_file.text_value("keras", "{}", "graph_keras_model", b"1")]),
    }
    file = EventFile(tmp_path)
    for step, values in written.values():
        file.write(values, step)
    file.close()
    expected = [FILE["version"], *(FILE[name] for name in written)]
    with open(file.path, "rb") as opened:
        assert opened.read() == b"".join(part.tobytes() for part in expected)


def test_histogram_leaves_out_what_is_not_finite():
    good = event_file.histogram_value("w", np.array([1.0, 2.0]))
    assert event_file.histogram_value("w", np.array([1.0, np.nan, 2.0, np.inf])) == good
    event_file.histogram_value("w", np.array([np.nan]))


def fields(data: bytes) -> dict[int, list]:
    """The fields of a protocol buffer, not knowing what they mean."""
    found, at = {}, 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        size = {0: None, 1: 8, 5: 4}.get(key & 7, -1)
        if size is None:
            value = varint()
        else:
            size = varint() if size < 0 else size
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def scalars(folder) -> dict[str, dict[int, float]]:
    """{tag: {step: value}} of the only event file in a folder; None for what is no scalar."""
    (path,) = folder.iterdir()
    data, at, found = path.read_bytes(), 0, {}
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = fields(data[at + 12 : at + 12 + length])
        at += 16 + length
        for value in fields(event[5][0])[1] if 5 in event else ():
            value, step = fields(value), event.get(2, [0])[0]
            number = struct.unpack("<f", value[2][0])[0] if 2 in value else None
            found.setdefault(value[1][0].decode(), {})[step] = number
    return found


def fitted(folder, epochs: int = 2, **kwargs: object):
    model = Sequential(
        [layers.Input((4, 4, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(1)], backend="numpy"
    )
    model.compile("sgd", "mse", ["mae"])
    x, y = np.ones((12, 4, 4, 3), "f4"), np.zeros(12)
    board = callbacks.TensorBoard(folder, **kwargs)
    data = {"batch_size": 5, "validation_data": (x, y), "verbose": 0}
    return model, model.fit(x, y, epochs=epochs, callbacks=[board], **data).history


def test_curves_of_training_and_validation_go_into_two_files(tmp_path):
    _, history = fitted(tmp_path)
    train, validation = scalars(tmp_path / "train"), scalars(tmp_path / "validation")
    assert set(train) == {"keras", "epoch_loss", "epoch_mae", "epoch_learning_rate"}
    assert train["epoch_learning_rate"] == pytest.approx({0: 0.01, 1: 0.01})
    for name in ("loss", "mae"):
        assert list(train[f"epoch_{name}"].values()) == pytest.approx(history[name])
        assert list(validation[f"epoch_{name}"].values()) == pytest.approx(history[f"val_{name}"])
        at = validation[f"evaluation_{name}_vs_iterations"]
        assert at == pytest.approx({3: history[f"val_{name}"][0], 6: history[f"val_{name}"][1]})


def test_batches_weights_pictures_and_speed_are_written_when_asked_for(tmp_path):
    options = {"histogram_freq": 2, "write_images": True, "write_graph": False, "write_steps_per_second": True}
    model, _ = fitted(tmp_path, 3, update_freq=2, **options)
    train = scalars(tmp_path / "train")
    assert list(train["batch_loss"]) == list(train["batch_steps_per_second"]) == [2, 4, 6, 8]
    assert all(value > 0 for value in train["epoch_steps_per_second"].values())
    for weight in model.weights:
        assert list(train[f"{weight.name}/histogram"]) == list(train[f"{weight.name}/image/0"]) == [0, 2]
    assert "keras" not in train


def test_evaluation_alone_writes_its_values(tmp_path):
    model, _ = fitted(tmp_path / "fit")
    model.evaluate(np.ones((3, 4, 4, 3)), np.zeros(3), verbose=0, callbacks=[callbacks.TensorBoard(tmp_path / "test")])
    assert set(scalars(tmp_path / "test" / "validation")) == {
        "evaluation_loss_vs_iterations",
        "evaluation_mae_vs_iterations",
    }


def test_arguments_of_keras_2_are_taken_and_what_is_not_written_is_said(tmp_path):
    callbacks.TensorBoard(tmp_path, batch_size=16, write_grads=False, embeddings_data=None)
    with pytest.warns(UserWarning, match="gradients are not written"):
        callbacks.TensorBoard(tmp_path, write_grads=True)
    with pytest.warns(UserWarning, match="profile_batch writes nothing"):
        callbacks.TensorBoard(tmp_path, profile_batch=2)
    for wrong in ({"embeddings_freq": 1}, {"update_freq": 0}, {"update_freq": "step"}):
        with pytest.raises(ValueError, match="TensorBoard"):
            callbacks.TensorBoard(tmp_path, **wrong)
    with pytest.raises(TypeError, match="unexpected argument"):
        callbacks.TensorBoard(logdir="x")
