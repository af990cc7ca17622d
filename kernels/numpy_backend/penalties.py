"""Penalties on the size of weights and activities, and their gradients."""

import numpy as np

RUN = 65_536  # numbers at a time: weights may fill the memory, what is made of them need not


def penalty_forward(x, y, work, *, l1, l2):
    flat, total = x.reshape(-1), 0.0
    for start in range(0, flat.size, RUN):
        part = flat[start : start + RUN].astype(np.float64)
        total += l1 * np.abs(part).sum() + l2 * np.dot(part, part)
    y[0] = total / len(x)


def penalty_backward(x, before, dx, *, l1, l2):
    slope, factor = x.dtype.type(l1 / len(x)), x.dtype.type(2 * l2 / len(x))
    made = slope * np.sign(x) + factor * x
    dx[:] = made if before is None else before + made
