"""Reads damaged photos and prints how that went; a process of its own, so that a crash is seen and not suffered.

python -m tests.data.fuzz_photos FOLDER PHOTOS_A_FORMAT
"""

import io
import json
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from fastcnn.data.decode import Reading, check_header, read_pixels
from fastcnn.data.image_error import ImageError
from tests.data.photos import pixels

KINDS = {
    "JPEG": {"quality": 90, "progressive": True},
    "PNG": {},
    "BMP": {},
    "GIF": {},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_lzw"},
}
MEMORY = 3 * 2**30  # bytes of address space, of which the interpreter and its libraries take about one third


def damaged(whole: np.ndarray, rng: np.random.Generator) -> bytes:
    """A file with bytes changed, cut off, put in, doubled, or taken from elsewhere in it."""
    data = whole.copy()
    for _ in range(rng.integers(1, 6)):
        start = int(rng.integers(len(data)))
        length = int(min(rng.integers(1, 64), len(data) - start))
        match rng.integers(6):
            case 0 | 1:
                data[start] = rng.integers(256)
            case 2:
                data[start : start + length] = rng.integers(256, size=length)
            case 3:
                data[start : start + length] = 255 * rng.integers(2)
            case 4:
                data = np.insert(data, start, data[start : start + length])
            case 5:
                data = np.delete(data, slice(start, start + length)) if len(data) > 128 else data
    return data[: rng.integers(1, len(data) + 1) if rng.random() < 0.2 else None].tobytes()


def fuzz(folder: Path, kind: str, count: int) -> dict:
    """Counts of what became of `count` damaged files of one format, and the longest time that one took."""
    rng = np.random.default_rng([9, len(kind), ord(kind[0])])
    file, path = io.BytesIO(), folder / f"photo.{kind.lower()}"
    Image.fromarray(pixels(1, 40, 30)).save(file, kind, **KINDS[kind])
    whole, reading = np.frombuffer(file.getvalue(), np.uint8), Reading(formats=(kind,), target_size=(8, 8))
    found = {"tried": 0, "read": 0, "refused": 0, "unnamed": 0, "longest": 0.0, "reasons": []}
    for _ in range(count):
        path.write_bytes(damaged(whole, rng))
        began = time.perf_counter()
        try:
            check_header(str(path), reading)
            good = read_pixels(str(path), reading).shape == (8, 8, 3)
        except ImageError as error:
            found["refused"] += 1
            found["unnamed"] += not str(error).startswith(f"{path}: ")
            found["reasons"] = sorted({*found["reasons"], error.kind})
        else:
            found["read"] += good
        found["tried"] += 1
        found["longest"] = max(found["longest"], time.perf_counter() - began)
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # Pillow warns of what it finds in damaged files
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    top, each = Path(sys.argv[1]), int(sys.argv[2])
    print(json.dumps({kind: fuzz(top, kind, each) for kind in KINDS}))
