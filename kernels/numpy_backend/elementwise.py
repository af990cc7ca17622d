"""Sums and scalings, element by element."""

import numpy as np


def add_forward(a, b, y):
    np.add(a, b, out=y)


def scale_forward(x, y, *, scale, offset):
    y[:] = x * scale + offset
