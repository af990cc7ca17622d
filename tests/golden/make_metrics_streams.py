"""Writes metrics_streams.npz: every other metric of Keras over several batches. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np

BATCHES = [slice(0, 7), slice(7, 14), slice(14, 18)]
SAMPLES, CLASSES = 18, 4


def draw_data(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Draws (y_true, y_pred) of each kind; scores are multiples of 1/8, so that thresholds themselves occur."""
    flags = rng.integers(0, 2, (SAMPLES, 1))
    chances = rng.integers(0, 9, (SAMPLES, 1)) / 8
    many = rng.integers(0, 2, (SAMPLES, 3)), rng.integers(0, 9, (SAMPLES, 3)) / 8
    labels = rng.integers(0, CLASSES, SAMPLES)
    logits = rng.normal(size=(SAMPLES, CLASSES))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    numbers = rng.normal(size=(SAMPLES, 3)), rng.normal(size=(SAMPLES, 3))
    one_hot = np.eye(CLASSES)[labels]
    pairs = {
        "binary": (flags, chances),
        "multilabel": many,
        "one_hot": (one_hot, probabilities),
        "one_hot_logits": (one_hot, logits),
        "labels": (labels, probabilities),
        "labels_column": (labels[:, None], probabilities),
        "labels_logits": (labels, logits),
        "numbers": numbers,
        "positive": (np.abs(numbers[0]) + 0.1, np.abs(numbers[1])),
        "signs": (2 * flags - 1, rng.normal(size=(SAMPLES, 1))),
        "binary_logits": (flags, rng.normal(size=(SAMPLES, 1)) * 3),
        "classes": (labels, rng.integers(0, CLASSES, SAMPLES)),
        "equal": (rng.integers(0, 3, (SAMPLES, 2)), rng.integers(0, 3, (SAMPLES, 2))),
    }
    return {name: (y.astype(np.float32), p.astype(np.float32)) for name, (y, p) in pairs.items()}


