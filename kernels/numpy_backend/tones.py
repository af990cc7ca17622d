"""A photo's colours, all pixels at once."""

import numpy as np

from fastcnn.kernels.contract.tones import ALPHA, ROUNDING, SMALL


def _bytes(v):
    """Cut to 0..255 and to whole numbers."""
    return np.trunc(np.clip(v, 0, 255))


def _brighter(v, brightness):
    smallest, largest = v.min(), v.max()
    stretched = smallest < -ROUNDING or largest > 255 + ROUNDING
    spread = largest - smallest
    if stretched:
        v = (v - smallest) / (spread or np.float32(1)) * np.float32(255)
    v = _bytes(v)
    bright = _bytes(v * np.float32(brightness))
    bright[:, :, ALPHA:] = v[:, :, ALPHA:]
    return bright / np.float32(255) * spread + smallest if stretched else bright


def image_tones(x, y, offset, factor, *, shift, brightness, scale, center, normalise):
    v = x[:, :, : y.shape[2]].astype(np.float32)
    if shift:
        v = np.clip(v + np.float32(shift), v.min(), v.max())
    if brightness is not None:
        v = _brighter(v, brightness)
    v *= np.float32(scale)
    if center:
        v -= np.float32(v.mean(dtype=np.float64))
    if normalise:
        v /= np.float32(v.std(dtype=np.float64) + SMALL)
    y[...] = (v - offset) * factor
