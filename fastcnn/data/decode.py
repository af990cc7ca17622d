"""From a file to pixels: what is accepted, how every kind of image becomes 8-bit grey, RGB or RGBA, and its size."""

import io
import os
import stat
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from fastcnn.data.image_error import ImageError
from fastcnn.data.pillow_memory import pixels_of

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "PPM")
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
ORIENTATIONS = ("apply", "ignore")

_ORIENTATION_TAG = 0x0112
_AT_ONCE = 2**25  # bytes of a file that are read in one piece
_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
# What else is found under an image's name: position, bytes, and what they mean.
_KNOWN_BYTES = (
    (4, b"ftypavi", "AVIF data"),
    (4, b"ftyphei", "HEIC data"),
    (4, b"ftypmif1", "HEIF data"),
    (0, b"II*\x00", 'TIFF data (accepted with formats=("JPEG", "PNG", "TIFF"))'),
    (0, b"MM\x00*", 'TIFF data (accepted with formats=("JPEG", "PNG", "TIFF"))'),
    (0, b"%PDF", "a PDF document"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<html", "a web page"),
)


@dataclass(frozen=True)
class Reading:
    """How photos are read.

    color_mode : "grayscale", "rgb" or "rgba".
    target_size : (height, width) in pixels to resize to, or None for the photo's own size.
    interpolation : one of INTERPOLATIONS; keep_aspect_ratio crops the centre to the target's shape first.
    orientation : "apply" turns the photo as its EXIF tag says; "ignore" leaves it as stored, as Keras does.
    background : (red, green, blue) that shows through transparent pixels; None drops the alpha, as Keras does.
    formats : Pillow's names of the accepted formats; the file's content counts, not its name.
    max_pixels : a larger image is refused on its header, before memory is taken for it.
    scaled_jpeg : JPEG photos at least twice as large as target_size are decoded at a half, a quarter or an eighth of
        their size. That takes up to half the time and gives other pixels: photos of about 434 x 374 differ at 64 x 64
        by 2 of 255 on average with "bilinear" and by 7 with "nearest", at 128 x 128 by 1 and 4.
    """

    color_mode: str = "rgb"
    target_size: tuple[int, int] | None = None
    interpolation: str = "nearest"
    keep_aspect_ratio: bool = False
    orientation: str = "apply"
    background: tuple[int, int, int] | None = None
    formats: tuple[str, ...] = FORMATS
    max_pixels: int = 100_000_000
    scaled_jpeg: bool = False

    def __post_init__(self) -> None:
        _expect("color_mode", self.color_mode, tuple(CHANNELS))
        _expect("interpolation", self.interpolation, INTERPOLATIONS)
        _expect("orientation", self.orientation, ORIENTATIONS)
        if self.target_size is not None and not _is_size(self.target_size):
            expected = "target_size must be (height, width), two positive integers, or None"
            raise ValueError(f"{expected}. Received: {self.target_size!r}")


def _expect(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}. Received: {value!r}")


def _is_size(value: object) -> bool:
    pair = isinstance(value, tuple | list) and len(value) == 2
    return pair and all(isinstance(v, int | np.integer) and v > 0 for v in value)


def check_header(path: str, reading: Reading) -> None:
    """Looks at the kind and the size of the image in `path` without decoding it.

    Raises:
        ImageError: when the file cannot be opened or its image is not accepted.
    """
    try:
        with _opened(path, whole=False) as file:
            _identified(file, reading)
    except Exception as error:
        raise explained(error, path) from error


def read_padded(path: str, reading: Reading) -> np.ndarray:
    """Returns the photo in `path` as uint8 (height, width, C), read-only; C may be 4 where three channels are wanted.

    The fourth then means nothing; kernels for images read as many channels as they write.

    Raises:
        ImageError: whatever is wrong with the file.
    """
    try:
        return pixels_of(read_image(path, reading))
    except Exception as error:
        raise explained(error, path) from error


def read_pixels(path: str, reading: Reading) -> np.ndarray:
    """Returns the photo in `path` as uint8 (height, width, channels).

    Raises:
        ImageError: whatever is wrong with the file.
    """
    return np.ascontiguousarray(read_padded(path, reading)[:, :, : CHANNELS[reading.color_mode]])


def read_image(source: str | bytes | os.PathLike | BinaryIO, reading: Reading) -> Image.Image:
    """Returns the photo in a file or a binary stream as a Pillow image of mode L, RGB or RGBA.

    Raises whatever Pillow and the system raise; `explained` turns that into an ImageError.
    """
    if isinstance(source, str | bytes | os.PathLike):
        with _opened(source) as file:
            return _converted(_loaded(file, reading), reading)
    return _converted(_loaded(source, reading), reading)


def explained(error: Exception, path: str | bytes | os.PathLike) -> ImageError:
    """Returns an ImageError that says in plain words what `error` means for the photo in `path`."""
    path = os.fsdecode(path)
    if isinstance(error, ImageError):
        return ImageError(path, error.reason, error.kind)
    if isinstance(error, OSError) and error.errno is not None:
        return ImageError(path, f"cannot be read: {error.strerror}", "unreadable")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return ImageError(path, f"too large: {error}", "too large")
    if isinstance(error, MemoryError):
        return ImageError(path, "too large for the memory", "too large")
    if "truncated" in str(error).lower():
        return ImageError(path, f"truncated image ({error})", "truncated")
    return ImageError(path, f"damaged image ({type(error).__name__}: {error})", "damaged")


def _opened(path: str | bytes | os.PathLike, whole: bool = True) -> BinaryIO:
    """Opens a regular file: a pipe would block for ever, and reading a device can have effects.

    whole : reads it at once, which is faster and shows one state of a file that is being written to.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError(os.fsdecode(path), "not a regular file (a folder, pipe, socket or device)", "not a file")
    if status.st_size == 0:
        raise ImageError(os.fsdecode(path), "empty file", "empty")
    if not whole or status.st_size > _AT_ONCE:
        return open(path, "rb")
    with open(path, "rb", buffering=0) as file:
        return io.BytesIO(file.read(_AT_ONCE))


def _identified(file: BinaryIO, reading: Reading) -> Image.Image:
    """Opens the image in `file`, which reads its header only, and checks its size."""
    try:
        image = Image.open(file, formats=reading.formats)
    except Image.UnidentifiedImageError:
        raise _unknown(file, reading) from None
    # Above its own limit Pillow warns; that is an error here, and in worker threads the check must not depend on
    # the process-wide warning filters.
    limit = min(reading.max_pixels, Image.MAX_IMAGE_PIXELS or reading.max_pixels)
    width, height = image.size
    if width * height > limit:
        reason = f"too large: {width} x {height} pixels, the limit is {limit:,}; raise max_pixels if you trust the file"
        raise ImageError("", reason, "too large")
    return image


def _unknown(file: BinaryIO, reading: Reading) -> ImageError:
    file.seek(0)
    head = file.read(64)
    meanings = (meaning for start, magic, meaning in _KNOWN_BYTES if head[start:].lower().startswith(magic.lower()))
    meaning = next(meanings, "no image that can be recognised")
    return ImageError("", f"holds {meaning}; accepted formats: {', '.join(reading.formats)}", "not an image")


def _loaded(file: BinaryIO, reading: Reading) -> Image.Image:
    """Decodes the first frame, turned upright if wanted."""
    image = _identified(file, reading)
    if reading.scaled_jpeg and reading.target_size is not None:
        # Pillow keeps both sides at least this long; the longer side for both, since EXIF may exchange them.
        image.draft(None, (max(reading.target_size),) * 2)
    image.load()
    if reading.orientation == "apply" and _orientation(image) in range(2, 9):
        return ImageOps.exif_transpose(image)
    return image


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # a damaged EXIF block does not make the pixels worse
        return 1


def _converted(image: Image.Image, reading: Reading) -> Image.Image:
    """Brings a decoded image to the wanted mode, then to the wanted size, in Keras's order."""
    image = _eight_bits(image)
    if reading.background is not None and image.has_transparency_data:
        canvas = Image.new("RGBA", image.size, (*reading.background, 255))
        image = Image.alpha_composite(canvas, image.convert("RGBA"))
    mode = _MODES[reading.color_mode]
    if image.mode != mode:
        if image.mode == "P" and mode != "RGBA":
            image.info.pop("transparency", None)  # unused here, but Pillow would warn about it
        image = image.convert(mode)
    return _resized(image, reading)


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits by value / 257, rounded; Pillow's own conversion would clip at 255."""
    if image.mode == "F":
        raise ImageError("", "holds floating-point pixels; save it with 8 or 16 bits", "unsupported")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError("", "holds values outside 0..65535; save it with 8 or 16 bits", "unsupported")
    return Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _resized(image: Image.Image, reading: Reading) -> Image.Image:
    if reading.target_size is None:
        return image
    height, width = reading.target_size
    if image.size == (width, height):
        return image
    method = Image.Resampling[reading.interpolation.upper()]
    box = _centre(image.size, (width, height)) if reading.keep_aspect_ratio else None
    return image.resize((width, height), method, box=box)


def _centre(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest central box of `size` (width, height) with the proportions of `target`: left, top, right, bottom."""
    crop_width = min(size[0], size[1] * target[0] // target[1])
    crop_height = min(size[1], size[0] * target[1] // target[0])
    left, top = (size[0] - crop_width) // 2, (size[1] - crop_height) // 2
    return left, top, left + crop_width, top + crop_height
