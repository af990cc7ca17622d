"""CSVLogger."""

import pytest

from fastcnn.callbacks import CSVLogger, LambdaCallback

pytestmark = pytest.mark.covers("callbacks.CSVLogger")


def test_rows_hold_the_epoch_and_the_logs_sorted_by_name(train, tmp_path):
    path = tmp_path / "log.csv"
    train(CSVLogger(path), [{"loss": 1.5, "acc": 0.5}, {"loss": 1.0, "acc": 0.75}])

    assert path.read_text() == "epoch,acc,loss\n0,0.5,1.5\n1,0.75,1.0\n"


def test_each_row_is_on_disk_when_its_epoch_ends(train, tmp_path):
    path, seen = tmp_path / "log.csv", []
    read = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(len(path.read_text().splitlines())))
    train([CSVLogger(path), read], [{"loss": 1.0}, {"loss": 2.0}])

    assert seen == [2, 3]


def test_append_continues_in_the_files_columns(train, tmp_path):
    path = tmp_path / "log.csv"
    train(CSVLogger(path, separator=";"), [{"loss": 1.0, "acc": 0.5}])
    train(CSVLogger(path, separator=";", append=True), [{"loss": 2.0}])

    assert path.read_text() == "epoch;acc;loss\n0;0.5;1.0\n0;NA;2.0\n"


def test_without_append_the_file_begins_afresh(train, tmp_path):
    path = tmp_path / "log.csv"
    for loss in (1.0, 2.0):
        train(CSVLogger(path), [{"loss": loss}])

    assert path.read_text() == "epoch,loss\n0,2.0\n"


def test_names_that_appear_later_get_columns(train, tmp_path):
    path = tmp_path / "log.csv"
    train(CSVLogger(path), [{"loss": 3.0}, {"loss": 2.0, "val_loss": 2.5}, {"loss": 1.0}])

    assert path.read_text() == "epoch,loss,val_loss\n0,3.0,NA\n1,2.0,2.5\n2,1.0,NA\n"
    assert [file.name for file in tmp_path.iterdir()] == ["log.csv"]


def test_a_path_that_cannot_be_written_is_an_error_before_training(train, model, tmp_path):
    with pytest.raises(FileNotFoundError):
        train(CSVLogger(tmp_path / "no" / "log.csv"), [{"loss": 1.0}])
    assert model.weight == -1
