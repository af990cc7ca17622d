"""Keras 1's merge(): one function with a mode for what are layers of their own now."""

from fastcnn.compat import table
from fastcnn.compat.notes import note


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

    if mode not in table.MERGE_MODES:
        known = ", ".join(table.MERGE_MODES)
        raise ValueError(f"merge: mode must be one of {known}; functions go into layers.Lambda. Received: {mode!r}")
    arguments = {"concat": {"axis": concat_axis}, "dot": {"axes": dot_axes}}.get(mode, {})
    given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
    note([f"merge(mode={mode!r})"], f"layers.{table.MERGE_MODES[mode]}({given})(inputs)")
    return getattr(layers, table.MERGE_MODES[mode])(**arguments, name=name)(inputs)
