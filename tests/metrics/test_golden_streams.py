"""Metrics against Keras's own over several batches, recorded in golden/metrics_streams.npz."""

import numpy as np
import pytest

from fastcnn import metrics
from tests.helpers import from_json, golden

FILE = golden("metrics_streams")
CASES = from_json(FILE, "cases")
BATCHES = [slice(0, 7), slice(7, 14), slice(14, 18)]


def parameters() -> list:
    made = []
    for number, case in enumerate(CASES):
        weighted = "weighted" if case["weighted"] else "unweighted"
        name = "-".join([case["class_name"], *map(str, case["kwargs"].values()), case["data"], weighted])
        made.append(pytest.param(number, id=name, marks=pytest.mark.covers(f"metrics.{case['class_name']}")))
    return made


@pytest.mark.parametrize("number", parameters())
def test_metric_runs_as_keras_metric_runs(number):
    case = CASES[number]
    metric, found = getattr(metrics, case["class_name"])(**case["kwargs"]), []
    again = getattr(metrics, case["class_name"]).from_config(metric.get_config())
    for batch in BATCHES:
        kind = case["data"]
        names = ["numbers/y_true"] if kind == "values" else [f"{kind}/y_true", f"{kind}/y_pred"]
        weights = FILE["sample_weight"][batch] if case["weighted"] else None
        for one in (metric, again):
            one.update_state(*(FILE[name][batch] for name in names), sample_weight=weights)
        found.append(metric.result())
    # Keras adds up in float32, ours in float64
    np.testing.assert_allclose(np.array(found), FILE[f"results/{number}"], rtol=2e-6, atol=2e-7)
    np.testing.assert_array_equal(again.result(), metric.result())
    metric.reset_state()
    assert not np.any([np.any(variable) for variable in metric.variables])
