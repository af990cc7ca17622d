"""summary(fused=True) and `fastcnn profile`: every op of a step, what it costs, how long it took."""

import math

import numpy as np
import pytest

from fastcnn import Sequential, cli, config, layers, profile_target, profiling
from fastcnn.kernels import costs, threads
from fastcnn.kernels.costs import Cost
from fastcnn.program_report import OpRow, op_rows, program_lines
from fastcnn.training.execute import build_program
from fastcnn.training.trainer import Trainer

MACHINE = profiling.Machine(gflops=2.0, bandwidth=10.0)


@pytest.fixture
def model(monkeypatch) -> Sequential:
    monkeypatch.setattr(profiling, "machine_limits", lambda itemsize: MACHINE)
    body = [layers.Input((6, 5, 2)), layers.Conv2D(3, (3, 2), strides=2, activation="relu"), layers.Flatten()]
    made = Sequential([*body, layers.Dense(4, activation="softmax")], backend="numpy")
    made.compile("sgd", "sparse_categorical_crossentropy")
    return made


def test_rows_say_what_each_op_computes_and_costs(model):
    with config.using(fuse=False):
        program = build_program(model, model.get_backend(), "predict", 7).runner.program
    first, *_ = rows = op_rows(program)
    assert [row.kernel for row in rows] == [op.kernel for op in program.ops]
    assert (first.kernel, first.layer, first.output) == ("conv2d_forward", model.layers[0].name, (7, 2, 2, 3))
    assert first.detail == "3x2 window, strides 2x2"
    assert first.cost == Cost(2 * 7 * 4 * 36, 4 * (7 * 60 + 36 + 7 * 12))


def test_summary_shows_training_and_prediction_with_totals(model, capsys):
    model.summary(fused=True, batch_size=3)
    shown = capsys.readouterr().out
    titles = [line for line in shown.splitlines() if "batch size 3, backend numpy" in line]
    assert [title.split(" of ")[0] for title in titles] == ["Training step", "Prediction"]
    program = build_program(model, model.get_backend(), "predict", 3).runner.program
    assert all(op.kernel in shown for op in program.ops)
    flops = sum(row.cost.flops for row in op_rows(program))
    assert shown.splitlines()[-1].startswith(f"{len(program.ops)} kernels, {flops / 1e6:,.2f} MFLOP")


def test_summary_of_a_model_that_is_not_compiled_shows_its_prediction_alone():
    model = Sequential([layers.Input((3,)), layers.Dense(2)], backend="numpy")
    assert [line for line in program_lines(model) if line.startswith("Training")] == []
    with pytest.raises(RuntimeError, match="give the model an input shape"):
        program_lines(Sequential([layers.Dense(2)]))


@pytest.mark.parametrize("training", [True, False])
def test_a_profile_times_every_op_of_the_step(model, training):
    x, y = np.ones((5, 6, 5, 2), "f4"), np.zeros(5)
    before = model.get_weights()
    found = profiling.profile(model, x, y if training else None, seconds=0)
    program = model.executor.program("train" if training else "predict", 5).runner.program
    assert found.rows == op_rows(program)
    assert len(found.seconds) == len(found.rows)
    assert all(0 < seconds < math.inf for seconds in found.seconds)
    assert found.step > max(found.seconds)
    changed = any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    assert changed == training


def profile_of(*seconds: float, machine: profiling.Machine | None = MACHINE) -> profiling.Profile:
    """Three ops whose limits are 2 s (arithmetic), 0.3 s (memory) and 1 s."""
    rows = [Cost(4 * 10**9, 10**9), Cost(0, 3 * 10**9), Cost(0, 10**10)]
    named = [OpRow(f"kernel_{n}", "layer", "", (1,), cost) for n, cost in enumerate(rows)]
    return profiling.Profile("title", named, list(seconds), 9.0, machine)


