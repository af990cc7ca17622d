"""From a name, function or configuration to a metric, and back."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from fastcnn.compat.metrics import older_meaning
from fastcnn.custom_objects import known, resolve
from fastcnn.metrics import (
    accuracies,
    agreement,
    base,
    confusion,
    curves,
    fscores,
    iou,
    margins,
    probabilistic,
    reductions,
    regression,
)
from fastcnn.spelling import suggestion

_MODULES = (reductions, accuracies, regression, agreement, probabilistic, margins, confusion, curves, fscores, iou)
CLASSES = {
    name: cls
    for module in _MODULES
    for name, cls in vars(module).items()
    if inspect.isclass(cls) and issubclass(cls, base.Metric) and cls.__module__ == module.__name__
    if not name.startswith("_") and cls is not confusion.ConfusionMetric
}
_ALIASES = {
    "acc": "Accuracy",
    "bce": "BinaryCrossentropy",
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "kld": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "cosine": "CosineSimilarity",
    "cosine_proximity": "CosineSimilarity",
    "logcosh": "LogCoshError",
    "log_cosh": "LogCoshError",
    "rmse": "RootMeanSquaredError",
    "kl_divergence": "KLDivergence",
    "fbeta_score": "FBetaScore",
    "mean_iou": "MeanIoU",
    "binary_iou": "BinaryIoU",
}
_BY_NAME = (
    {base.snake_case(name): cls for name, cls in CLASSES.items()}
    | {alias: CLASSES[name] for alias, name in _ALIASES.items()}
    | {alias.upper(): CLASSES[name] for alias, name in _ALIASES.items() if len(alias) < 5 and alias != "acc"}
)
_RESOLVED_BY_SHAPE = ("accuracy", "acc")


def get(
    identifier: Any,
    y_true_shape: Sequence[int | None] | None = None,
    y_pred_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    loss: str | None = None,
) -> base.Metric:
    """Return the metric for a name, function, class, instance or ``{"class_name": ..., "config": ...}``.

    The shapes, with the batch axis (its length may be None), settle which accuracy "accuracy" and "acc" mean; without
    them "accuracy" is Accuracy. ``loss``, the name of the model's loss, matters where Keras 1 and 2 are asked for. A
    metric given as a string bears that string as its name, a function its ``__name__``; ``name`` overrides both. An
    instance is returned as it is. Raises ValueError for unknown names, TypeError for anything else.
    """
    named, identifier = name or (identifier if isinstance(identifier, str) else None), resolve(identifier)
    if isinstance(identifier, base.Metric):
        return identifier
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return _by_name(identifier, y_true_shape, y_pred_shape, name or identifier, loss)
    if inspect.isclass(identifier) and issubclass(identifier, base.Metric):
        return identifier(**({"name": named} if named else {}))
    if callable(identifier):
        return reductions.MeanMetricWrapper(identifier, named)
    raise TypeError(f"metric: expected a name, a Metric or a function of (y_true, y_pred). Received: {identifier!r}")


def _by_name(identifier: str, y_true_shape: Any, y_pred_shape: Any, name: str, loss: str | None) -> base.Metric:
    older = older_meaning(identifier, y_pred_shape, loss)
    if older is not None and not isinstance(older, str):
        return reductions.MeanMetricWrapper(older, name)
    if older is not None:
        return _class_of(older)(name=name)
    if identifier in _RESOLVED_BY_SHAPE and y_true_shape is not None and y_pred_shape is not None:
        return resolve_accuracy(y_true_shape, y_pred_shape)(name=name)
    cls = _class_of(identifier)
    required = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty and p.name != "name"]
    if required:
        needed = ", ".join(f"{p.name}=..." for p in required)
        raise ValueError(f"metric {identifier!r} needs arguments: give metrics.{cls.__name__}({needed})")
    return cls(name=name)


def resolve_accuracy(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> type[base.Metric]:
    """Return the class that "accuracy" means for labels and predictions of these shapes, batch axis included."""
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return accuracies.BinaryAccuracy
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return accuracies.SparseCategoricalAccuracy
    return accuracies.CategoricalAccuracy


def serialize(metric: Any) -> Any:
    """Return what ``deserialize`` takes back: class name and arguments of a metric, the name of a function."""
    if not isinstance(metric, base.Metric):
        return getattr(metric, "__name__", metric)
    config = {key: serialize(value) if callable(value) else value for key, value in metric.get_config().items()}
    return {"class_name": type(metric).__name__, "config": config}


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Return the metric that ``serialize`` described, looking first among ``custom_objects`` (name -> class, function).

    Raises ValueError for a name that is not known.
    """
    custom = known(custom_objects)
    if isinstance(config, str):
        return custom[config] if config in custom else get(config)
    name, arguments = config.get("class_name"), dict(config.get("config") or {})
    if isinstance(arguments.get("fn"), str):
        arguments["fn"] = custom.get(arguments["fn"]) or _function_of(arguments["fn"])
    cls = custom[name] if name in custom else _class_of(name)
    return cls.from_config(arguments)


def _function_of(name: str) -> Any:
    for module in _MODULES:
        if inspect.isfunction(found := getattr(module, name, None)) and not name.startswith("_"):
            return found
    raise ValueError(f"metric: unknown function. Received: {name!r}; pass it in custom_objects={{{name!r}: ...}}")


def _class_of(name: Any) -> type[base.Metric]:
    known = _BY_NAME | CLASSES
    if name not in known:
        names = ", ".join((*_RESOLVED_BY_SHAPE, *sorted(set(_BY_NAME) - set(_RESOLVED_BY_SHAPE))))
        raise ValueError(f"metric: unknown name. Received: {name!r}{suggestion(name, known)}. Known: {names}")
    return known[name]
