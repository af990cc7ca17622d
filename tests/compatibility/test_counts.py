"""How much Keras itself has computed for the tests: counted in the golden files."""

import json
import re
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent.parent / "golden"
LAYERS = ("layers", "layers_windows", "layers_prep", "layers_activation", "merging")


def names(file: str) -> list[str]:
    with np.load(GOLDEN / f"{file}.npz") as archive:
        return archive.files


def described(file: str, key: str) -> object:
    with np.load(GOLDEN / f"{file}.npz") as archive:
        return json.loads(str(archive[key]))


def cases_with(file: str, value: str) -> set[str]:
    """The cases that hold `value`: of several inputs one is enough; a second set of inputs is no second case."""
    found = (re.match(rf"(.*?\d+)(/.*)?/{value}(/\d+)?$", name) for name in names(file))
    return {match[1] for match in found if match}


def test_layers_have_outputs_and_gradients_of_keras():
    outputs = {file: cases_with(file, "y") for file in LAYERS}
    gradients = {file: cases_with(file, "dx") for file in LAYERS}
    assert all(gradients[file] <= outputs[file] for file in LAYERS)
    assert sum(map(len, outputs.values())) >= 480
    assert sum(map(len, gradients.values())) >= 400


def test_training_runs_differ_in_optimizer_loss_and_penalties():
    plain, surface = described("training", "described")["runs"], described("training_surface", "runs")
    assert len(plain) + len(surface) >= 140
    optimizers = {run["optimizer"]["class_name"] for run in plain} | {run["optimizer"][0] for run in surface}
    assert len(optimizers) >= 12
    assert len({run["loss"]["class_name"] for run in plain}) >= 4
    assert sum(any("regularizer" in name for name in run["layer"]) for run in surface) >= 8


def test_losses_and_metrics_of_keras():
    losses = described("losses", "cases")
    metrics = described("metrics", "cases")["cases"] + described("metrics_streams", "cases")
    assert len({case["class_name"] for case in losses["values"]}) >= 17
    assert len(losses["runs"]) >= 25
    assert len(metrics) >= 200
    assert len({case["class_name"] for case in metrics}) >= 40


def test_every_golden_file_is_described_and_small():
    text = (GOLDEN / "README.md").read_text(encoding="utf-8")
    files = [file for file in GOLDEN.iterdir() if file.suffix in (".npz", ".json")]
    assert sorted(re.findall(r"^## (\S+)$", text, re.MULTILINE)) == sorted(file.name for file in files)
    assert sum(file.stat().st_size for file in files) < 6 * 2**20
