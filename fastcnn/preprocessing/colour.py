"""Brightness and channel shifts of one photo."""

import numpy as np

# A moved photo may hold 255.00002 for 255, which must not count as a photo with another range.
_ROUNDING = 1e-4


def apply_channel_shift(x: np.ndarray, intensity: float, channel_axis: int = 0) -> np.ndarray:
    """Adds `intensity` to every pixel of x, any shape, and cuts at the photo's own smallest and largest value.

    channel_axis changes nothing, since all channels move alike; Keras has it, so it is accepted.
    """
    x = x if np.issubdtype(x.dtype, np.floating) else x.astype(np.float32)
    return np.clip(x + x.dtype.type(intensity), np.min(x), np.max(x))


def apply_brightness_shift(x: np.ndarray, brightness: float, scale: bool = True, channel_axis: int = -1) -> np.ndarray:
    """Multiplies x by `brightness` in 8-bit steps, as Pillow's ImageEnhance does; the alpha of RGBA stays.

    With `scale`, or when values lie outside 0..255, the photo's range is stretched to 0..255 first; without `scale`
    such a photo is brought back to its own range afterwards. Returns float32.
    """
    smallest, largest = np.min(x), np.max(x)
    outside = smallest < -_ROUNDING or largest > 255 + _ROUNDING
    pixels = np.asarray(x, np.float32)
    if outside or scale:
        pixels = pixels - np.min(pixels)
        if np.max(pixels) != 0:
            pixels = pixels / np.max(pixels)
        pixels = pixels * np.float32(255)
    pixels = np.clip(pixels, 0, 255).astype(np.uint8).astype(np.float32)
    bright = np.clip(pixels * np.float32(brightness), 0, 255).astype(np.uint8).astype(np.float32)
    if x.shape[channel_axis] == 4:
        alpha = [slice(None)] * x.ndim
        alpha[channel_axis] = slice(3, 4)
        bright[tuple(alpha)] = pixels[tuple(alpha)]
    if outside and not scale:
        bright = bright / 255 * (largest - smallest) + smallest
    return bright
