"""Callback, CallbackList, History, LambdaCallback, TerminateOnNaN and names that mean the same."""

import json
import math

import pytest

from fastcnn import callbacks
from fastcnn.compat.aliases import AliasDict


class Recorder(callbacks.Callback):
    """Notes the hooks that are called; does not call super().__init__()."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_"):
            self.calls.append(name)
        return super().__getattribute__(name)


def test_every_hook_reaches_every_callback(model):
    hooks = [name for name in dir(callbacks.Callback) if name.startswith("on_")]
    first, second = Recorder(), Recorder()
    both = callbacks.CallbackList([first, [second]], model=model, epochs=2)
    for name in hooks:
        numbered = "epoch" in name or "batch" in name
        getattr(both, name)(*((0,) if numbered else ()))

    assert set(first.calls) == set(second.calls) == set(hooks)
    assert first.model is model
    assert second.params == {"epochs": 2}


def test_hooks_under_their_first_names_are_still_called(train):
    calls = []

    class Old(callbacks.Callback):
        def on_batch_begin(self, batch, logs=None):
            calls.append(("begin", batch, dict(logs)))

        def on_batch_end(self, batch, logs=None):
            calls.append(("end", batch, dict(logs)))

    train(Old(), [{"loss": 1.0}], batches=1)
    assert calls == [("begin", 0, {}), ("end", 0, {"loss": 1.0})]


def test_callbacks_may_change_logs_without_harm_to_the_caller(model):
    logs = {"loss": 1.0}
    clear = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.clear())
    callbacks.CallbackList(clear, model=model).on_epoch_end(0, logs)

    assert logs == {"loss": 1.0}


def test_what_a_callback_writes_into_epoch_logs_reaches_the_history(train, model):
    def write(epoch, logs):
        logs["extra"] = 2.0 * epoch

    train(callbacks.LambdaCallback(on_epoch_end=write), [{"loss": 1.0}, {"loss": 0.5}])
    assert model.history.history == {"loss": [1.0, 0.5], "extra": [0.0, 2.0]}


def test_history_keeps_epochs_and_its_own_names_and_finds_their_twins(train, model):
    train([], [{"accuracy": 0.5, "val_acc": 0.25}, {"accuracy": 0.75, "val_acc": 0.5}])
    history = model.history.history

    assert model.history.epoch == [0, 1]
    assert list(history) == ["accuracy", "val_acc"]
    assert history["acc"] == history["accuracy"] == [0.5, 0.75]
    assert history["val_accuracy"] == history.get("val_acc") == [0.25, 0.5]
    assert json.loads(json.dumps(history)) == {"accuracy": [0.5, 0.75], "val_acc": [0.25, 0.5]}


def test_a_history_among_the_users_callbacks_is_used(train, model):
    mine = callbacks.History()
    train([mine], [{"loss": 1.0}])

    assert model.history is mine
    assert mine.history == {"loss": [1.0]}


def test_alias_dict_finds_twins_only_in_look_ups():
    logs = AliasDict({"acc": 1.0, "lr": 0.5})

    assert (logs["accuracy"], logs.get("learning_rate"), "val_accuracy" in logs) == (1.0, 0.5, False)
    assert "accuracy" in logs
    assert list(logs.copy()) == ["acc", "lr"]
    assert logs.copy()["accuracy"] == 1.0
    assert logs.get("val_acc", 7) == 7
    with pytest.raises(KeyError, match="val_acc"):
        logs["val_acc"]


def test_alias_dict_prefers_the_name_itself():
    assert AliasDict({"acc": 1.0, "accuracy": 2.0})["acc"] == 1.0


@pytest.mark.parametrize(
    ("wrong", "message"), [(callbacks.History, r"write History\(\)"), ("early", "Received: 'early'")]
)
def test_what_is_no_callback_is_refused(wrong, message):
    with pytest.raises(TypeError, match=message):
        callbacks.CallbackList([wrong])


def test_lambda_callback_calls_its_functions_under_new_and_old_names(train):
    calls = []
    hooks = callbacks.LambdaCallback(
        on_train_begin=lambda logs: calls.append("train"),
        on_epoch_begin=lambda epoch, logs: calls.append(epoch),
        on_batch_end=lambda b, l: calls.append((b, l["loss"])),  # noqa: E741
    )
    train(hooks, [{"loss": 3.0}], batches=1)

    assert calls == ["train", 0, (0, 3.0)]


def test_lambda_callback_refuses_names_that_are_no_hooks():
    with pytest.raises(TypeError, match=r"Received: 'on_epoch_finish'. Known: .*on_epoch_end"):
        callbacks.LambdaCallback(on_epoch_finish=print)


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_terminate_on_nan_stops_at_the_first_bad_loss(train, model, capsys, loss):
    ran = train(callbacks.TerminateOnNaN(), [{"loss": 1.0}, {"loss": loss}, {"loss": 1.0}], batches=1)

    assert ran == 2
    assert capsys.readouterr().out == "Batch 0: Invalid loss, terminating training\n"
    with pytest.raises(RuntimeError, match=f"Received: {loss} at batch 0"):
        train(callbacks.TerminateOnNaN(raise_error=True), [{"loss": loss}])


def test_base_logger_serves_older_scripts(train):
    class Monitor(callbacks.BaseLogger):
        def on_epoch_end(self, epoch, logs={}):  # noqa: B006 (as such scripts write it)
            self.seen = dict(logs)

    monitor = Monitor()
    train(monitor, [{"loss": 1.0}])
    assert monitor.seen == {"loss": 1.0}


@pytest.mark.parametrize(
    ("cls", "defaults"),
    [
        (callbacks.EarlyStopping, ("val_loss", 0, 0, 0, "auto", None, False, 0)),
        (callbacks.ModelCheckpoint, ("val_loss", 0, False, False, "auto", "epoch", None, 1)),
        (callbacks.ReduceLROnPlateau, ("val_loss", 0.1, 10, 0, "auto", 1e-4, 0, 0.0)),
        (callbacks.LearningRateScheduler, (0,)),
        (callbacks.CSVLogger, (",", False)),
    ],
)
def test_defaults_are_those_of_keras(cls, defaults):
    assert cls.__init__.__defaults__ == defaults
