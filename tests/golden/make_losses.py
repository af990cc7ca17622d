"""Writes losses.npz: values and gradients of losses, and networks trained with them, by Keras. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import tensorflow as tf
from written_losses import written_losses

SAMPLES, STEPS, BATCH = 6, 4, 8
RATE = 0.1
WRITTEN = written_losses(keras.ops)


def softmax(x: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def draw(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(y_true, y_pred, sample_weight) by name; predictions keep away from corners."""
    normal, uniform = rng.standard_normal, rng.uniform
    labels, mask = rng.integers(0, 4, SAMPLES), rng.integers(0, 2, (3, 4, 2, 1))
    areas = rng.integers(0, 3, (3, 4, 2))
    areas[rng.random(areas.shape) < 0.3] = 255
    weights = rng.choice([0.0, 0.5, 2.0], SAMPLES)
    chances = softmax(normal((SAMPLES, 4)))
    data = {
        "one_hot": (np.eye(4)[labels], chances, weights),
        "scaled": (np.eye(4)[labels], chances * uniform(0.5, 2, (SAMPLES, 1)), weights),
        "one_hot_logits": (np.eye(4)[labels], 3 * normal((SAMPLES, 4)), weights),
        "one_hot_first": (
            np.eye(4)[labels].T[None].repeat(3, 0),
            softmax(normal((3, 6, 4))).swapaxes(1, 2),
            weights[:3],
        ),
        "labels": (labels, chances, weights),
        "labels_column": (labels[:, None], chances, weights),
        "labels_logits": (labels, 3 * normal((SAMPLES, 4)), weights),
        "binary": (rng.integers(0, 2, SAMPLES), uniform(0.05, 0.95, (SAMPLES, 1)), weights),
        "binary_logits": (rng.integers(0, 2, (SAMPLES, 1)), 3 * normal((SAMPLES, 1)), weights),
        "multilabel": (rng.integers(0, 2, (SAMPLES, 3)), uniform(0.05, 0.95, (SAMPLES, 3)), weights),
        "signs": (rng.choice([-1, 1], (SAMPLES, 3)), normal((SAMPLES, 3)), weights),
        "numbers": (normal((SAMPLES, 3)) * 2, normal((SAMPLES, 3)), weights),
        "column": (normal(SAMPLES), normal((SAMPLES, 1)), weights),
        "counts": (rng.integers(0, 5, (SAMPLES, 3)), uniform(0.2, 4, (SAMPLES, 3)), weights),
        "distributions": (softmax(normal((SAMPLES, 4))), chances, weights),
        "mask": (mask, uniform(0.05, 0.95, mask.shape), rng.choice([0.5, 1.0, 3.0], mask.shape[:-1])),
        "areas": (areas, softmax(normal((3, 4, 2, 3))), rng.choice([0.5, 1.0, 3.0], areas.shape)),
        "areas_logits": (areas, normal((3, 4, 2, 3)), rng.choice([0.5, 1.0, 3.0], areas.shape)),
    }
    return {name: tuple(np.asarray(a, np.float64) for a in arrays) for name, arrays in data.items()}


