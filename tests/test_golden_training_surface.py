"""Twenty steps under every optimizer, regularizer, constraint and clipping end where Keras's end; schedules too.

The file is Keras's in float64: in float64 nothing but the order of sums may differ, in float32 rounding.
"""

import json

import numpy as np
import pytest

from fastcnn import Sequential, constraints, layers, optimizers, regularizers
from fastcnn.optimizers import schedules
from tests.helpers import BACKENDS, from_json, golden

FILE = golden("training_surface")
RUNS = from_json(FILE, "runs")
BATCH = 4
EXACT = 1e-7  # Keras keeps a few constants in float32: L1's factor, rates,
OF_ADAM = 2e-5  # and for Adam 1 - 0.999, which is off by 1e-5 of itself then
LIMIT = 1e-4
FAMILIES = {"regularizers": regularizers, "constraints": constraints}
# A sign that rounding decides is a whole step: compared in float64 alone.
BY_SIGN = {"Lion"}


def rows_of(run: dict) -> list[str]:
    """What a run proves."""
    name, arguments = run["optimizer"]
    found = [f"optimizers.{name}"] + [".".join(value[:2]) for value in run["layer"].values()]
    found += [f"optimizers.schedules.{name}" for name in (run["schedule"] or [])[:1]]
    return found + [f"optimizers.{name}.{argument}" for argument in arguments]


def cases() -> list:
    made = []
    for number, run in enumerate(RUNS):
        kinds = [*run["optimizer"][1], *run["layer"], *(run["schedule"] or [])[:1]]
        name = f"{number}-{run['network']}-{run['optimizer'][0]}-{'-'.join(kinds)}"
        made.append(pytest.param(run, str(number), id=name, marks=pytest.mark.covers(*rows_of(run))))
    return made


def make(family: object, description: list) -> object:
    return getattr(family, description[0])(**description[1])


def optimizer_of(run: dict) -> optimizers.Optimizer:
    """The run's optimizer, from its configuration as a file holds it."""
    name, arguments = run["optimizer"]
    if run["schedule"]:
        arguments = arguments | {"learning_rate": make(schedules, run["schedule"])}
    made = getattr(optimizers, name)(**arguments)
    return optimizers.deserialize(json.loads(json.dumps(optimizers.serialize(made))))


def compiled(run: dict, backend: str, dtype: str) -> Sequential:
    arguments = {name: make(FAMILIES[value[0]], value[1:]) for name, value in run["layer"].items()}
    if run["network"] == "dense":
        body = [layers.Input((5,)), layers.Dense(6, activation="tanh", **arguments)]
        body.append(layers.Dense(3, activation="softmax"))
    else:
        body = [layers.Input((6, 6, 2)), layers.Conv2D(3, 3, activation="relu", **arguments), layers.MaxPooling2D(2)]
        body += [layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    model = Sequential(body, backend=backend, dtype=dtype)
    model.set_weights([FILE[f"{run['network']}/initial/{j}"] for j in range(len(model.weights))])
    model.compile(optimizer_of(run), run["loss"])
    return model


def assert_as_keras(run: dict, key: str, backend: str, dtype: str, limit: float) -> None:
    model = compiled(run, backend, dtype)
    x, y = FILE[f"{run['network']}/x"], FILE[f"{run['network']}/y"]
    y = np.eye(3)[y] if run["loss"] == "mean_squared_error" else y
    found = [model.train_on_batch(x[at : at + BATCH], y[at : at + BATCH]) for at in range(0, len(x), BATCH)]
    np.testing.assert_allclose(found, FILE[f"{key}/losses"], rtol=0, atol=limit)
    model.optimizer.finalize_variable_values(model.trainable_weights)
    for j, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, FILE[f"{key}/final/{j}"], rtol=0, atol=limit, err_msg=f"weights {j}")
    assert model.evaluate(x, y, batch_size=7, verbose=0) == pytest.approx(float(FILE[f"{key}/evaluate"]), abs=limit)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("run", "key"), cases())
def test_twenty_steps_end_where_keras_ends(run, key, backend):
    exact = OF_ADAM if run["optimizer"][0] in ("Adam", "AdamW") else EXACT
    assert_as_keras(run, key, backend, "float64", exact)
    if run["optimizer"][0] not in BY_SIGN:
        assert_as_keras(run, key, backend, "float32", LIMIT)


def described(name: str) -> list:
    return list(enumerate(from_json(FILE, name)))


@pytest.mark.parametrize(
    ("number", "schedule"),
    [
        pytest.param(n, d, marks=pytest.mark.covers(f"optimizers.schedules.{d[0]}"), id=f"{d[0]}-{n}")
        for n, d in described("schedules")
    ],
)
def test_schedules_give_keras_rates(number, schedule):
    made = make(schedules, schedule)
    again = schedules.deserialize(json.loads(json.dumps(schedules.serialize(made))))
    for each in (made, again):
        found = [each(step) for step in range(40)]
        np.testing.assert_allclose(found, FILE[f"schedule/{number}"], rtol=1e-6, atol=1e-9)


def test_penalties_and_constraints_give_keras_values():
    found = [float(make(regularizers, d)(FILE["values"])) for _, d in described("regularizers")]
    np.testing.assert_allclose(found, FILE["penalties"], rtol=1e-7)
    for number, d in described("constraints"):
        np.testing.assert_allclose(make(constraints, d)(FILE["values"]), FILE[f"constraint/{number}"], rtol=1e-12)


def test_the_file_holds_as_many_runs_as_this_test_expects():
    assert len(RUNS) == 82
