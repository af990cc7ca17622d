"""Keras 1's merge(): one function with a mode for what are layers of their own now."""

from fastcnn.compat.notes import note

_LAYERS = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum", "concat": "Concatenate", "dot": "Dot"}


def merge(
    inputs: list,
    mode: str = "sum",
    concat_axis: int = -1,
    dot_axes: int | tuple[int, int] = -1,
    name: str | None = None,
) -> object:
    """What the layer that took over the mode makes of the inputs.

    Raises:
        ValueError: for a mode that no layer took over, or a function.
    """
    from fastcnn import layers

    if mode not in _LAYERS:
        known = ", ".join(_LAYERS)
        raise ValueError(f"merge: mode must be one of {known}; functions go into layers.Lambda. Received: {mode!r}")
    arguments = {"concat": {"axis": concat_axis}, "dot": {"axes": dot_axes}}.get(mode, {})
    given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    note([f"merge(mode={mode!r})"], f"layers.{_LAYERS[mode]}({given})(inputs)")
    return getattr(layers, _LAYERS[mode])(**arguments, name=name)(inputs)