CASES = [
    ("Precision", {}, ("binary", "multilabel")),
    ("Precision", {"thresholds": [0.125, 0.5, 0.9]}, ("binary", "multilabel")),
    ("Precision", {"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, ("binary",)),
    ("Precision", {"top_k": 2}, ("one_hot",)),
    ("Precision", {"class_id": 1}, ("multilabel",)),
    ("Recall", {}, ("binary", "multilabel")),
    ("Recall", {"thresholds": 0.25}, ("binary",)),
    ("Recall", {"thresholds": [0.75, 0.25]}, ("multilabel",)),
    ("Recall", {"top_k": 2, "class_id": 1}, ("one_hot",)),
    ("TruePositives", {}, ("binary", "multilabel")),
    ("TrueNegatives", {"thresholds": [0.25, 0.5]}, ("binary",)),
    ("FalsePositives", {}, ("multilabel",)),
    ("FalseNegatives", {"thresholds": [0.5]}, ("binary",)),
    ("AUC", {}, ("binary", "multilabel", "one_hot")),
    ("AUC", {"num_thresholds": 5}, ("binary",)),
    ("AUC", {"curve": "PR"}, ("binary", "multilabel")),
    ("AUC", {"curve": "PR", "num_thresholds": 5}, ("binary",)),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, ("binary",)),
    ("AUC", {"curve": "PRGAIN"}, ("binary",)),
    ("AUC", {"summation_method": "minoring"}, ("binary",)),
    ("AUC", {"summation_method": "majoring"}, ("binary",)),
    ("AUC", {"thresholds": [0.3, 0.6, 0.1]}, ("binary",)),
    ("AUC", {"multi_label": True}, ("multilabel",)),
    ("AUC", {"multi_label": True, "num_labels": 3, "curve": "PR"}, ("multilabel",)),
    ("AUC", {"multi_label": True, "label_weights": [1.0, 2.0, 0.5]}, ("multilabel",)),
    ("AUC", {"label_weights": [1.0, 2.0, 0.5]}, ("multilabel",)),
    ("AUC", {"from_logits": True}, ("binary_logits",)),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, ("binary", "multilabel")),
    ("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 5}, ("binary",)),
    ("PrecisionAtRecall", {"recall": 0.6}, ("binary",)),
    ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 1}, ("binary",)),
    ("RecallAtPrecision", {"precision": 0.6, "class_id": 2}, ("multilabel",)),
    ("F1Score", {}, ("one_hot", "multilabel")),
    ("F1Score", {"average": "macro", "threshold": 0.5}, ("multilabel",)),
    ("F1Score", {"average": "micro"}, ("one_hot",)),
    ("F1Score", {"average": "weighted"}, ("one_hot",)),
    ("FBetaScore", {"beta": 2.0}, ("one_hot",)),
    ("FBetaScore", {"beta": 0.5, "average": "micro", "threshold": 0.25}, ("multilabel",)),
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, ("classes",)),
    ("MeanIoU", {"num_classes": 4}, ("classes",)),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, ("classes",)),
    ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False}, ("labels",)),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1, 3]}, ("one_hot",)),
    ("OneHotMeanIoU", {"num_classes": 4}, ("one_hot",)),
    ("BinaryIoU", {}, ("binary",)),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.25}, ("binary",)),
    ("CosineSimilarity", {}, ("numbers",)),
    ("LogCoshError", {}, ("numbers",)),
    ("R2Score", {}, ("numbers",)),
    ("R2Score", {"class_aggregation": None}, ("numbers",)),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, ("numbers",)),
    ("R2Score", {"num_regressors": 2}, ("numbers",)),
    ("RootMeanSquaredError", {}, ("numbers", "binary")),
    ("MeanSquaredError", {}, ("numbers",)),
    ("MeanAbsoluteError", {}, ("numbers",)),
    ("MeanAbsolutePercentageError", {}, ("positive",)),
    ("MeanSquaredLogarithmicError", {}, ("positive", "numbers")),
    ("Hinge", {}, ("signs", "binary")),
    ("SquaredHinge", {}, ("signs", "binary")),
    ("CategoricalHinge", {}, ("one_hot",)),
    ("KLDivergence", {}, ("one_hot",)),
    ("Poisson", {}, ("positive",)),
    ("BinaryCrossentropy", {}, ("binary", "multilabel")),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, ("binary",)),
    ("BinaryCrossentropy", {"from_logits": True}, ("binary_logits",)),
    ("CategoricalCrossentropy", {}, ("one_hot",)),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, ("one_hot",)),
    ("CategoricalCrossentropy", {"from_logits": True}, ("one_hot_logits",)),
    ("SparseCategoricalCrossentropy", {}, ("labels", "labels_column")),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, ("labels_logits",)),
    ("PearsonCorrelation", {}, ("numbers",)),
    ("ConcordanceCorrelation", {}, ("numbers",)),
    ("Accuracy", {}, ("equal",)),
    ("Mean", {}, ("values",)),
    ("Sum", {}, ("values",)),
]


def main() -> None:
    """Writes metrics_streams.npz."""
    rng = np.random.default_rng(1)
    data = draw_data(rng)
    weights = rng.choice([0.0, 1.0, 2.0, 3.0], SAMPLES).astype(np.float32)
    arrays = {"sample_weight": weights}
    for name, (y_true, y_pred) in data.items():
        arrays |= {f"{name}/y_true": y_true, f"{name}/y_pred": y_pred}
    cases = [(c, k, d, w) for c, k, datas in CASES for d in datas for w in (False, True)]
    described = []
    for number, (class_name, kwargs, kind, weighted) in enumerate(cases):
        metric, results = getattr(keras.metrics, class_name)(**kwargs), []
        for batch in BATCHES:
            given = (data["numbers"][0][batch],) if kind == "values" else tuple(a[batch] for a in data[kind])
            w = weights[batch] if weighted else None
            if class_name.endswith("IoU") and weighted:
                w = w.astype(np.int32)  # its counts are integers
            metric.update_state(*given, sample_weight=w)
            results.append(np.array(metric.result(), np.float32))
        arrays[f"results/{number}"] = np.stack(results)
        described.append({"class_name": class_name, "kwargs": kwargs, "data": kind, "weighted": weighted})
    save("metrics_streams", {"cases": as_json(described), **arrays})


if __name__ == "__main__":
    main()
