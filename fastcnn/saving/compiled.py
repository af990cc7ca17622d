"""How a model was compiled, as Keras stores it (`compile_config`, `training_config`), and back."""

from collections.abc import Mapping

from fastcnn.saving.known import Reader
from fastcnn.saving.objects import serialize

_NAMED = ("loss", "loss_weights", "metrics", "weighted_metrics")


def compile_config(model: object) -> dict | None:
    """Optimizer, losses and metrics; None for a model that is not compiled."""
    if model.optimizer is None:
        return None
    given = {name: _serialized(value) for name, value in _given(model).items()}
    return {"optimizer": serialize(model.optimizer)} | given | {"run_eagerly": False, "jit_compile": False}


def _given(model: object) -> dict[str, object]:
    """What compile() was given."""
    metrics, weighted = model._metrics
    weights = getattr(model, "loss_weights", None)
    return {
        "loss": model.loss,
        "loss_weights": weights,
        "metrics": metrics or None,
        "weighted_metrics": weighted or None,
    }


def _serialized(value: object) -> object:
    """As `serialize`; a lambda is what custom_objects={"<lambda>": ...} is asked for."""
    if isinstance(value, (list, tuple)):
        return [_serialized(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _serialized(item) for key, item in value.items()}
    if getattr(value, "__name__", None) == "<lambda>":
        return {"module": "custom", "class_name": "function", "config": "<lambda>", "registered_name": "<lambda>"}
    return serialize(value)


def compile_model(model: object, config: Mapping, reader: Reader) -> None:
    """Compiles a model as a file says.

    Raises:
        ValueError: for losses, metrics or optimizers that are not known; compile=False goes without them.
    """
    optimizer = config.get("optimizer", config.get("optimizer_config"))
    if not isinstance(optimizer, (str, Mapping)):
        raise ValueError("it was compiled without an optimizer that can be read")
    named = {name: _restored(config.get(name), _kind(name), reader) for name in _NAMED if config.get(name) is not None}
    if "loss_weights" in named and not _weighs(named["loss_weights"]):
        del named["loss_weights"]
    model.compile(reader.object(optimizer, "optimizers"), **named)


def _kind(name: str) -> str:
    return "losses" if name.startswith("loss") else "metrics"


def _weighs(weights: object) -> bool:
    """Whether loss weights say anything: [1.0] and {} do not."""
    listed = (
        list(weights.values()) if isinstance(weights, Mapping) else weights if isinstance(weights, list) else [weights]
    )
    return any(weight not in (None, 1, 1.0) for weight in listed)


def _restored(value: object, kind: str, reader: Reader) -> object:
    """A loss or metric, or lists and dicts of such by output, in any era's form."""
    if isinstance(value, Mapping) and "class_name" in value:
        inner = value.get("config")
        if value["class_name"] == "MeanMetricWrapper" and isinstance(inner, Mapping):
            return _wrapped(inner, reader)
        return reader.object(value, kind)
    if isinstance(value, Mapping):
        return {key: _restored(item, kind, reader) for key, item in value.items()}
    if isinstance(value, list):
        made = [_restored(item, kind, reader) for item in value]
        return made[0] if len(made) == 1 and isinstance(made[0], list) else made  # tf.keras lists them by output
    return reader.object(value, kind) if isinstance(value, str) else value


def _wrapped(inner: Mapping, reader: Reader) -> object:
    """tf.keras's wrapper of a metric given as a string: the name that the user gave, or the function's."""
    function, name = inner.get("fn"), inner.get("name")
    if name in ("accuracy", "acc"):
        return name
    return reader.object(function if function is not None else name, "metrics")
