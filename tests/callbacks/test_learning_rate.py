"""LearningRateScheduler and ReduceLROnPlateau."""

import math

import pytest

from fastcnn.callbacks import LambdaCallback, LearningRateScheduler, ReduceLROnPlateau


def losses(*values):
    return [{"val_loss": float(value)} for value in values]


@pytest.mark.covers("callbacks.LearningRateScheduler")
def test_scheduler_passes_epoch_and_rate_and_writes_the_rate_into_the_logs(train, model):
    train(LearningRateScheduler(lambda epoch, rate: rate / (epoch + 1)), losses(1, 1, 1))

    assert model.history.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.05 / 3])
    assert model.history.history["lr"] == model.history.history["learning_rate"]


@pytest.mark.covers("callbacks.LearningRateScheduler")
def test_scheduler_accepts_functions_of_the_epoch_alone(train, model):
    train(LearningRateScheduler(lambda epoch: 1.0 + epoch), losses(1, 1))

    assert model.optimizer.learning_rate == 2.0


@pytest.mark.covers("callbacks.LearningRateScheduler")
def test_a_type_error_inside_the_schedule_is_shown_as_it_is(train):
    with pytest.raises(TypeError, match="unsupported operand"):
        train(LearningRateScheduler(lambda epoch, rate=None: rate + "x"), losses(1))


@pytest.mark.parametrize("wrong", [None, "0.1", math.nan, [0.1]])
@pytest.mark.covers("callbacks.LearningRateScheduler")
def test_a_schedule_must_return_a_finite_number(train, wrong):
    with pytest.raises(ValueError, match="must return a finite number for epoch 0"):
        train(LearningRateScheduler(lambda epoch: wrong), losses(1))


@pytest.mark.covers("callbacks.LearningRateScheduler")
def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match=r"Received: 0.1"):
        LearningRateScheduler(0.1)


def rates(train, callback, logs):
    seen = []
    train(
        [
            callback,
            LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(callback.model.optimizer.learning_rate)),
        ],
        logs,
    )
    return seen


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_plateau_multiplies_the_rate_after_patience_epochs(train, model):
    seen = rates(train, ReduceLROnPlateau(factor=0.5, patience=2), losses(1, 1, 1, 1, 1))

    assert seen == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])
    assert model.history.history["learning_rate"] == pytest.approx([0.1, 0.1, 0.1, 0.05, 0.05])


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_plateau_counts_changes_within_min_delta_as_none(train):
    assert rates(train, ReduceLROnPlateau(factor=0.5, patience=1, min_delta=0.1), losses(1, 0.95, 0.8))[-1] == 0.05
    assert rates(train, ReduceLROnPlateau(factor=0.5, patience=1, epsilon=0.5), losses(1, 0.8))[-1] == 0.025


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_cooldown_epochs_do_not_count(train):
    seen = rates(train, ReduceLROnPlateau(factor=0.5, patience=1, cooldown=2), losses(1, 1, 1, 1, 1))

    assert seen == pytest.approx([0.1, 0.05, 0.05, 0.025, 0.025])


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_rate_never_falls_below_min_lr(train):
    assert rates(train, ReduceLROnPlateau(factor=0.1, patience=1, min_lr=0.03), losses(1, 1, 1, 1))[1:] == [0.03] * 3


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_missing_value_warns(train):
    with pytest.warns(UserWarning, match="ReduceLROnPlateau: the monitored value 'val_loss' is not in the logs"):
        train(ReduceLROnPlateau(), [{"loss": 1.0}])


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"less than 1. Received: 1.5"):
        ReduceLROnPlateau(factor=1.5)
    with pytest.raises(TypeError, match=r"ReduceLROnPlateau: unexpected arguments. Received: delta"):
        ReduceLROnPlateau(delta=1)


@pytest.mark.covers("callbacks.ReduceLROnPlateau")
def test_verbose_says_what_the_rate_becomes(train, capsys):
    train(LearningRateScheduler(lambda epoch: 0.5, verbose=1), losses(1))
    train(ReduceLROnPlateau(factor=0.5, patience=1, verbose=1), losses(1, 1))
    train([LearningRateScheduler(lambda epoch: 0.5), ReduceLROnPlateau(patience=1)], losses(1, 1))

    assert capsys.readouterr().out == (
        "\nEpoch 1: LearningRateScheduler setting learning rate to 0.5.\n"
        "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.25.\n"
    )