def test_the_next_bottleneck_has_most_to_gain_and_is_not_just_the_slowest():
    lines = profiling.profile_lines(profile_of(2.5, 1.3, 1.1))
    assert lines[-1] == "next bottleneck: kernel_1 of layer, 1000.000 ms above its limit"
    cells = [line.split() for line in lines if line.startswith("layer  kernel_")]
    assert [row[1] for row in cells] == ["kernel_0", "kernel_1", "kernel_2"]
    assert cells[0][2:] == ["2500.0000", "51%", "1.6", "0.4", "80%"]
    assert cells[1][2:] == ["1300.0000", "27%", "-", "2.3", "23%"]


def test_a_step_at_its_limits_has_no_bottleneck_and_an_unknown_machine_no_limits():
    assert "every kernel is at its limit" in profiling.profile_lines(profile_of(1.0, 0.1, 1.0))[-1]
    lines = profiling.profile_lines(profile_of(1.0, 3.0, 2.0, machine=None), by_time=False)
    assert lines[-1] == "slowest: kernel_1 of layer"
    assert [line.split()[1] for line in lines if line.startswith("layer  kernel_")] == [f"kernel_{n}" for n in range(3)]


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy", "mse"])
def test_labels_are_made_that_the_loss_takes(model, loss):
    model.compile("sgd", loss)
    assert np.isfinite(model.train_on_batch(np.ones((5, 6, 5, 2), "f4"), profiling.labels_for(model, 5)))


@pytest.mark.parametrize(
    "call",
    ["model.fit(x, y, batch_size=4, verbose=0)", "model.fit(x, y, 4, nb_epoch=3)", "model.train_on_batch(x[:4], y[:4])",
     "model.fit_generator(iter([(x[:4], y[:4])]), samples_per_epoch=4, nb_epoch=1)"],
)  # fmt: skip
def test_a_script_lends_the_batch_of_its_first_training_and_goes_no_further(call, tmp_path, monkeypatch):
    script = tmp_path / "script.py"
    script.write_text(f"""
import numpy as np
from fastcnn import Sequential, layers
x, y = np.arange(18, dtype="f4").reshape(6, 3), np.zeros((6, 1))
model = Sequential([layers.Dense(1)], backend="numpy")
model.compile("sgd", "mse")
try:
    {call}
except Exception:
    pass
raise SystemExit("went on")
""")
    fit = Trainer.fit
    found, x, y = profile_target.resolve(str(script))
    assert Trainer.fit is fit
    assert (found.built, x.shape, len(y)) == (True, (4, 3), 4)
    assert profile_target.resolve(str(script), 9)[1].shape == (9, 3)


def test_what_cannot_be_profiled_is_refused_in_one_line(tmp_path, capsys, model):
    script = tmp_path / "idle.py"
    script.write_text("x = 1\n")
    untrained = tmp_path / "bare.fcnn"
    Sequential([layers.Input((3,)), layers.Dense(2)], backend="numpy").save(untrained)
    for target, words in (
        ("resnet", "expected a model file (.fcnn), a script (.py) or one of tutorial 256x256"),
        (str(script), "ended without training"),
        (str(tmp_path / "none.py"), "there is no script"),
        (str(untrained), "profile its prediction with --predict"),
    ):
        assert cli.main(["profile", target]) == 1
        shown = capsys.readouterr()
        assert shown.out == ""
        assert words in shown.err


def test_the_command_prints_the_table_of_a_model_file(model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(threads, "_threads", None)
    monkeypatch.setattr(profiling.profile, "__defaults__", (None, 0))
    file = tmp_path / "m.fcnn"
    model.save(file)
    assert cli.main(["profile", str(file), "--batch", "2", "--backend", "numpy", "--threads", "1"]) == 0
    shown = capsys.readouterr().out
    assert "training step" in shown
    assert "batch size 2, numpy, 1 thread(s)" in shown
    assert "next bottleneck: " in shown
    assert cli.main(["profile", str(file), "--predict", "--in-order", "--backend", "numpy"]) == 0
    assert "prediction of" in capsys.readouterr().out


def test_the_machines_limits_are_rates_of_the_threads_in_use():
    pytest.importorskip("numba")
    from fastcnn.kernels import peak

    assert peak.fma_gflops(1, repeats=2) > 0.1
    assert costs.Cost(10, 10).seconds(1.0, 1.0) > 0
