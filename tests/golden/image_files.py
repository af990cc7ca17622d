"""Tiny image files of every mode that load_img meets, drawn with Pillow. Used by make_images.py."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 13, 10


def colours() -> np.ndarray:
    """Returns smooth colours with a sharp diagonal and a few rough pixels, (HEIGHT, WIDTH, 3) uint8."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    planes = [rows * 19, cols * 27, np.where(rows > cols, 210, 40)]
    pixels = np.stack(planes, axis=2) + np.random.default_rng(1).integers(0, 12, (HEIGHT, WIDTH, 3))
    return pixels.astype(np.uint8)


def rgb() -> Image.Image:
    """Returns the colours as an RGB image."""
    return Image.fromarray(colours())


def gray() -> Image.Image:
    """Returns the green plane as an 8-bit image."""
    return Image.fromarray(np.ascontiguousarray(colours()[..., 1]))


def gray16() -> Image.Image:
    """Returns a 16-bit image with values up to 60000."""
    values = colours()[..., 0].astype(np.uint16) * 200 + colours()[..., 1]
    return Image.fromarray(values)


def rgba() -> Image.Image:
    """Returns the colours with an alpha plane from transparent to opaque."""
    image = rgb()
    image.putalpha(gray())
    return image


def gray_alpha() -> Image.Image:
    """Returns a gray image with alpha (mode LA)."""
    return Image.merge("LA", [gray(), rgb().getchannel(0)])


def palette() -> Image.Image:
    """Returns the colours reduced to a palette of 16 (mode P)."""
    return rgb().quantize(16)


def bilevel() -> Image.Image:
    """Returns the blue plane's diagonal in mode 1."""
    return rgb().getchannel(2).point(lambda value: 255 if value > 128 else 0).convert("1")


def cmyk() -> Image.Image:
    """Returns the colours as inks (mode CMYK)."""
    return rgb().convert("CMYK")


def encoded(draw: Callable[[], Image.Image], kind: str, **options) -> Callable[[], bytes]:
    """Returns a function that draws an image and returns the bytes of a file of that kind."""

    def encode() -> bytes:
        buffer = io.BytesIO()
        draw().save(buffer, kind, **options)
        return buffer.getvalue()

    return encode


def animated_gif() -> bytes:
    """Returns a GIF of two frames; load_img takes the first."""
    buffer = io.BytesIO()
    second = rgb().transpose(Image.Transpose.ROTATE_180)
    rgb().save(buffer, "GIF", save_all=True, append_images=[second], duration=100)
    return buffer.getvalue()


FILES = {
    "rgb.png": encoded(rgb, "PNG"),
    "rgb.bmp": encoded(rgb, "BMP"),
    "gray.png": encoded(gray, "PNG"),
    "gray.bmp": encoded(gray, "BMP"),
    "gray16.png": encoded(gray16, "PNG"),
    "rgba.png": encoded(rgba, "PNG"),
    "gray_alpha.png": encoded(gray_alpha, "PNG"),
    "palette.png": encoded(palette, "PNG"),
    "palette_transparent.png": encoded(palette, "PNG", transparency=3),
    "palette.gif": encoded(palette, "GIF"),
    "animated.gif": animated_gif,
    "bilevel.png": encoded(bilevel, "PNG"),
    "bilevel.bmp": encoded(bilevel, "BMP"),
    "rgb.jpg": encoded(rgb, "JPEG", quality=90),
    "cmyk.jpg": encoded(cmyk, "JPEG", quality=90),
}
