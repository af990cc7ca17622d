"""EarlyStopping, and the direction of what is monitored."""

import math
from types import SimpleNamespace

import pytest

from fastcnn.callbacks import EarlyStopping

pytestmark = pytest.mark.covers("callbacks.EarlyStopping")


def losses(*values):
    return [{"val_loss": value} for value in values]


@pytest.mark.parametrize(("patience", "epochs"), [(0, 3), (1, 3), (2, 4), (3, 6)])
def test_training_stops_after_patience_epochs_without_improvement(train, patience, epochs):
    assert train(EarlyStopping(patience=patience), losses(3, 2, 2, 2, 1.5, 1.5)) == epochs


def test_patience_zero_never_stops_after_the_first_epoch(train):
    assert train(EarlyStopping(start_from_epoch=0, min_delta=1), losses(3, 3)) == 2


def test_only_changes_beyond_min_delta_are_improvements(train):
    assert train(EarlyStopping(min_delta=0.5, patience=1), losses(3, 2.4, 2.0, 1.0)) == 3
    assert train(EarlyStopping(min_delta=-0.5, patience=1), losses(3, 2.4, 2.0, 1.0)) == 3


def test_mode_max_waits_for_a_rise(train):
    logs = [{"val_score": value} for value in (0.1, 0.5, 0.4, 0.9)]

    assert train(EarlyStopping("val_score", mode="max", patience=1), logs) == 3


def test_epochs_before_start_from_epoch_do_not_count(train, model):
    callback = EarlyStopping(patience=1, start_from_epoch=2, restore_best_weights=True)

    assert train(callback, losses(0.1, 5, 3, 4, 2)) == 4
    assert model.weight == 2


def test_improvements_that_miss_the_baseline_do_not_restart_the_count(train):
    assert train(EarlyStopping(patience=3, baseline=1.0), losses(3, 2.5, 2.6, 2.4, 2.5, 2.6)) == 3
    assert train(EarlyStopping(patience=3, baseline=1.0), losses(3, 0.9, 2.6, 2.4, 2.5, 2.6)) == 5


@pytest.mark.parametrize(("values", "best"), [((3, 2, 4, 5), 1), ((3, 2, 1), 2), ((math.nan, math.nan), 0)])
def test_best_weights_are_restored_however_training_ends(train, model, values, best):
    train(EarlyStopping(patience=2, restore_best_weights=True), losses(*values))

    assert model.weight == best


def test_without_restore_the_last_weights_stay(train, model):
    train(EarlyStopping(patience=2), losses(3, 2, 4, 5))

    assert model.weight == 3


def test_a_value_that_is_no_number_is_no_improvement(train, model):
    callback = EarlyStopping(patience=2, restore_best_weights=True)

    assert train(callback, losses(math.nan, 2, 1, math.nan, math.nan)) == 5
    assert model.weight == 2


def test_a_callback_may_be_used_again(train, model):
    callback = EarlyStopping(patience=1, restore_best_weights=True)
    train(callback, losses(1, 2))

    assert train(callback, losses(5, 4, 3)) == 3
    assert model.weight == 2


def test_verbose_says_when_it_stops_and_restores(train, capsys):
    train(EarlyStopping(patience=1, verbose=1, restore_best_weights=True), losses(1, 2))

    expected = "Epoch 2: early stopping\nRestoring model weights from the end of the best epoch: 1.\n"
    assert capsys.readouterr().out == expected


def test_a_missing_value_warns_with_the_available_ones_and_training_goes_on(train):
    with pytest.warns(UserWarning, match=r"'val_loss' is not in the logs of this epoch. Available: loss, acc"):
        assert train(EarlyStopping(), [{"loss": 1.0, "acc": 0.5}] * 3) == 3


@pytest.mark.parametrize(("monitor", "key"), [("val_acc", "val_accuracy"), ("val_accuracy", "val_acc")])
def test_acc_and_accuracy_are_the_same_to_monitor(train, monitor, key):
    assert train(EarlyStopping(monitor, patience=1), [{key: 0.5}, {key: 0.9}, {key: 0.8}, {key: 0.95}]) == 3


def test_mode_auto_follows_the_models_metric(train, model):
    model.metrics = [SimpleNamespace(name="score", direction="max")]

    assert train(EarlyStopping("val_score", patience=1), [{"val_score": value} for value in (0.1, 0.2, 0.1)]) == 3
    assert train(EarlyStopping("score", patience=1), [{"score": value} for value in (0.3, 0.2, 0.1)]) == 2


def test_an_unknown_direction_is_an_error_before_any_training(train, model):
    with pytest.raises(ValueError, match="cannot tell whether 'val_score' should rise or fall"):
        train(EarlyStopping("val_score"), [{"val_score": 1.0}])
    assert model.weight == -1


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r'EarlyStopping: mode must be "auto", "min" or "max". Received: \'best\''):
        EarlyStopping(mode="best")
