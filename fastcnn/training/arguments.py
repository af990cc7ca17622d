"""Arguments and results of compile, fit, evaluate and predict, checked and brought into one form."""

from collections.abc import Collection, Mapping

import numpy as np

from fastcnn.training.source import Source
from fastcnn.training.sources import ArraySource


def listed_metrics(metrics: object) -> list:
    """One list of the metrics, however they are nested; {output's name: metrics} counts as its values."""
    if isinstance(metrics, dict) and "class_name" not in metrics:
        metrics = list(metrics.values())
    if not isinstance(metrics, (list, tuple)):
        return [] if metrics is None else [metrics]
    return [metric for part in metrics for metric in listed_metrics(part)]


def result(logs: dict[str, float], return_dict: bool) -> float | list[float] | dict[str, float]:
    """What evaluate returns."""
    values = list(logs.values())
    return logs if return_dict else values[0] if len(values) == 1 else values


def joined(parts: list) -> np.ndarray | list[np.ndarray]:
    """The batches' outputs in one array, or in a list of them for a model of several outputs."""
    if isinstance(parts[0], list):
        return [joined(list(of_one)) for of_one in zip(*parts, strict=True)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def split(source: Source, fraction: float) -> tuple[ArraySource, ArraySource]:
    """The last `fraction` of the samples, as they lie, is for validation."""
    if not isinstance(source, ArraySource):
        raise ValueError("validation_split needs arrays; give validation_data for iterators and datasets")
    at = int(source.samples * (1 - fraction))
    if not 0 < at < source.samples:
        raise ValueError(
            f"validation_split must leave samples on both sides. Received: {fraction} of {source.samples} samples"
        )
    parts = [
        [None if a is None else a[cut] for a in (source.x, source.y, source.weights)]
        for cut in (slice(0, at), slice(at, None))
    ]
    train = ArraySource(*parts[0], source.batch_size, source.rng, source.whole_batches)
    return train, ArraySource(*parts[1], source.batch_size, origin="validation_split")


def loss_weight(value: object) -> float:
    """compile's loss_weights for the one output: a number, alone, in a list or by the output's name.

    Raises:
        ValueError: for anything else.
    """
    held = list(value.values()) if isinstance(value, Mapping) else value
    held = held[0] if isinstance(held, (list, tuple)) and len(held) == 1 else held
    if held is None:
        return 1.0
    if isinstance(held, bool) or not isinstance(held, (int, float, np.number)):
        raise ValueError(f"compile: loss_weights must be one number for the one output. Received: {value!r}")
    return float(held)


def check_validation_freq(value: object) -> None:
    """Raises ValueError unless it is a positive number of epochs, or a collection of epochs counted from 1."""
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if (not (whole and value >= 1) and not isinstance(value, (Collection, range))) or isinstance(value, str):
        expected = "validation_freq must be a positive integer, or a list of epochs (from 1)"
        raise ValueError(f"fit: {expected}. Received: {value!r}")


def one_kind_of_weights(sample_weight: object, class_weight: object) -> None:
    """Raises ValueError when both are given, as Keras 3 does; what it means differed from version to version."""
    if sample_weight is not None and class_weight is not None:
        raise ValueError(
            "sample_weight and class_weight cannot both be given; multiply them: "
            "sample_weight * np.array([class_weight[c] for c in classes])"
        )
