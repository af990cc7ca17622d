"""From a name or function to a metric."""

import inspect
from collections.abc import Sequence
from typing import Any

from fastcnn.metrics import accuracies, base, regression

_BY_NAME = {
    "binary_accuracy": accuracies.BinaryAccuracy,
    "categorical_accuracy": accuracies.CategoricalAccuracy,
    "sparse_categorical_accuracy": accuracies.SparseCategoricalAccuracy,
    "top_k_categorical_accuracy": accuracies.TopKCategoricalAccuracy,
    "sparse_top_k_categorical_accuracy": accuracies.SparseTopKCategoricalAccuracy,
    "mean_squared_error": regression.MeanSquaredError,
    "mse": regression.MeanSquaredError,
    "MSE": regression.MeanSquaredError,
    "mean_absolute_error": regression.MeanAbsoluteError,
    "mae": regression.MeanAbsoluteError,
    "MAE": regression.MeanAbsoluteError,
}
_BY_CLASS_NAME = {cls.__name__: cls for cls in (*_BY_NAME.values(), accuracies.Accuracy)}
_RESOLVED_BY_SHAPE = ("accuracy", "acc")


def get(
    identifier: Any, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None], name: str | None = None
) -> base.Metric:
    """Return the metric for a name, function, class, instance or ``{"class_name": ..., "config": ...}``.

    The shapes, with the batch axis (its length may be None), settle which accuracy "accuracy" and "acc" mean. A metric
    given as a string bears that string as its name, a function its ``__name__``; ``name`` overrides both. An instance
    is returned as it is. Raises ValueError for unknown names, TypeError for anything else.
    """
    if isinstance(identifier, base.Metric):
        return identifier
    if isinstance(identifier, dict):
        return _class_of(identifier.get("class_name")).from_config(identifier.get("config") or {})
    if isinstance(identifier, str):
        if identifier in _RESOLVED_BY_SHAPE:
            cls = resolve_accuracy(y_true_shape, y_pred_shape)
        else:
            cls = _class_of(identifier)
        return cls(name=name or identifier)
    if inspect.isclass(identifier) and issubclass(identifier, base.Metric):
        return identifier(**({"name": name} if name else {}))
    if callable(identifier):
        return base.MeanMetricWrapper(identifier, name)
    raise TypeError(f"metric: expected a name, a Metric or a function of (y_true, y_pred). Received: {identifier!r}")


def resolve_accuracy(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> type[base.Metric]:
    """Return the class that "accuracy" means for labels and predictions of these shapes, batch axis included."""
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return accuracies.BinaryAccuracy
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return accuracies.SparseCategoricalAccuracy
    return accuracies.CategoricalAccuracy


def _class_of(name: Any) -> type[base.Metric]:
    known = _BY_NAME | _BY_CLASS_NAME
    if name not in known:
        names = ", ".join((*_RESOLVED_BY_SHAPE, *sorted(known)))
        raise ValueError(f"metric: unknown name. Received: {name!r}. Known: {names}")
    return known[name]
