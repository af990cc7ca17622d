"""Checks of constructor arguments that several layers share: one way to say each error."""

from fastcnn import config, constraints, regularizers


def positive(layer: str, name: str, value: object, most: int = 65_536, least: int = 1) -> int:
    """An integer from `least` to `most`.

    Raises:
        ValueError: anything else.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not least <= int(value) <= most:
        raise ValueError(f"{layer}: {name} must be an integer from {least} to {most}. Received: {value!r}")
    return int(value)


def integers(layer: str, name: str, value: object) -> tuple[int, ...]:
    """A tuple or list of integers as a tuple."""
    if not isinstance(value, (tuple, list)) or any(not hasattr(v, "__index__") for v in value):
        raise ValueError(f"{layer}: {name} must be a tuple of integers. Received: {value!r}")
    return tuple(int(v) for v in value)


def sizes(layer: str, name: str, value: object, axes: int, most: int = 65_536, least: int = 1) -> tuple[int, ...]:
    """One integer from `least` to `most` for all axes, or one for each of them."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes:
        wanted = "one integer" if axes == 1 else "one integer or two"
        raise ValueError(f"{layer}: {name} must be {wanted}. Received: {value!r}")
    return tuple(positive(layer, name, size, most, least) for size in values)


def pair(layer: str, name: str, value: object, most: int = 65_536) -> tuple[int, int]:
    """One positive integer for both axes, or two."""
    return sizes(layer, name, value, 2, most)


def padding_mode(layer: str, value: object, modes: tuple[str, ...] = ("valid", "same")) -> str:
    """One of `modes`, given in any case."""
    if not isinstance(value, str) or value.lower() not in modes:
        known = " or ".join(f'"{mode}"' for mode in modes)
        raise ValueError(f"{layer}: padding must be {known}. Received: {value!r}")
    return value.lower()


def data_format(layer: str, value: object) -> str:
    """ "channels_last", or "channels_first" for which the base class moves the axes; None follows the configuration."""
    value = config.image_data_format if value is None else value
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f'{layer}: data_format must be "channels_last" or "channels_first". Received: {value!r}')
    return value


def rank(layer: str, input_shape: tuple, axes: int, meaning: str) -> None:
    """Raises ValueError unless the input has `axes` axes, batch included."""
    if len(input_shape) != axes:
        raise ValueError(f"{layer} expects inputs of {axes} axes {meaning}. Received: {input_shape}")


def keep_controls(layer: object, **given: object) -> None:
    """Sets what each `..._regularizer` and `..._constraint` stands for as the layer's attribute of that name."""
    for name, value in given.items():
        family = constraints if name.endswith("_constraint") else regularizers
        try:
            setattr(layer, name, family.get(value))
        except ValueError as error:
            raise ValueError(f"{type(layer).__name__}: {name}: {error}") from None


def unsupported(layer: str, **arguments: object) -> None:
    """Raises ValueError for arguments that Keras has and this version does not honour: never ignored in silence."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{layer}: {name} is not supported yet; leave it out. Received: {value!r}")
