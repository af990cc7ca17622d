"""Names of layers: conv2d, conv2d_1, conv2d_2, ... counted per class over the process, as Keras does."""

import re
from collections import Counter

_counts: Counter[str] = Counter()


def unique_name(class_name: str) -> str:
    """snake_case of the class name, with a suffix from the second one on."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", class_name).lower()
    number = _counts[snake]
    _counts[snake] += 1
    return f"{snake}_{number}" if number else snake
