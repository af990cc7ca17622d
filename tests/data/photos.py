"""Photos drawn for the tests."""

from pathlib import Path

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 12, width: int = 10, channels: int = 3) -> np.ndarray:
    """Smooth colours that differ from seed to seed, (height, width, channels) uint8."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:height, :width]
    planes = [
        128 + 60 * np.sin(rows * rng.uniform(0.1, 0.6) + cols * rng.uniform(0.1, 0.6) + seed) for _ in range(channels)
    ]
    return np.stack(planes, axis=2).astype(np.uint8)


def save(path: Path, array: np.ndarray, **options: object) -> Path:
    """Writes an array (H, W, C) or (H, W) as the image file `path`; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array).save(path, **options)
    return path


def folder(top: Path, **classes: int) -> Path:
    """Makes `top` with one subfolder per class and that many PNG photos in each; returns top."""
    for number, (name, count) in enumerate(classes.items()):
        (top / name).mkdir(parents=True)
        for i in range(count):
            save(top / name / f"{name}{i:03}.png", pixels(1000 * number + i))
    return top
