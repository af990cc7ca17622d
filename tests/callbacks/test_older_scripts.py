"""Callbacks as scripts of all years write and read them: names of hooks, params, logs and arguments."""

import json

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, config, layers

X, Y = np.random.default_rng(0).standard_normal((10, 3)).astype("f4"), np.arange(10) % 2


def fitted(*listed: object, epochs: int = 2, **kwargs: object) -> Sequential:
    model = Sequential([layers.Input((3,)), layers.Dense(1, activation="sigmoid")], backend="numpy")
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    data = {"batch_size": 4, "validation_split": 0.2, "verbose": 0}
    model.fit(X, Y, **({"epochs": epochs} | data | kwargs), callbacks=list(listed))
    return model


class TrainingMonitor(callbacks.BaseLogger):
    """The monitor of a well-known book: keeps and draws the curves in on_epoch_end."""

    def __init__(self, figure, path, start=0):
        super(TrainingMonitor, self).__init__()  # noqa: UP008 (as the scripts write it)
        self.figure, self.path, self.start = figure, path, start

    def on_train_begin(self, logs={}):  # noqa: B006
        self.H = {}

    def on_epoch_end(self, epoch, logs={}):  # noqa: B006
        for key, value in logs.items():
            known = self.H.get(key, [])
            known.append(float(value))
            self.H[key] = known
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(json.dumps(self.H))
        self.drawn = [self.H["loss"], self.H["val_loss"], self.H["acc"], self.H["val_acc"]]


@pytest.mark.covers("callbacks.BaseLogger", "callbacks.Callback", "trap.4")
def test_training_monitor_of_the_book_runs(tmp_path):
    monitor = TrainingMonitor(tmp_path / "a.png", tmp_path / "a.json")
    with config.using(era="keras2"):
        model = fitted(monitor)
    assert json.loads((tmp_path / "a.json").read_text()) == model.history.history
    assert monitor.drawn[2] == model.history.history["accuracy"]


@pytest.mark.covers("trap.4", "callbacks.History", "callbacks.LambdaCallback")
def test_acc_and_accuracy_lr_and_learning_rate_are_found_under_both_names(tmp_path):
    seen = []
    look = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((logs["acc"], logs["accuracy"], logs.get("val_acc"), logs["lr"]))
    )
    best = callbacks.ModelCheckpoint(
        tmp_path / "{epoch}-{val_acc:.2f}-{val_accuracy:.2f}.fcnn", monitor="val_acc", save_best_only=True
    )
    stop = callbacks.EarlyStopping(monitor="val_acc", patience=99)
    rate = callbacks.LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1))
    history = fitted(rate, callbacks.ReduceLROnPlateau("val_acc", patience=99), look, best, stop).history.history
    assert history["acc"] == history["accuracy"] == [row[0] for row in seen] == [row[1] for row in seen]
    assert history["val_acc"] == history["val_accuracy"] == [row[2] for row in seen]
    assert history["lr"] == history["learning_rate"] == [row[3] for row in seen] == pytest.approx([0.1, 0.05])
    assert stop.best == max(history["val_acc"])
    assert (tmp_path / "1-{0:.2f}-{0:.2f}.fcnn".format(history["val_acc"][0])).exists()


@pytest.mark.covers("callbacks.Callback", "callbacks.CallbackList")
def test_params_bear_the_keys_of_all_years():
    seen = []
    fitted(callbacks.LambdaCallback(on_train_begin=lambda logs: None), look := callbacks.Callback(), epochs=3)
    seen = look.params
    assert {key: seen[key] for key in ("epochs", "nb_epoch", "steps", "verbose", "batch_size")} == {
        "epochs": 3,
        "nb_epoch": 3,
        "steps": 2,
        "verbose": 0,
        "batch_size": 4,
    }
    assert seen["nb_sample"] == seen["samples"] == 8
    assert seen["metrics"] == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert seen["do_validation"] is True


@pytest.mark.covers("callbacks.Callback", "callbacks.CallbackList", "Model.evaluate", "Model.predict")
def test_hooks_come_in_order_in_fit_evaluate_and_predict():
    calls = []

    class Noting(callbacks.Callback):
        pass

    for name in dir(callbacks.Callback):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):
            setattr(Noting, name, lambda self, *args, _name=name, **kwargs: calls.append(_name))
    model = fitted(Noting(), epochs=1)
    batch = ["on_train_batch_begin", "on_train_batch_end"]
    test = ["on_test_begin", "on_test_batch_begin", "on_test_batch_end", "on_test_end"]
    assert calls == ["on_train_begin", "on_epoch_begin", *batch * 2, *test, "on_epoch_end", "on_train_end"]
    calls.clear()
    model.evaluate(X, Y, verbose=0, callbacks=[Noting()])
    model.predict(X, verbose=0, callbacks=callbacks.CallbackList([Noting()]))
    assert calls == [*test, *(name.replace("test", "predict") for name in test)]


@pytest.mark.covers("callbacks.TerminateOnNaN")
def test_terminate_on_nan_may_raise():
    bad = np.full((4, 3), np.nan, "f4")
    model = fitted()
    with np.errstate(all="ignore"), pytest.raises(RuntimeError, match="the loss must be finite"):
        model.fit(bad, Y[:4], verbose=0, callbacks=[callbacks.TerminateOnNaN(raise_error=True)])


@pytest.mark.covers("callbacks.History", "Model.history")
def test_second_fit_replaces_the_history():
    model = fitted()
    first = model.history
    second = model.fit(X, Y, verbose=0)
    assert model.history is second
    assert (len(first.history["loss"]), len(second.history["loss"])) == (2, 1)
