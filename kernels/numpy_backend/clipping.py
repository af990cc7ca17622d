"""Clipping of gradients."""

import math

import numpy as np


def clip_by_value(x, y, *, limit):
    np.clip(x, -limit, limit, out=y)


def clip_by_norm(x, square, y, *, limit):
    np.multiply(x, x.dtype.type(limit / max(math.sqrt(square[0]), limit)), out=y)
