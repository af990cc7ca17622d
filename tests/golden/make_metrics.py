"""Writes metrics.npz: streaming accuracies and the scale of initializers, computed by Keras. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
from keras.src.initializers.random_initializers import compute_fans

BATCHES, BATCH_SIZE, LAST_BATCH_SIZE, CLASSES = 3, 7, 4, 6
SAMPLES = (BATCHES - 1) * BATCH_SIZE + LAST_BATCH_SIZE
SHAPES = [(3, 3, 3, 32), (5, 5, 16, 8), (1, 1, 4, 4), (2, 3, 1, 5), (128, 10), (7, 1), (64,)]
INITIALIZERS = ("GlorotUniform", "HeUniform", "LecunUniform", "GlorotNormal", "HeNormal", "LecunNormal")
DRAWS = 100


def draw_predictions(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Draws (y_true, y_pred) of each kind, with ties and values on the threshold among them."""
    # Three levels: most rows have ties, at the top and around the second place.
    scores = rng.integers(0, 3, (SAMPLES, CLASSES)) / 2
    distinct = rng.permuted(np.tile(np.arange(CLASSES), (SAMPLES, 1)), axis=1) / CLASSES
    labels = rng.integers(0, CLASSES, SAMPLES)
    one_hot = np.eye(CLASSES)[labels]
    # Every other label is the first of the maxima: the choice among ties shows in the accuracy.
    tied_labels = np.where(np.arange(SAMPLES) % 2 == 0, scores.argmax(1), labels)
    # Multiples of 1/8, so that the threshold 0.5 itself occurs.
    flags, chances = rng.integers(0, 2, (SAMPLES, 1)), rng.integers(0, 9, (SAMPLES, 1)) / 8
    many_flags, many_chances = rng.integers(0, 2, (SAMPLES, 3)), rng.integers(0, 9, (SAMPLES, 3)) / 8
    pairs = {
        "binary": (flags, chances),
        "multilabel": (many_flags, many_chances),
        "one_hot": (one_hot, distinct),
        "one_hot_ties": (np.eye(CLASSES)[tied_labels], scores),
        "labels": (labels, distinct),
        "labels_column": (labels[:, None], distinct),
        "labels_ties": (tied_labels, scores),
    }
    return {name: (y.astype(np.float32), p.astype(np.float32)) for name, (y, p) in pairs.items()}


def metric_cases() -> list[dict]:
    """Lists (class_name, kwargs, data) of the metrics."""
    listed = [
        ("BinaryAccuracy", {}, ("binary", "multilabel")),
        ("BinaryAccuracy", {"threshold": 0.3}, ("binary",)),
        ("CategoricalAccuracy", {}, ("one_hot", "one_hot_ties")),
        ("SparseCategoricalAccuracy", {}, ("labels", "labels_column", "labels_ties")),
        ("TopKCategoricalAccuracy", {"k": 2}, ("one_hot", "one_hot_ties")),
        ("TopKCategoricalAccuracy", {}, ("one_hot",)),
        ("SparseTopKCategoricalAccuracy", {"k": 2}, ("labels", "labels_column", "labels_ties")),
        ("SparseTopKCategoricalAccuracy", {}, ("labels",)),
    ]
    return [
        {"class_name": name, "kwargs": kwargs, "data": data, "weighted": weighted}
        for name, kwargs, datas in listed
        for data in datas
        for weighted in (False, True)
    ]


def record_metrics(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records result() after each of three batches."""
    data, weights = draw_predictions(rng), rng.choice([0.0, 0.5, 1.0, 3.0], SAMPLES).astype(np.float32)
    arrays = {"sample_weight": weights}
    for name, (y_true, y_pred) in data.items():
        arrays |= {f"{name}/y_true": y_true, f"{name}/y_pred": y_pred}
    cases = metric_cases()
    for number, case in enumerate(cases):
        metric, results = getattr(keras.metrics, case["class_name"])(**case["kwargs"]), []
        y_true, y_pred = data[case["data"]]
        for start in range(0, SAMPLES, BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            metric.update_state(y_true[batch], y_pred[batch], weights[batch] if case["weighted"] else None)
            results.append(float(metric.result()))
        case["name"] = metric.name
        arrays[f"results/{number}"] = np.array(results, np.float32)
    return {"cases": as_json({"batch_size": BATCH_SIZE, "cases": cases}), **arrays}


def record_initializers() -> list[dict]:
    """Lists fans, limit and standard deviation by shape, with the statistics of Keras's own draws."""
    rows = []
    for shape in SHAPES:
        fan_in, fan_out = (int(fan) for fan in compute_fans(shape))
        for name in INITIALIZERS:
            initializer = getattr(keras.initializers, name)()
            size = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}[initializer.mode]
            variance = initializer.scale / max(1.0, size)
            row = {"class_name": name, "shape": shape, "fan_in": fan_in, "fan_out": fan_out, "stddev": variance**0.5}
            # A seeded initializer repeats itself, so each draw has a seed of its own.
            make = type(initializer)
            drawn = np.concatenate([np.ravel(make(seed=seed)(shape)) for seed in range(DRAWS)])
            row |= {"draws": drawn.size, "drawn_min": float(drawn.min()), "drawn_max": float(drawn.max())}
            row |= {"drawn_mean": float(drawn.mean()), "drawn_stddev": float(drawn.std())}
            # Uniform on +-sqrt(3 variance); the normal ones are cut at two standard deviations of the uncut normal.
            uniform = initializer.distribution == "uniform"
            row["limit"] = (3 * variance) ** 0.5 if uniform else 2 * variance**0.5 / 0.87962566103423978
            if not drawn.max() <= row["limit"] * (1 + 1e-6):
                raise ValueError(f"{name} {shape}: drawn values must not pass {row['limit']}. Received: {drawn.max()}")
            rows.append(row)
    return rows


def main() -> None:
    """Writes metrics.npz."""
    arrays = record_metrics(np.random.default_rng(0))
    save("metrics", {**arrays, "initializers": as_json(record_initializers())})


if __name__ == "__main__":
    main()