def listed() -> list[tuple[str, dict, tuple[str, ...]]]:
    """(class name, arguments, names of data)."""
    smooth, logits, ignore = {"label_smoothing": 0.2}, {"from_logits": True}, {"ignore_class": 255}
    each_image, by_weight = {"axis": (1, 2, 3)}, "mean_with_sample_weight"
    plain = [
        ("MeanSquaredError", ("numbers", "column")),
        ("MeanAbsoluteError", ("numbers", "column", "mask")),
        ("MeanAbsolutePercentageError", ("numbers",)),
        ("MeanSquaredLogarithmicError", ("counts",)),
        ("LogCosh", ("numbers",)),
        ("Hinge", ("signs", "multilabel")),
        ("SquaredHinge", ("signs", "multilabel")),
        ("CategoricalHinge", ("one_hot", "one_hot_logits")),
        ("KLDivergence", ("distributions", "one_hot")),
        ("Poisson", ("counts",)),
        ("Huber", ("numbers",)),
        ("CosineSimilarity", ("numbers", "mask")),
        ("CategoricalCrossentropy", ("one_hot", "scaled", "distributions")),
        ("SparseCategoricalCrossentropy", ("labels", "labels_column")),
        ("BinaryCrossentropy", ("binary", "multilabel", "mask")),
        ("BinaryFocalCrossentropy", ("binary", "multilabel", "mask")),
        ("CategoricalFocalCrossentropy", ("one_hot", "scaled")),
        ("Dice", ("mask", "multilabel")),
        ("Tversky", ("mask",)),
    ]
    return [
        *((name, {}, data) for name, data in plain),
        ("Huber", {"delta": 0.4}, ("numbers",)),
        ("CosineSimilarity", {"axis": 1}, ("mask",)),
        ("CategoricalCrossentropy", smooth, ("one_hot",)),
        ("CategoricalCrossentropy", logits, ("one_hot_logits",)),
        ("CategoricalCrossentropy", smooth | logits, ("one_hot_logits",)),
        ("CategoricalCrossentropy", {"axis": 1}, ("one_hot_first",)),
        ("SparseCategoricalCrossentropy", logits, ("labels_logits",)),
        ("SparseCategoricalCrossentropy", ignore, ("areas",)),
        ("SparseCategoricalCrossentropy", ignore | logits, ("areas_logits",)),
        ("BinaryCrossentropy", smooth, ("binary",)),
        ("BinaryCrossentropy", logits, ("binary_logits",)),
        ("BinaryCrossentropy", {"axis": 1}, ("mask",)),
        ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4, "gamma": 3.0}, ("multilabel",)),
        ("BinaryFocalCrossentropy", smooth | logits, ("binary_logits",)),
        ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 1.5, **logits}, ("one_hot_logits",)),
        ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.9], **smooth}, ("one_hot",)),
        ("Dice", each_image, ("mask",)),
        ("Tversky", {"alpha": 0.3, "beta": 0.7, **each_image}, ("mask",)),
        *(
            ("MeanAbsoluteError", {"reduction": r}, ("numbers", "mask"))
            for r in ("sum", "mean", "mean_with_sample_weight")
        ),
        ("MeanAbsoluteError", {"reduction": "none"}, ("numbers",)),
        ("SparseCategoricalCrossentropy", {"reduction": "sum", **ignore}, ("areas",)),
        ("SparseCategoricalCrossentropy", {"reduction": by_weight, **ignore}, ("areas",)),
    ]


def record_values(data: dict) -> tuple[list[dict], dict[str, np.ndarray]]:
    """Value and gradient of each loss, with and without sample weights, in float64."""
    cases, arrays = [], {}
    for name, kwargs, names in listed():
        for chosen in names:
            y_true, y_pred, weights = data[chosen]
            loss = getattr(keras.losses, name)(**kwargs, dtype="float64")
            whole = name in ("Dice", "Tversky") or kwargs.get("axis", -1) != -1  # no value for each weight
            for weighted in (False,) if whole else (False, True):
                with tf.GradientTape() as tape:
                    x = tf.constant(y_pred)
                    tape.watch(x)
                    value = loss(y_true, x, weights if weighted else None)
                key = f"value/{len(cases)}"
                arrays[key], arrays[f"{key}/gradient"] = value.numpy(), tape.gradient(value, x).numpy()
                cases.append({"class_name": name, "kwargs": kwargs, "data": chosen, "weighted": weighted})
                cases[-1]["name"] = loss.name
    return cases, arrays


def record_functions(data: dict) -> tuple[list[dict], dict[str, np.ndarray]]:
    """What the losses' functions return: one value a row."""
    cases, arrays = [], {}
    for name, kwargs, names in listed():
        function = getattr(keras.losses, "".join(f"_{c.lower()}" if c.isupper() else c for c in name)[1:], None)
        function = keras.losses.kl_divergence if name == "KLDivergence" else function
        kwargs = {key: value for key, value in kwargs.items() if key != "reduction"}
        for chosen in names:
            case = {"function": function.__name__, "kwargs": kwargs, "data": chosen}
            if case not in cases:
                y_true, y_pred, _ = data[chosen]
                if "sparse" in function.__name__:
                    y_true = y_true.astype(np.int64)
                elif chosen == "binary":
                    y_true = y_true[:, None]  # functions take no labels of another rank
                arrays[f"function/{len(cases)}"] = np.asarray(function(y_true, tf.constant(y_pred), **kwargs))
                cases.append(case)
    return cases, arrays


