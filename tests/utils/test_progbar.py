"""The progress bar, on a terminal and elsewhere."""

import io
import os
import re
import sys
from contextlib import redirect_stdout

import pytest

from fastcnn.callbacks import CallbackList, ProgbarLogger
from fastcnn.utils import Progbar, progbar

pytestmark = pytest.mark.covers("utils.Progbar")


@pytest.fixture
def clock(monkeypatch):
    """Time that stands still until it is moved."""
    now = [100.0]
    monkeypatch.setattr(progbar.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def terminal(capsys, monkeypatch):
    """A terminal of 120 columns; call it for what it was sent."""
    # On the class, since pytest puts another stream in place between fixture and test.
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda stream: True)
    monkeypatch.setattr(progbar.shutil, "get_terminal_size", lambda: os.terminal_size((120, 24)))
    return lambda: capsys.readouterr().out


def test_a_terminal_shows_one_line_that_is_rewritten(terminal, clock):
    bar = Progbar(4)
    for step in range(1, 5):
        clock[0] += 1.5
        bar.update(step, [("loss", 0.5)])
    lines = terminal().split("\r")

    assert lines[0] == ""
    assert lines[1] == "1/4 ━━━━━─────────────── 4s 2s/step - loss: 0.5000"
    assert lines[-1] == "4/4 ━━━━━━━━━━━━━━━━━━━━ 6s 2s/step - loss: 0.5000\n"
    assert len(lines) == 5


def test_updates_within_the_interval_are_not_shown_but_the_last_is(terminal, clock):
    bar = Progbar(100, interval=0.05)
    for step in range(1, 101):
        clock[0] += 0.001
        bar.update(step)

    assert [line.split()[0] for line in terminal().split("\r")[1:]] == ["1/100", "51/100", "100/100"]


def test_a_shorter_line_covers_the_longer_one_before(terminal, clock):
    bar = Progbar(2, interval=0)
    bar.update(1, [("loss", 123456.0)])
    bar.stateful_metrics.add("loss")
    bar.update(2, [("loss", 0.5)])
    first, last = terminal().split("\r")[1:]

    assert len(last.rstrip("\n")) == len(first)


def test_a_line_longer_than_the_terminal_is_cut_until_the_end(terminal, clock, monkeypatch):
    monkeypatch.setattr(progbar.shutil, "get_terminal_size", lambda: os.terminal_size((30, 24)))
    bar = Progbar(2)
    bar.update(1, [("loss", 0.5)])
    bar.update(2, [("loss", 0.5)])
    first, last = terminal().split("\r")[1:]

    assert len(first) == 29
    assert last.endswith("loss: 0.5000\n")


def test_a_terminal_without_unicode_gets_an_ascii_bar(clock, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with redirect_stdout(stream):
        monkeypatch.setattr(stream, "isatty", lambda: True)
        Progbar(4).update(1)

    assert b"=====..............." in stream.buffer.getvalue()


def test_a_pipe_gets_one_plain_line_at_the_end(capsys, clock):
    bar = Progbar(32)
    for step in range(1, 33):
        clock[0] += 0.045
        bar.update(step, [("loss", 0.25)])

    assert capsys.readouterr().out == "32/32 - 1s 45ms/step - loss: 0.2500\n"


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 1)])
def test_verbose_0_is_silent_and_2_prints_one_line_on_a_terminal(terminal, verbose, lines):
    bar = Progbar(2, verbose=verbose)
    bar.update(1)
    bar.update(2)

    shown = terminal()
    assert shown.count("\n") == lines
    assert "\r" not in shown


def test_values_are_averaged_over_steps_unless_stateful(capsys):
    bar = Progbar(4, stateful_metrics=["last"])
    bar.update(1, [("mean", 1.0), ("last", 1.0)])
    bar.add(3, [("mean", 5.0), ("last", 5.0)])

    assert capsys.readouterr().out.endswith("- mean: 4.0000 - last: 5.0000\n")


def test_values_are_shown_as_they_are_unless_stateless(capsys):
    bar = Progbar(4, stateless_metrics=["mean"])
    bar.update(1, [("mean", 1.0), ("last", 1.0)])
    bar.add(3, [("mean", 5.0), ("last", 5.0)])

    assert capsys.readouterr().out.endswith("- mean: 4.0000 - last: 5.0000\n")
    with pytest.raises(ValueError, match="not both"):
        Progbar(4, stateful_metrics=["a"], stateless_metrics=["b"])


