"""A look at one file: what it holds, and whether it can be decoded to the end."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fastcnn.data.decode import FORMATS, Reading
from fastcnn.data.image_error import ImageError
from fastcnn.data.image_folder import EXTENSIONS

THUMBNAIL = Reading(target_size=(96, 96), keep_aspect_ratio=True)
_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")
_ORIENTATION = 0x0112


@dataclass(frozen=True)
class Photo:
    """What one file holds. error : why it cannot be used; then the other fields may be empty."""

    path: str
    digest: bytes = b""
    format: str = ""
    size: tuple[int, int] = (0, 0)
    traits: frozenset[str] = frozenset()
    error: str = ""


def inspect(path: str, read: Callable[[str, Reading], np.ndarray]) -> Photo:
    """Looks at the header and the bytes of a file, and decodes all of it with `read`."""
    try:
        read(path, THUMBNAIL)
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "blake2b").digest()
            file.seek(0)
            with Image.open(file, formats=FORMATS) as image:
                return Photo(path, digest, image.format or "", image.size, _traits(path, image))
    except ImageError as error:
        return Photo(path, error=error.reason)
    except Exception as error:  # it was changed after `read` had read it
        return Photo(path, error=f"changed while it was looked at ({type(error).__name__})")


def _traits(path: str, image: Image.Image) -> frozenset[str]:
    """The kinds of finding that this photo is, apart from its size."""
    mode, found = image.mode, set()
    found |= {"grey"} if mode in ("1", "L", "LA") else set()
    found |= {"alpha"} if mode in ("RGBA", "LA", "PA") or "transparency" in image.info else set()
    found |= {"palette"} if mode in ("P", "PA") and image.format != "GIF" else set()
    found |= {"cmyk"} if mode == "CMYK" else set()
    found |= {"deep"} if mode in _DEEP else set()
    found |= {"animated"} if getattr(image, "is_animated", False) else set()
    found |= {"turned"} if _orientation(image) in range(2, 9) else set()
    extension = os.path.splitext(path)[1].lower()[1:]
    found |= {"wrong extension"} if extension not in EXTENSIONS.get(image.format or "", ()) else set()
    found |= {"link"} if stat.S_ISLNK(os.lstat(path).st_mode) else set()
    return frozenset(found)


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block does not make the pixels worse
        return 1
