"""Ten training steps and short fits against Keras's own, recorded in golden/training.npz."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, losses, optimizers
from tests.helpers import BACKENDS, from_json, golden

FILE = golden("training")
DESCRIBED = from_json(FILE, "described")
RUNS, NETWORKS, BATCH = DESCRIBED["runs"], DESCRIBED["networks"], DESCRIBED["batch_size"]
# Ten times the error of Keras's own float32 against float64 (6e-7 at most, stated in the file), and a third of what
# AdamW's decay makes in ten steps (1.6e-5), so a missing term shows.
LIMIT = 5e-6
# Outputs add up dozens of weights; in float64 our runs show that Keras's own are off by 1.5e-5.
OUTPUT_LIMIT = 3e-5
# Keras on TensorFlow takes the softmax's logits for a sigmoid's when the loss is binary_crossentropy.
MISTAKEN = [i for i, run in enumerate(RUNS) if run["network"] == "softmax2"]
COMPARED = [i for i in range(len(RUNS)) if i not in MISTAKEN]
FITS = ("binary", "categorical", "sparse", "regression")


def name_of(number: int) -> str:
    run = RUNS[number]
    kwargs = ",".join(map(str, run["optimizer"]["kwargs"].values()))
    weighing = "class_weight" if run["class_weight"] else "sample_weight" if run["sample_weight"] else ""
    return f"{number}-{run['network']}-{run['optimizer']['class_name']}({kwargs}){weighing}"


def covering(number: int) -> object:
    """The run as a test of its optimizer and its loss."""
    rows = [
        f"{kind}.{RUNS[number][part]['class_name']}" for kind, part in (("optimizers", "optimizer"), ("losses", "loss"))
    ]
    return pytest.param(number, id=name_of(number), marks=pytest.mark.covers(*rows))


def compiled(run: dict, backend: str) -> Sequential:
    described = NETWORKS[run["network"]]
    made = [getattr(layers, part["class_name"])(**part["kwargs"]) for part in described["layers"]]
    model = Sequential([layers.Input(described["input_shape"]), *made], backend=backend)
    model.set_weights([FILE[f"{run['network']}/initial/{j}"] for j in range(len(model.weights))])
    optimizer = getattr(optimizers, run["optimizer"]["class_name"])(**run["optimizer"]["kwargs"])
    loss = getattr(losses, run["loss"]["class_name"])(**run["loss"]["kwargs"])
    model.compile(optimizer, loss, metrics=["mae"] if run["network"] == "regression" else ["accuracy"])
    return model


def assert_weights(model: Sequential, key: str) -> None:
    for j, weight in enumerate(model.get_weights()):
        np.testing.assert_allclose(weight, FILE[f"{key}/final/{j}"], rtol=0, atol=LIMIT, err_msg=f"weights {j}")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [covering(i) for i in COMPARED])
def test_ten_steps_end_where_keras_ends(number, backend):
    run = RUNS[number]
    model = compiled(run, backend)
    x, y, weights = (FILE[f"{run['network']}/{name}"] for name in ("x", "y", "sample_weight"))
    class_weight = run["class_weight"] and {int(key): value for key, value in run["class_weight"].items()}
    found = []
    for start in range(0, len(x), BATCH):
        batch = slice(start, start + BATCH)
        extra = {"sample_weight": weights[batch]} if run["sample_weight"] else {}
        found.append(model.train_on_batch(x[batch], y[batch], class_weight=class_weight, **extra)[0])
    np.testing.assert_allclose(found, FILE[f"{number}/losses"], rtol=0, atol=LIMIT)
    assert_weights(model, str(number))
    x, y, weights = (array[: 2 * BATCH] for array in (x, y, weights))
    np.testing.assert_allclose(model.predict(x, verbose=0), FILE[f"{number}/predict"], rtol=0, atol=OUTPUT_LIMIT)
    plain = model.evaluate(x, y, batch_size=5, verbose=0)
    np.testing.assert_allclose(plain, FILE[f"{number}/evaluate"], rtol=0, atol=LIMIT)
    weighted = model.evaluate(x, y, batch_size=5, sample_weight=weights, verbose=0)
    np.testing.assert_allclose(weighted, FILE[f"{number}/evaluate_weighted"], rtol=0, atol=LIMIT)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("network", FITS)
def test_fit_writes_the_history_that_keras_writes(network, backend):
    config = from_json(FILE, f"fit/{network}/config")
    model = compiled(config, backend)
    history = model.fit(FILE[f"{network}/x"], FILE[f"{network}/y"], verbose=0, **config["fit"]).history
    assert set(history) == set(config["history"])
    for name, values in config["history"].items():
        np.testing.assert_allclose(history[name], values, rtol=0, atol=LIMIT, err_msg=name)
    assert_weights(model, f"fit/{network}")


@pytest.mark.parametrize("number", MISTAKEN, ids=name_of)
def test_binary_crossentropy_after_softmax_is_that_of_the_probabilities(number):
    model = compiled(RUNS[number], "numpy")
    x, y = FILE["softmax2/x"][:BATCH], FILE["softmax2/y"][:BATCH]
    p = model.predict(x, verbose=0).astype(np.float64)
    expected = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    assert model.test_on_batch(x, y)[0] == pytest.approx(expected, abs=LIMIT)
    assert expected != pytest.approx(FILE[f"{number}/losses"][0], abs=0.1)


def test_the_file_holds_the_runs_that_these_tests_expect():
    assert (len(RUNS), len(MISTAKEN)) == (63, 1)