def test_small_values_are_shown_with_an_exponent_and_zero_is_not(capsys):
    Progbar(1).update(1, [("loss", -0.00012), ("accuracy", 0.0)])

    assert capsys.readouterr().out.endswith("loss: -1.2000e-04 - accuracy: 0.0000\n")


def test_an_unknown_target_shows_the_steps_so_far(terminal, clock):
    bar = Progbar(None)
    clock[0] += 2
    bar.update(3)
    bar.update(3, finalize=True)

    first, last = terminal().split("\r")[1:]
    assert first == "      3/Unknown 2s 667ms/step"
    assert last == first + "\n"


@pytest.mark.parametrize(("seconds", "shown"), [(59.6, "60s"), (119.9, "1:59"), (7199, "1:59:59"), (3725, "1:02:05")])
def test_times_are_shown_in_seconds_minutes_and_hours(terminal, clock, seconds, shown):
    bar = Progbar(1)
    clock[0] += seconds
    bar.update(1)

    assert f" {shown} " in terminal()


def test_the_slower_first_step_does_not_count_in_the_time_a_step_takes(capsys, clock):
    bar = Progbar(3)
    for seconds in (9.0, 0.5, 0.5):
        clock[0] += seconds
        bar.update(bar._seen + 1)

    assert "500ms/step" in capsys.readouterr().out


def fit(verbose, epochs=2, steps=3):
    hooks = CallbackList(add_progbar=True, epochs=epochs, steps=steps, verbose=verbose)
    hooks.on_train_begin()
    for epoch in range(epochs):
        hooks.on_epoch_begin(epoch)
        for batch in range(3):
            hooks.on_train_batch_end(batch, {"accuracy": 0.25 * batch, "loss": 1.0})
        hooks.on_test_begin()
        hooks.on_test_batch_end(0, {"loss": 9.0})
        hooks.on_test_end({"loss": 9.0})
        hooks.on_epoch_end(epoch, {"accuracy": 0.5, "loss": 1.0, "val_loss": 2.0})
    hooks.on_train_end()
    return hooks


@pytest.mark.parametrize("verbose", [1, "auto", 2])
@pytest.mark.parametrize("steps", [3, None])
def test_fit_into_a_pipe_prints_one_plain_line_an_epoch(capsys, clock, verbose, steps):
    fit(verbose, steps=steps)

    values = "accuracy: 0.5000 - loss: 1.0000 - val_loss: 2.0000"
    assert capsys.readouterr().out == "".join(f"Epoch {i}/2 - 3/3 - 0s 0s/step - {values}\n" for i in (1, 2))


def test_fit_on_a_terminal_prints_epochs_and_bars(terminal, clock):
    fit("auto")
    lines = [line.split("\r")[-1] for line in terminal().split("\n")]

    assert lines[0::2] == ["Epoch 1/2", "Epoch 2/2", ""]
    assert re.fullmatch(r"3/3 ━{20} 0s 0s/step - accuracy: 0.5000 - loss: 1.0000 - val_loss: 2.0000", lines[1])
    assert lines[3] == lines[1]


def test_fit_of_one_epoch_has_no_epoch_line(capsys):
    fit(1, epochs=1)

    assert capsys.readouterr().out.startswith("3/3 - ")


def test_fit_with_verbose_0_is_silent(capsys):
    fit(0)

    assert capsys.readouterr().out == ""


def test_evaluate_and_predict_show_a_bar_of_their_own(capsys):
    hooks = fit(0)
    hooks.set_params({"steps": 2, "verbose": 1, "epochs": 1})
    hooks.on_test_begin()
    hooks.on_test_batch_end(1, {"loss": 3.0})
    hooks.on_test_end({"loss": 3.0})
    hooks.on_predict_begin()
    hooks.on_predict_batch_end(1, {"outputs": [1, 2]})
    hooks.on_predict_end()
    first, second = capsys.readouterr().out.splitlines()

    assert first.startswith("2/2 - ")
    assert first.endswith("loss: 3.0000")
    assert second.endswith("/step")


@pytest.mark.covers("callbacks.ProgbarLogger")
def test_a_progbar_logger_among_the_users_callbacks_is_not_doubled():
    hooks = CallbackList([ProgbarLogger()], add_progbar=True)

    assert len(hooks.callbacks) == 1
