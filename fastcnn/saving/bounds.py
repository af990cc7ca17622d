"""Largest hyper-parameters that a model file may ask for: a config of 300 bytes must not allocate petabytes.

The layers' constructors call these when a config is read; the limits lie far above any real classifier.
"""

import math

LIMITS = {
    "filters": 65_536,
    "units": 16_777_216,
    "channels": 65_536,
    "kernel_size": 1_024,  # pixels
    "pool_size": 1_024,  # pixels
    "strides": 1_024,  # pixels
    "dilation_rate": 1_024,  # pixels
    "padding": 65_536,  # pixels, each side
    "image_side": 65_536,  # pixels
    "layers": 10_000,
}
MAX_RANK = 8  # axes of a shape


def bounded_int(where: str, name: str, value: object, low: int = 1, limit: str | None = None) -> int:
    """Return a config's integer if it lies in low .. LIMITS[limit or name].

    where : who asks, for the message, as in `Conv2D "conv_1"`
    Raises ValueError naming the key; true and 3.0 are no integers.
    """
    high = LIMITS[limit or name]
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{where}: {name} must be an integer from {low} to {high:,}. Received: {_short(value)}")
    return value


def bounded_ints(
    where: str, name: str, value: object, count: int, low: int = 1, limit: str | None = None
) -> tuple[int, ...]:
    """Return `count` bounded integers; one integer stands for all of them, as in kernel_size=3.

    Raises ValueError naming the key.
    """
    if type(value) is int:
        value = [value] * count
    if type(value) not in (list, tuple) or len(value) != count:
        raise ValueError(f"{where}: {name} must be an integer or {count} integers. Received: {_short(value)}")
    return tuple(bounded_int(where, name, item, low, limit) for item in value)


def bounded_shape(where: str, name: str, value: object, max_elements: int = 4_000_000_000) -> tuple[int, ...]:
    """Return a shape, as (height, width, channels): at most 8 axes, each 1 .. 65,536, their product bounded.

    Raises ValueError naming the key.
    """
    if type(value) not in (list, tuple) or not 1 <= len(value) <= MAX_RANK:
        raise ValueError(f"{where}: {name} must be a list of 1 to {MAX_RANK} integers. Received: {_short(value)}")
    shape = tuple(bounded_int(where, name, side, limit="image_side") for side in value)
    if math.prod(shape) > max_elements:
        raise ValueError(f"{where}: {name} must have at most {max_elements:,} elements. Received: {_short(value)}")
    return shape


def bounded_float(where: str, name: str, value: object, low: float, high: float) -> float:
    """Return a config's number as a float if it is finite and lies in low .. high.

    Raises ValueError naming the key; true is no number.
    """
    if type(value) not in (int, float) or not low <= value <= high:  # nan fails both comparisons
        raise ValueError(f"{where}: {name} must be a number from {low:g} to {high:g}. Received: {_short(value)}")
    return float(value)


def one_of(where: str, name: str, value: object, choices: tuple[str, ...]) -> str:
    """Return a config's string if it is one of a closed list of names.

    Raises ValueError naming the key and the list.
    """
    if value not in choices:
        raise ValueError(f"{where}: {name} must be one of {', '.join(choices)}. Received: {_short(value)}")
    return value


def _short(value: object) -> str:
    if type(value) is int and abs(value) > 10**30:  # printing a huge integer is slow, or refused by Python
        return f"an integer of {value.bit_length():,} bits"
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
