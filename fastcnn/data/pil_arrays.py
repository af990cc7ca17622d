"""Single photos for people: load_img, save_img, and between Pillow images and arrays."""

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from fastcnn import config
from fastcnn.compat.calls import accepts_old_names

if TYPE_CHECKING:
    from PIL.Image import Image

DATA_FORMATS = ("channels_last", "channels_first")


def checked_data_format(data_format: str | None) -> str:
    """Returns config.image_data_format for None, else the format itself.

    Raises:
        ValueError: for anything else than "channels_last" or "channels_first".
    """
    if data_format is None:
        return config.image_data_format
    if data_format not in DATA_FORMATS:
        raise ValueError(f'data_format must be "channels_last" or "channels_first". Received: {data_format!r}')
    return data_format


@accepts_old_names
def load_img(
    path: str | bytes | os.PathLike | BinaryIO,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
    *,
    orientation: str = "apply",
    background: tuple[int, int, int] | None = None,
    formats: tuple[str, ...] | None = None,
    max_pixels: int = 100_000_000,
) -> "Image":
    """Loads a photo as a Pillow image.

    The pixels are Keras's, with two exceptions that keep data from going wrong in silence: the EXIF orientation is
    applied (orientation="ignore" leaves it), and 16-bit images are divided by 257 where Keras clips them at 255.
    The other arguments are those of fastcnn.data.decode.Reading.

    Raises:
        OSError: when the file is missing or may not be read.
        ImageError: when it holds no acceptable, complete image.
        ValueError: for an argument that is not one of the choices.
    """
    from fastcnn.data import decode

    size = None if target_size is None else tuple(target_size)
    reading = decode.Reading(
        color_mode,
        size,
        interpolation,
        keep_aspect_ratio,
        orientation,
        background,
        tuple(formats or decode.FORMATS),
        max_pixels,
    )
    try:
        return decode.read_image(path, reading)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        name = path if isinstance(path, str | bytes | os.PathLike) else "image in memory"
        raise decode.explained(error, name) from error


@accepts_old_names
def img_to_array(img: "Image", data_format: str | None = None, dtype: str | None = None) -> np.ndarray:
    """Returns a Pillow image as an array (H, W, C), or (C, H, W) for "channels_first"; float32 by default."""
    data_format = checked_data_format(data_format)
    x = np.asarray(img, dtype=dtype or "float32")
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    if x.ndim != 3:
        raise ValueError(f"img_to_array: expected an image with 2 or 3 axes. Received shape {x.shape}")
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


@accepts_old_names
def array_to_img(
    x: np.ndarray, data_format: str | None = None, scale: bool = True, dtype: str | None = None
) -> "Image":
    """Returns an array x : (H, W, C) or (C, H, W) with 1, 3 or 4 channels as a Pillow image.

    scale stretches the smallest value to 0 and the largest to 255; without it, values are cut to integers as they are.

    Raises:
        ValueError: when x is not one image with 1, 3 or 4 channels.
    """
    from PIL.Image import fromarray

    data_format = checked_data_format(data_format)
    x = np.asarray(x, dtype=dtype or "float32")
    if x.ndim != 3:
        raise ValueError(f"array_to_img: expected one image with 3 axes. Received shape {x.shape}")
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"array_to_img: expected 1, 3 or 4 channels. Received shape {x.shape}, {data_format}")
    if scale:
        x = x - np.min(x)
        largest = np.max(x)
        if largest != 0:
            x /= largest
        x *= 255
    if x.shape[2] == 1:
        # Larger values than a byte holds make a 32-bit image (mode I).
        return fromarray(x[:, :, 0].astype("int32" if np.max(x) > 255 else "uint8"))
    return fromarray(np.ascontiguousarray(x.astype("uint8")))


@accepts_old_names
def save_img(
    path: str | os.PathLike | BinaryIO,
    x: np.ndarray,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: object,
) -> None:
    """Writes an array as an image file; the format is file_format, else the extension's. kwargs go to Pillow's save.

    Raises:
        ValueError: as array_to_img, or when the format is unknown.
    """
    if file_format is None and not isinstance(path, io.IOBase):
        file_format = Path(os.fsdecode(path)).suffix[1:]
    if file_format is not None and file_format.lower() == "jpg":
        file_format = "jpeg"
    image = array_to_img(x, data_format, scale)
    if image.mode == "RGBA" and file_format is not None and file_format.lower() == "jpeg":
        warnings.warn("JPEG has no transparency: the image is saved as RGB", stacklevel=2)
        image = image.convert("RGB")
    image.save(path, format=file_format or None, **kwargs)
