"""ModelCheckpoint: when it saves, under which names, and what it refuses."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, load_model
from fastcnn.callbacks import ModelCheckpoint

pytestmark = pytest.mark.covers("callbacks.ModelCheckpoint")


def losses(*values):
    return [{"val_loss": float(value)} for value in values]


def saved_names(model, folder):
    return [path.removeprefix(f"{folder}/") for _, path in model.saved]


def test_every_epoch_is_saved_under_its_number_from_one(train, model, tmp_path):
    train(ModelCheckpoint(tmp_path / "m{epoch:02d}-{val_loss:.1f}.fcnn"), losses(3, 4))

    assert saved_names(model, tmp_path) == ["m01-3.0.fcnn", "m02-4.0.fcnn"]
    assert model.saved[0][0] == "model"


def test_weights_only_saves_weights(train, model, tmp_path):
    train(ModelCheckpoint(tmp_path / "m.weights.fcnn", save_weights_only=True), losses(3))

    assert model.saved == [("weights", str(tmp_path / "m.weights.fcnn"))]


def test_save_best_only_saves_improvements(train, model, tmp_path):
    train(ModelCheckpoint(tmp_path / "{epoch}.fcnn", save_best_only=True), losses(3, 4, 3, 2, 2.5))

    assert saved_names(model, tmp_path) == ["1.fcnn", "4.fcnn"]


def test_initial_value_threshold_must_be_beaten_first(train, model, tmp_path):
    callback = ModelCheckpoint(tmp_path / "{epoch}.fcnn", save_best_only=True, initial_value_threshold=2.5)
    train(callback, losses(3, 2, 1))

    assert saved_names(model, tmp_path) == ["2.fcnn", "3.fcnn"]


def test_best_value_lasts_over_a_second_fit(train, model, tmp_path):
    callback = ModelCheckpoint(tmp_path / "{val_loss}.fcnn", save_best_only=True)
    train(callback, losses(1))
    train(callback, losses(2, 0.5))

    assert saved_names(model, tmp_path) == ["1.0.fcnn", "0.5.fcnn"]


def test_save_freq_counts_batches_across_epochs(train, model, tmp_path):
    train(ModelCheckpoint(tmp_path / "{epoch}-{batch}.fcnn", save_freq=3), losses(1, 1, 1), batches=4)

    assert saved_names(model, tmp_path) == ["1-3.fcnn", "2-2.fcnn", "3-1.fcnn", "3-4.fcnn"]


def test_period_skips_epochs(train, model, tmp_path):
    train(ModelCheckpoint(tmp_path / "{epoch}.fcnn", period=2), losses(5, 4, 3, 2, 1))

    assert saved_names(model, tmp_path) == ["2.fcnn", "4.fcnn"]


@pytest.mark.parametrize(("field", "key"), [("val_acc", "val_accuracy"), ("val_accuracy", "val_acc")])
def test_acc_and_accuracy_are_the_same_in_names_and_monitor(train, model, tmp_path, field, key):
    path = str(tmp_path / f"{{{field}:.2f}}.fcnn")
    train(ModelCheckpoint(path, monitor=field, save_best_only=True), [{key: 0.5}, {key: 0.25}, {key: 0.75}])

    assert saved_names(model, tmp_path) == ["0.50.fcnn", "0.75.fcnn"]


def test_missing_folders_are_made(train, tmp_path):
    train(ModelCheckpoint(tmp_path / "run" / "{epoch}" / "m.fcnn"), losses(1))

    assert (tmp_path / "run" / "1").is_dir()


def test_missing_monitor_warns_and_saves(train, model, tmp_path):
    with pytest.warns(UserWarning, match="'val_loss' is not in the logs"):
        train(ModelCheckpoint(tmp_path / "m.fcnn", save_best_only=True), [{"loss": 1.0}])
    assert len(model.saved) == 1


def test_verbose_says_what_it_does(train, tmp_path, capsys):
    path = tmp_path / "m.fcnn"
    train(ModelCheckpoint(path, verbose=1, save_best_only=True), losses(2, 3, 1))

    assert capsys.readouterr().out == (
        f"\nEpoch 1: val_loss improved from None to 2.00000, saving model to {path}\n"
        "\nEpoch 2: val_loss did not improve from 2.00000\n"
        f"\nEpoch 3: val_loss improved from 2.00000 to 1.00000, saving model to {path}\n"
    )


@pytest.mark.parametrize("path", ["best.onnx", "folder/", "best.fcnn.zip", "best.weights.fcnn"])
def test_names_that_say_something_else_are_refused_when_built(path):
    with pytest.raises(ValueError, match=r"ModelCheckpoint: (f|to save)"):
        ModelCheckpoint(path)


@pytest.mark.parametrize("path", ["best.fcnn", "best.keras"])
def test_weights_need_their_own_ending(path):
    with pytest.raises(ValueError, match=r"ModelCheckpoint: .*\.weights"):
        ModelCheckpoint(path, save_weights_only=True)


@pytest.mark.covers("callbacks.ModelCheckpoint", "trap.14")
@pytest.mark.parametrize("name", ["w-{epoch:02d}.hdf5", "w-{epoch:02d}.h5", "w-{epoch:02d}.keras", "w-{epoch:02d}"])
@pytest.mark.parametrize("weights_only", [True, False])
def test_every_name_of_every_keras_is_written(tmp_path, name, weights_only):
    if weights_only and name.endswith(".keras"):
        name = "w-{epoch:02d}.weights.h5"
    model, x, y = Sequential([layers.Input((3,)), layers.Dense(1)], backend="numpy"), np.ones((4, 3)), np.ones(4)
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0, callbacks=[ModelCheckpoint(tmp_path / name, save_weights_only=weights_only)])
    path = tmp_path / name.format(epoch=1)
    found = model if weights_only else load_model(path)
    found.load_weights(path)
    assert np.array_equal(found.get_weights()[0], model.get_weights()[0])


@pytest.mark.parametrize("path", ["{epoch:02d-x.fcnn", "{}.fcnn", "{val_loss:d}.fcnn"])
def test_names_that_cannot_be_formatted_are_refused_when_built(path):
    with pytest.raises(ValueError, match="filepath cannot be formatted"):
        ModelCheckpoint(path)


def test_a_folder_in_the_files_place_is_refused_when_built(tmp_path):
    (tmp_path / "m.fcnn").mkdir()
    with pytest.raises(ValueError, match="not a folder"):
        ModelCheckpoint(tmp_path / "m.fcnn")


def test_a_field_that_is_not_in_the_logs_names_those_that_are(train, tmp_path):
    with pytest.raises(KeyError, match=r"'val_f1' in filepath .* Available: epoch, val_loss"):
        train(ModelCheckpoint(tmp_path / "{val_f1:.2f}.fcnn"), losses(1))


@pytest.mark.parametrize("arguments", [{"save_freq": "batch"}, {"save_freq": 0}, {"period": 0}])
def test_frequencies_must_be_positive(arguments):
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} must be a positive integer"):
        ModelCheckpoint("m.fcnn", **arguments)
