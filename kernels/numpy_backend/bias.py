"""One value a channel."""

import numpy as np


def bias_forward(x, b, y):
    np.add(x, b, out=y)


def bias_backward(dy, db, work):
    np.sum(dy, axis=0, out=db)
