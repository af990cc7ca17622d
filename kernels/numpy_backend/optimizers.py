"""Optimizer updates, in place."""

import numpy as np


def sgd_update(w, dw, hyper):
    rate, decay = hyper.astype(w.dtype)
    w -= decay * w
    w -= rate * dw


def momentum_update(w, dw, velocity, hyper, *, nesterov):
    rate, momentum, decay = hyper.astype(w.dtype)
    w -= decay * w
    velocity[:] = momentum * velocity - rate * dw
    w += momentum * velocity - rate * dw if nesterov else velocity


def rmsprop_update(w, dw, square, mean, velocity, hyper):
    rate, rho, momentum, epsilon, decay = hyper.astype(w.dtype)
    new = w.dtype.type(1 - hyper[1])  # exact to rounding; 1 - float32(0.999) is off by 1e-5 of itself
    w -= decay * w
    square[:] = rho * square + new * dw**2
    under_root = square + epsilon
    if mean is not None:
        mean[:] = rho * mean + new * dw
        under_root = under_root - mean**2
    step = rate * dw / np.sqrt(under_root)
    if velocity is not None:
        velocity[:] = momentum * velocity + step
        step = velocity
    w -= step


def adam_update(w, dw, m, v, vmax, hyper):
    rate, _, _, epsilon, decay = hyper.astype(w.dtype)
    new_1, new_2 = (1 - hyper[1:3]).astype(w.dtype)
    w -= decay * w
    m += (dw - m) * new_1
    v += (dw**2 - v) * new_2
    if vmax is not None:
        np.maximum(vmax, v, out=vmax)
    w -= rate * m / (np.sqrt(v if vmax is None else vmax) + epsilon)
