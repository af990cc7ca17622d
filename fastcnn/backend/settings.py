"""What holds for all models: names, and the settings of fastcnn.config under K's names."""

from fastcnn import config
from fastcnn.layers import naming


def backend() -> str:
    """The Keras backend whose conventions hold: "tensorflow". What computes is said by fastcnn.get_backend()."""
    return "tensorflow"


def epsilon() -> float:
    """The small number that keeps losses away from log(0)."""
    return config.epsilon


def set_epsilon(value: float) -> None:
    """Sets it."""
    config.epsilon = float(value)


def floatx() -> str:
    """Type of new models: "float32" or "float64"."""
    return config.floatx


def set_floatx(value: str) -> None:
    """Sets it; models that there are keep theirs.

    Raises:
        ValueError: for another type; half precision is not offered.
    """
    config.floatx = value


def image_data_format() -> str:
    """ "channels_last" or "channels_first", for layers that are made without data_format."""
    return config.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets it.

    Raises:
        ValueError: for anything else.
    """
    config.image_data_format = data_format


def clear_session(free_memory: bool = True) -> None:
    """Counts layers' names from the beginning again. Memory goes when the last reference to a model does, whatever
    `free_memory` says.
    """
    naming.forget_names()
