"""Folders of photos to measure with: drawn here, or the user's own (FASTCNN_BENCH_PHOTOS: one subfolder a class)."""

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZES = [(434, 374), (500, 375), (320, 240), (375, 500)]  # columns, rows: what people's cameras and the web hand out


def draw(folder: Path, count: int = 320) -> Path:
    """Writes `count` JPEG photos of two classes; their files are as long as those of real photos of that size."""
    rng = np.random.default_rng(1)
    for number in range(count):
        columns, rows = SIZES[number % len(SIZES)]
        kind = folder / ("rings", "boxes")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).resize((columns, rows), Image.BICUBIC)
        pen = ImageDraw.Draw(coarse)
        for _ in range(25):
            x, y, r = (int(v) for v in rng.integers(0, (columns, rows, 60)))
            colour = tuple(int(v) for v in rng.integers(0, 256, 3))
            (pen.ellipse if number % 2 == 0 else pen.rectangle)((x - r, y - r, x + r, y + r), colour)
        grain = rng.normal(0, 6, (rows, columns, 3))
        pixels = np.clip(np.asarray(coarse.filter(ImageFilter.GaussianBlur(1))) + grain, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(kind / f"{number:04d}.jpg", quality=85)
    return folder


def folder(temporary: Path) -> Path:
    """The folder to measure with."""
    own = os.environ.get("FASTCNN_BENCH_PHOTOS")
    return Path(own) if own else draw(temporary)
