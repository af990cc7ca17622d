"""From what a user gives as an activation to a function, its configuration, and the ops of a program."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastcnn import config
from fastcnn.activations import elementwise
from fastcnn.activations.applied import Emitting, output_shape, written
from fastcnn.activations.as_kernels import emit_as_kernels
from fastcnn.activations.registry import ELEMENTWISE, FUNCTIONS
from fastcnn.custom_objects import known, resolve
from fastcnn.engine.program import Builder, Tensor
from fastcnn.spelling import suggestion

_ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}


def get(identifier: Any) -> Callable:
    """The activation for a name, function, layer, layer class, configuration, or None (linear).

    With config.era "keras2", hard_sigmoid becomes hard_sigmoid_keras2 here, once and for all.

    Raises:
        ValueError: for unknown names, which lists the known ones, and for layers that have weights.
        TypeError: for anything that cannot be called.
    """
    identifier = resolve(identifier)
    if identifier is None:
        return elementwise.linear
    if isinstance(identifier, str):
        name = _ALIASES.get(identifier, identifier)
        if name not in FUNCTIONS:
            known = sorted([*FUNCTIONS, *_ALIASES])
            hint = suggestion(identifier, known)
            raise ValueError(f"unknown activation. Received: {identifier!r}{hint}. Known: {', '.join(known)}")
        identifier = FUNCTIONS[name]
    elif isinstance(identifier, dict):
        return deserialize(identifier)
    if identifier is elementwise.hard_sigmoid and config.era == "keras2":
        return elementwise.hard_sigmoid_keras2
    if _is_layer(identifier):
        return _layer(identifier)
    if not callable(identifier):
        raise TypeError(f"activation: expected a name, a function or a layer. Received: {identifier!r}")
    return identifier


def serialize(activation: Callable) -> str | dict:
    """The configuration from which `get` builds the same activation: a name, or a dictionary.

    Raises:
        ValueError: for functions that have no name, which no file can describe.
    """
    if isinstance(activation, partial) and _is_known(activation.func) and not activation.args:
        return {"class_name": activation.func.__name__, "config": dict(activation.keywords)}
    if _is_layer(activation):
        return {"class_name": type(activation).__name__, "config": activation.get_config()}
    name = getattr(activation, "__name__", None)
    if name in (None, "<lambda>"):
        raise ValueError(
            f"activation: a function without a name cannot be described in a configuration. Received: {activation!r}. "
            "Define it with def, or use a layer such as layers.LeakyReLU"
        )
    return name


def deserialize(config: str | dict, custom_objects: Mapping[str, Any] | None = None) -> Callable:
    """The activation that `serialize` described: a name, or {"class_name": ..., "config": {...}}.

    custom_objects : name -> function or class of layers, looked at first.

    Raises:
        ValueError: for names of neither activations nor layers.
    """
    described = config if isinstance(config, dict) else {"class_name": "function", "config": config}
    name, arguments = described.get("class_name"), described.get("config") or {}
    if name == "function":  # how Keras 3 describes a function
        return get(known(custom_objects).get(arguments, arguments))
    custom = known(custom_objects)
    if name in custom:
        return get(custom[name].from_config(arguments))
    if name in FUNCTIONS:
        return partial(get(name), **arguments)
    from fastcnn import layers

    if name not in layers.__all__ or not _is_layer(getattr(layers, name)):
        raise ValueError(f"activation: expected the name of an activation or a layer. Received: {config!r}")
    return _layer(getattr(layers, name).from_config(arguments))


def lower(builder: Builder, activation: Callable, x: Tensor) -> Tensor:
    """Emits an activation that ends a layer.

    Raises:
        ValueError: when the activation changes the shape.
    """
    y = emit(builder, activation, x)
    if y.shape != x.shape:
        name = getattr(activation, "__name__", repr(activation))
        raise ValueError(
            f"activation {name} makes the shape {y.shape[1:]} of {x.shape[1:]}; inside another layer it must keep the "
            "shape. Put it behind as a layer of its own: layers.Activation"
        )
    return y


def emit(builder: Builder, activation: Callable, x: Tensor) -> Tensor:
    """Emits an activation: as kernels where these can do it, else as the user's function."""
    if _is_layer(activation):
        return activation.lower(builder, x)
    given = Emitting(builder, x)
    if _is_known(_inner(activation)):
        return activation(given).tensor
    module = getattr(_inner(activation), "__module__", None) or ""
    ours = module.startswith("fastcnn.")  # a user's may draw random numbers in each step
    y = emit_as_kernels(builder, activation, x) if ours else None
    return written(given, activation).tensor if y is None else y


def shape_of(activation: Callable, input_shape: tuple) -> tuple:
    """Shape of what the activation makes of `input_shape`, batch first."""
    if is_elementwise(activation):
        return input_shape
    return output_shape(activation, input_shape)


def is_elementwise(activation: Callable) -> bool:
    """Whether it is known that every element of y depends on the same element of x alone."""
    inner = _inner(activation)
    return (
        getattr(inner, "elementwise", False) if _is_layer(inner) else _is_known(inner) and inner.__name__ in ELEMENTWISE
    )


def _inner(activation: Callable) -> Callable:
    return activation.func if isinstance(activation, partial) else activation


def _is_known(activation: Callable) -> bool:
    return FUNCTIONS.get(getattr(activation, "__name__", None)) is activation


def _is_layer(identifier: object) -> bool:
    """Whether it is a layer or a class of layers."""
    from fastcnn.layers.base import Layer

    return isinstance(identifier, Layer) or (inspect.isclass(identifier) and issubclass(identifier, Layer))


def _layer(identifier: Any) -> Callable:
    """A layer that may serve as an activation, made if a class was given."""
    from fastcnn.layers.base import Layer

    layer = identifier() if inspect.isclass(identifier) else identifier
    if type(layer).build is not Layer.build:
        name = type(layer).__name__
        raise ValueError(f"activation: {name} has weights, so it must be a layer of its own behind this one")
    return layer
