"""Counter-based dropout: the mask is a hash of (key, index)."""

import numpy as np


def _mix(h):
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return h ^ (h >> np.uint32(16))


def dropout_forward(x, y, key, *, rate):
    if rate >= 1:
        y[:] = 0
        return
    index = np.arange(x.size, dtype=np.uint32)
    h = _mix(_mix(index * np.uint32(0x9E3779B1) + key[0]) ^ key[1])
    y[:] = np.where(h >= np.uint32(rate * 2**32), x * x.dtype.type(1 / (1 - rate)), 0)
