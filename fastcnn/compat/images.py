"""Functions on photos that Keras 1 had and Keras 2 left out."""

import os
import re


def list_pictures(directory: str, ext: str = "jpg|jpeg|bmp|png|ppm") -> list[str]:
    """Paths of all files below `directory` whose extension is one of `ext`, separated by bars."""
    pattern = re.compile(rf".*\.(?:{ext})$", re.IGNORECASE)
    return [os.path.join(root, f) for root, _, files in os.walk(directory) for f in files if pattern.match(f)]