def runs() -> list[dict]:
    """Networks of one hidden layer, and what they are trained with."""
    found = [
        (
            "one_hot",
            "softmax",
            ["CategoricalFocalCrossentropy", "CategoricalHinge", "KLDivergence", "CosineSimilarity"],
        ),
        ("multilabel", "sigmoid", ["BinaryFocalCrossentropy", "Hinge", "SquaredHinge", "Dice", "Tversky"]),
        ("numbers", "linear", ["MeanAbsoluteError", "Huber", "LogCosh"]),
        ("sizes", "linear", ["MeanAbsolutePercentageError"]),
        ("counts", "sigmoid", ["Poisson", "MeanSquaredLogarithmicError"]),
        ("multilabel", "sigmoid", ["dice_loss", "focal_loss", "every_element"]),
        ("numbers", "linear", ["weighted_squared_error", "root_mean_squared_error", "quantile_loss"]),
        ("labels", "softmax", ["picked_class"]),
        ("pixels", "softmax", ["SparseCategoricalCrossentropy"]),
        ("pixels_binary", "sigmoid", ["Dice"]),
    ]
    special = {"pixels": {"ignore_class": 255}, "pixels_binary": {"axis": (1, 2)}}
    listed = [
        {"targets": targets, "activation": activation, "loss": loss, "kwargs": special.get(targets, {})}
        for targets, activation, losses in found
        for loss in losses
    ]
    weighted = ("MeanAbsoluteError", "CategoricalFocalCrossentropy", "focal_loss", "root_mean_squared_error")
    return [run | {"weighted": w} for run in listed for w in ((False, True) if run["loss"] in weighted else (False,))]


def draw_training(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Inputs, weights and targets of the runs."""
    n = STEPS * BATCH - 3  # the last batch is smaller
    areas = rng.integers(0, 3, (n, 2, 3))
    areas[rng.random(areas.shape) < 0.3] = 255
    drawn = {
        "x": rng.standard_normal((n, 5)),
        "pixels/x": rng.standard_normal((n, 2, 3, 5)),
        "sample_weight": rng.choice([0.0, 0.5, 2.0], n),
        "one_hot": np.eye(4)[rng.integers(0, 4, n)],
        "labels": rng.integers(0, 4, n),
        "multilabel": rng.integers(0, 2, (n, 3)),
        "numbers": rng.standard_normal((n, 3)) * 2,
        "counts": rng.integers(0, 5, (n, 3)),
        "sizes": rng.uniform(20, 30, (n, 3)),
        "pixels": areas,
        "pixels_binary": rng.integers(0, 2, (n, 2, 3, 1)),
        "hidden": rng.standard_normal((5, 6)) * 0.4,
    }
    for units in (1, 3, 4):
        drawn[f"out/{units}"] = rng.standard_normal((6, units)) * 0.4
    return {key: value.astype(np.float32) for key, value in drawn.items()}


def units_of(run: dict) -> int:
    """Outputs of the network."""
    return {"one_hot": 4, "labels": 4, "pixels_binary": 1}.get(run["targets"], 3)


def record_run(run: dict, data: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Losses of four steps, and the weights after them."""
    x = data["pixels/x" if run["targets"].startswith("pixels") else "x"]
    layers = [keras.layers.Dense(6, activation="tanh"), keras.layers.Dense(units_of(run), activation=run["activation"])]
    model = keras.Sequential([keras.Input(x.shape[1:]), *layers])
    zeros = [np.zeros(6), np.zeros(units_of(run))]
    model.set_weights([data["hidden"], zeros[0], data[f"out/{units_of(run)}"], zeros[1]])
    loss = WRITTEN.get(run["loss"]) or getattr(keras.losses, run["loss"])(**run["kwargs"])
    model.compile(keras.optimizers.SGD(RATE), loss, run_eagerly=True)
    values = []
    for start in range(0, len(x), BATCH):
        part = slice(start, start + BATCH)
        model.reset_metrics()
        weights = data["sample_weight"][part] if run["weighted"] else None
        values.append(float(model.train_on_batch(x[part], data[run["targets"]][part], sample_weight=weights)))
    return {"losses": np.array(values, np.float32)} | {f"final/{j}": w for j, w in enumerate(model.get_weights())}


def main() -> None:
    """Writes losses.npz."""
    rng = np.random.default_rng(0)
    data, training = draw(rng), draw_training(rng)
    values, arrays = record_values(data)
    functions, more = record_functions(data)
    arrays |= more
    for name, (y_true, y_pred, weights) in data.items():
        arrays |= {f"{name}/y_true": y_true, f"{name}/y_pred": y_pred, f"{name}/sample_weight": weights}
    for number, run in enumerate(runs()):
        arrays |= {f"run/{number}/{key}": value for key, value in record_run(run, training).items()}
    arrays |= {f"training/{key}": value for key, value in training.items()}
    cases = {"values": values, "functions": functions, "runs": runs(), "batch": BATCH, "rate": RATE}
    save("losses", {"cases": as_json(cases), **arrays})


if __name__ == "__main__":
    main()
