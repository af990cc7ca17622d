"""Names of layers: conv2d, conv2d_1, conv2d_2, ... counted per class over the process, as Keras does."""

import re
from collections import Counter

from fastcnn.compat.eras import first_number

_counts: Counter[str] = Counter()


def snake_case(class_name: str) -> str:
    """A class's name as layers and files bear it: Conv2DTranspose -> conv2d_transpose, PReLU -> p_re_lu."""
    split = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", class_name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", split).lower()


def unique_name(class_name: str) -> str:
    """snake_case of the class name, with a suffix from the second one on (in Keras 2 from the first)."""
    snake = snake_case(class_name)
    number = _counts[snake] + first_number()
    _counts[snake] += 1
    return f"{snake}_{number}" if number else snake


def forget_names() -> None:
    """Counts from the beginning again."""
    _counts.clear()
