"""Metrics as Keras 1 and 2 knew them: older method names, batch-wise functions, how "accuracy" was resolved."""

from typing import Any

import numpy as np

from fastcnn.compat.weights import accepts_name_first

_EPSILON = 1e-7


class OldMetricMethods:
    """Mixed into Metric."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A subclass written for Keras 2.2 to 2.4 defines reset_states; the present name then calls it."""
        super().__init_subclass__(**kwargs)
        if "reset_states" in cls.__dict__ and "reset_state" not in cls.__dict__:
            cls.reset_state = cls.__dict__["reset_states"]
        add_weight = cls.__dict__.get("add_weight")
        if add_weight is not None and cls.__name__ == "Metric":
            cls.add_weight = accepts_name_first(add_weight)

    def reset_states(self) -> None:
        """The older name of reset_state."""
        self.reset_state()


def _counts(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[float, float, float, float]:
    """True and false positives, true and false negatives of rounded values."""
    actual, predicted = (np.round(np.clip(values, 0, 1)).astype(np.float64) for values in (y_true, y_pred))
    hits = (actual * predicted).sum()
    return (
        hits,
        (predicted * (1 - actual)).sum(),
        ((1 - actual) * (1 - predicted)).sum(),
        (actual * (1 - predicted)).sum(),
    )


def precision(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Share of the batch's predicted positives that are right, as Keras 1 computed it batch by batch."""
    hits, false_alarms, _, _ = _counts(y_true, y_pred)
    return hits / (hits + false_alarms + _EPSILON)


def recall(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Share of the batch's actual positives that were found, as Keras 1 computed it batch by batch."""
    hits, _, _, missed = _counts(y_true, y_pred)
    return hits / (hits + missed + _EPSILON)


def fbeta_score(y_true: np.ndarray, y_pred: np.ndarray, beta: float = 1) -> float:
    """Weighted harmonic mean of the batch's precision and recall; 0 for a batch without positives.

    Raises ValueError unless beta >= 0.
    """
    if beta < 0:
        raise ValueError(f"fbeta_score: beta must not be negative. Received: {beta!r}")
    if np.round(np.clip(y_true, 0, 1)).sum() == 0:
        return 0.0
    p, r = precision(y_true, y_pred), recall(y_true, y_pred)
    return (1 + beta**2) * p * r / (beta**2 * p + r + _EPSILON)


def fmeasure(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Harmonic mean of the batch's precision and recall."""
    return fbeta_score(y_true, y_pred, beta=1)


def matthews_correlation(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Correlation of the batch's rounded labels and predictions, in [-1, 1]."""
    hits, false_alarms, quiet, missed = _counts(y_true, y_pred)
    sides = (hits + false_alarms) * (hits + missed) * (quiet + false_alarms) * (quiet + missed)
    return (hits * quiet - false_alarms * missed) / (np.sqrt(sides) + _EPSILON)


# Strings that Keras 1 knew and no later version does.
BATCHWISE = {
    "precision": precision,
    "recall": recall,
    "fmeasure": fmeasure,
    "fbeta_score": fbeta_score,
    "matthews_correlation": matthews_correlation,
}
BATCHWISE_ONLY = ("fmeasure", "matthews_correlation")
# What "accuracy" is called in logs of Keras 2; a script that reads "accuracy" out of them is one of Keras 2.3.
accuracy_key = "acc"


def older_meaning(identifier: str, y_pred_shape: Any, loss: str | None) -> Any:
    """What a metric's name meant in Keras 1 and 2, if that differs from today: a function, or today's name; else None.

    "accuracy" went by the loss: binary_accuracy for one output or binary_crossentropy, sparse for class numbers. It
    still goes by the loss when `loss` is given.
    """
    if identifier in BATCHWISE_ONLY:
        return BATCHWISE[identifier]
    if loss is None or y_pred_shape is None:
        return None
    if identifier in BATCHWISE:
        return BATCHWISE[identifier]
    if identifier in ("accuracy", "acc"):
        if y_pred_shape[-1] == 1 or loss == "binary_crossentropy":
            return "binary_accuracy"
        return "sparse_categorical_accuracy" if loss.startswith("sparse_") else "categorical_accuracy"
    return None


def older_name(name: str) -> str:
    """Key in logs and history: Keras 1 to 2.2 wrote "acc" for "accuracy", Keras 2.3 did not."""
    return accuracy_key if name == "accuracy" else name
