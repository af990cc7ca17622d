"""The command line: what it prints, and with which exit code it ends."""

import subprocess
import sys

import pytest

import fastcnn
from fastcnn import cli
from fastcnn.demo import run as demo
from fastcnn.kernels import threads
from fastcnn.switching import available_backends, default_backend


def test_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"fastcnn {fastcnn.__version__}\n"


def test_the_module_runs_as_the_command_does():
    done = subprocess.run([sys.executable, "-m", "fastcnn", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"fastcnn {fastcnn.__version__}\n"


def test_backends_lists_all_and_marks_the_default(capsys, monkeypatch):
    monkeypatch.setattr(threads, "_threads", 7)
    assert cli.main(["backends"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split() for line in lines[1:] if line and not line.startswith("threads")}
    assert list(rows) == list(available_backends())
    assert [name for name, row in rows.items() if "*" in row] == [default_backend()]
    assert lines[-1].startswith("threads: 7 ")


def test_backends_says_why_one_cannot_run(capsys, monkeypatch):
    monkeypatch.setattr("fastcnn.switching.available_backends", lambda: {"slow": "no such chip"})
    cli.main(["backends"])
    assert "no: no such chip" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["dance"], ["demo", "--epochs", "0"], ["demo", "--seed", "-1"]])
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    assert "usage: fastcnn" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["missing"], "there is no folder missing"),
        (["--backend", "abacus"], "unknown backend 'abacus'"),
        (["--image-size", "8"], "at least 16 pixels"),
    ],
)
def test_a_users_error_is_one_line_and_ends_with_1(more, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["demo", *more]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("fastcnn: error: ")
    assert shown.err.count("\n") == 1
    assert words in shown.err
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_the_program_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(demo, "run", lambda settings: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["demo"])


def test_ctrl_c_is_one_line_and_ends_with_130(monkeypatch, capsys):
    def interrupted(settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert cli.main(["demo"]) == 130
    assert capsys.readouterr().err == "fastcnn: stopped by Ctrl-C\n"


def test_demo_hands_its_options_over(monkeypatch):
    given = []
    monkeypatch.setattr(demo, "run", given.append)
    monkeypatch.setattr(threads, "_threads", None)
    options = ["--output", "out", "--epochs", "2", "--image-size", "48", "--backend", "numpy", "--seed", "9"]
    assert cli.main(["demo", "photos", *options, "--threads", "3"]) == 0
    assert given == [demo.Settings("photos", "out", 2, 48, 9, "numpy")]
    assert threads.get_num_threads() == 3
