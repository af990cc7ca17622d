"""Values, gradients and short trainings of losses against Keras's own, recorded in golden/losses.npz."""

import json

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, losses, ops, optimizers
from fastcnn.ops.tape import differentiate
from tests.golden.written_losses import written_losses
from tests.helpers import from_json, golden

FILE = golden("losses")
CASES = from_json(FILE, "cases")
TRAINING = {key.removeprefix("training/"): FILE[key] for key in FILE if key.startswith("training/")}
WRITTEN = written_losses(ops)
# Keras's own float32 against float64: 3e-7 at most.
LIMIT = 5e-6


def tuples(kwargs: dict) -> dict:
    return {key: tuple(value) if key == "axis" and isinstance(value, list) else value for key, value in kwargs.items()}


def name_of(case: dict) -> str:
    return "-".join(json.dumps(value) if isinstance(value, dict) else str(value) for value in case.values())


def covered(cases: list[dict], key: str) -> list:
    marked = [pytest.mark.covers(f"losses.{case[key]}") if hasattr(losses, case[key]) else () for case in cases]
    return [pytest.param(i, id=name_of(cases[i]), marks=marked[i]) for i in range(len(cases))]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("number", covered(CASES["values"], "class_name"))
def test_value_and_gradient(number, dtype):
    case, key = CASES["values"][number], f"value/{number}"
    loss = getattr(losses, case["class_name"])(**tuples(case["kwargs"]))
    assert loss.name == case["name"]
    y_true, y_pred, weights = (FILE[f"{case['data']}/{part}"] for part in ("y_true", "y_pred", "sample_weight"))
    weights = weights if case["weighted"] else None
    rtol = 1e-7 if dtype == "float64" else 1e-5
    found = loss(y_true, y_pred.astype(dtype), weights)
    assert found.dtype == dtype
    np.testing.assert_allclose(found.numpy(), FILE[key], rtol=rtol, atol=rtol / 10)
    value, pullback = differentiate(lambda y: loss(y_true, y, weights), [y_pred.astype(dtype)])
    np.testing.assert_array_equal(value, found)
    (gradient,) = pullback(np.ones(value.shape))
    np.testing.assert_allclose(gradient, FILE[f"{key}/gradient"], rtol=rtol, atol=rtol / 10)


@pytest.mark.parametrize("number", covered(CASES["functions"], "function"))
def test_functions_give_one_value_a_row(number):
    case = CASES["functions"][number]
    function = getattr(losses, case["function"])
    y_true, y_pred = FILE[f"{case['data']}/y_true"], FILE[f"{case['data']}/y_pred"]
    found = function(y_true, y_pred, **tuples(case["kwargs"]))
    np.testing.assert_allclose(found, FILE[f"function/{number}"], rtol=1e-7)


def network(run: dict) -> Sequential:
    x = TRAINING["pixels/x" if run["targets"].startswith("pixels") else "x"]
    units = {"one_hot": 4, "labels": 4, "pixels_binary": 1}.get(run["targets"], 3)
    hidden, out = layers.Dense(6, activation="tanh"), layers.Dense(units, activation=run["activation"])
    model = Sequential([layers.Input(x.shape[1:]), hidden, out])
    model.set_weights([TRAINING["hidden"], np.zeros(6), TRAINING[f"out/{units}"], np.zeros(units)])
    return model


@pytest.mark.parametrize("number", covered(CASES["runs"], "loss"))
def test_training_ends_where_keras_ends(number):
    run, key = CASES["runs"][number], f"run/{number}"
    model = network(run)
    loss = WRITTEN.get(run["loss"]) or getattr(losses, run["loss"])(**tuples(run["kwargs"]))
    model.compile(optimizers.SGD(CASES["rate"]), loss)
    x, y = TRAINING["pixels/x" if run["targets"].startswith("pixels") else "x"], TRAINING[run["targets"]]
    found = []
    for start in range(0, len(x), CASES["batch"]):
        part = slice(start, start + CASES["batch"])
        weights = TRAINING["sample_weight"][part] if run["weighted"] else None
        found.append(model.train_on_batch(x[part], y[part], sample_weight=weights))
    np.testing.assert_allclose(found, FILE[f"{key}/losses"], rtol=2e-6, atol=LIMIT)
    for j, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, FILE[f"{key}/final/{j}"], rtol=2e-6, atol=LIMIT, err_msg=f"weights {j}")


def test_the_file_has_what_it_should():
    assert {case["class_name"] for case in CASES["values"]} == set(losses.lookup.CLASSES)
    assert len(CASES["runs"]) >= 20
    assert config.epsilon == 1e-7
