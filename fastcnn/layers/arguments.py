"""Checks of constructor arguments that several layers share: one way to say each error."""

from fastcnn import config


def positive(layer: str, name: str, value: object, most: int = 65_536) -> int:
    """A positive integer up to `most`.

    Raises:
        ValueError: anything else.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__") or not 1 <= int(value) <= most:
        raise ValueError(f"{layer}: {name} must be an integer from 1 to {most}. Received: {value!r}")
    return int(value)


def pair(layer: str, name: str, value: object, most: int = 65_536) -> tuple[int, int]:
    """One positive integer for both axes, or two."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(values) != 2:
        raise ValueError(f"{layer}: {name} must be one integer or two. Received: {value!r}")
    return positive(layer, name, values[0], most), positive(layer, name, values[1], most)


def padding_mode(layer: str, value: object) -> str:
    """ "valid" or "same", in any case."""
    if not isinstance(value, str) or value.lower() not in ("valid", "same"):
        raise ValueError(f'{layer}: padding must be "valid" or "same". Received: {value!r}')
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


def unsupported(layer: str, **arguments: object) -> None:
    """Raises ValueError for arguments that Keras has and this version does not honour: never ignored in silence."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"{layer}: {name} is not supported yet; leave it out. Received: {value!r}")
