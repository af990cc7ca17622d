"""Metrics and the spread of the initializers against Keras's own, recorded in golden/metrics.npz."""

import numpy as np
import pytest

from fastcnn import initializers, metrics
from fastcnn.initializers import compute_fans
from tests.helpers import from_json, golden

FILE = golden("metrics")
DESCRIBED = from_json(FILE, "cases")
CASES, BATCH = DESCRIBED["cases"], DESCRIBED["batch_size"]
INITIALIZERS = from_json(FILE, "initializers")


def name_of(value: object) -> str:
    if isinstance(value, dict):
        return "-".join(str(value[key]) for key in ("class_name", "data", "weighted", "shape") if key in value)
    return str(value)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(i, id=name_of(case), marks=pytest.mark.covers(f"metrics.{case['class_name']}"))
        for i, case in enumerate(CASES)
    ],
)
def test_metric_runs_as_keras_metric_runs(number):
    case = CASES[number]
    metric = getattr(metrics, case["class_name"])(**case["kwargs"])
    labels, predictions = FILE[f"{case['data']}/y_true"], FILE[f"{case['data']}/y_pred"]
    found = []
    for start in range(0, len(labels), BATCH):
        batch = slice(start, start + BATCH)
        weights = FILE["sample_weight"][batch] if case["weighted"] else None
        metric.update_state(labels[batch], predictions[batch], weights)
        found.append(float(metric.result()))
    # Keras adds up in float32, ours in float64: a rounding (6e-8) for each of three sums
    np.testing.assert_allclose(found, FILE[f"results/{number}"], rtol=3e-7, atol=0)
    assert metric.name == case["name"]


@pytest.mark.parametrize("described", INITIALIZERS, ids=name_of)
def test_initializer_draws_from_the_distribution_that_keras_draws_from(described):
    shape = tuple(described["shape"])
    assert compute_fans(shape) == (described["fan_in"], described["fan_out"])
    size = int(np.prod(shape))
    draw, rng = getattr(initializers, described["class_name"])(), np.random.default_rng(0)
    repeats = max(1, described["draws"] // size)
    drawn = np.concatenate([np.ravel(draw(shape, dtype="float32", rng=rng)) for _ in range(repeats)])
    limit, stddev = described["limit"], described["stddev"]
    # five standard errors of a mean and of a standard deviation over that many draws
    assert abs(drawn.mean()) < 5 * stddev / drawn.size**0.5
    assert drawn.std() == pytest.approx(stddev, rel=5 / drawn.size**0.5)
    assert np.abs(drawn).max() <= np.float32(limit)
    assert np.abs(drawn).max() > 0.95 * min(limit, -described["drawn_min"])
