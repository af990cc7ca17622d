"""A photo's colours, on the calling thread: photos are what threads share."""

import math

import numpy as np

from fastcnn.kernels.contract.tones import ALPHA, ROUNDING, SMALL
from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.cache import compiled


@compiled
def _cut(v, low, high):
    return min(max(v, low), high)


@compiled
def _byte(v):
    """Cut to 0..255 and to a whole number."""
    return np.float32(np.int32(_cut(v, np.float32(0), np.float32(255))))


@compiled
def _pack(x, y, scale):
    for row in range(y.shape[0]):
        for column in range(y.shape[1]):
            for channel in range(y.shape[2]):
                y[row, column, channel] = np.float32(x[row, column, channel]) * scale


@compiled
def _shifted(y, shift, low, high):
    for i in range(y.size):
        y[i] = _cut(y[i] + shift, low, high)


@compiled
def _brighter(y, channels, brightness, low, high):
    spread = high - low
    stretched = low < -ROUNDING or high > 255 + ROUNDING
    whole = spread if spread != 0 else np.float32(1)
    for i in range(y.size):
        gain = np.float32(1) if i % channels >= ALPHA else brightness
        if stretched:
            v = _byte((y[i] - low) / whole * np.float32(255))
            y[i] = _byte(v * gain) / np.float32(255) * spread + low
        else:
            y[i] = _byte(_byte(y[i]) * gain)


@compiled
def _standardised(y, center, normalise):
    mean = 0.0
    for i in range(y.size):
        mean += y[i]
    mean /= y.size
    spread = 0.0
    for i in range(y.size):
        spread += (y[i] - mean) ** 2
    off = np.float32(mean if center else 0)
    by = np.float32(1 / (math.sqrt(spread / y.size) + SMALL) if normalise else 1)
    for i in range(y.size):
        y[i] = (y[i] - off) * by


@compiled
def _tones(x, y, offset, factor, shift, brightens, brightness, scale, center, normalise):
    flat = y.reshape(y.size)
    coloured = shift != 0 or brightens
    _pack(x, y, np.float32(1) if coloured else scale)
    if coloured:
        low, high = flat.min(), flat.max()
        if shift != 0:
            _shifted(flat, shift, low, high)
        if brightens:
            _brighter(flat, y.shape[2], brightness, _cut(low + shift, low, high), _cut(high + shift, low, high))
        for i in range(flat.size):
            flat[i] *= scale
    if center or normalise:
        _standardised(flat, center, normalise)
    for i in range(flat.size):
        channel = i % y.shape[2]
        flat[i] = (flat[i] - offset[channel]) * factor[channel]


def image_tones(x, y, offset, factor, *, shift, brightness, scale, center, normalise):
    numbers = (np.float32(shift), brightness is not None, np.float32(brightness or 0), np.float32(scale))
    _tones(writable(x), y, writable(offset), writable(factor), *numbers, bool(center), bool(normalise))
