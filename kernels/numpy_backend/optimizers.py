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
    w -= decay * w
    square[:] = rho * square + (1 - rho) * dw**2
    under_root = square + epsilon
    if mean is not None:
        mean[:] = rho * mean + (1 - rho) * dw
        under_root = under_root - mean**2
    step = rate * dw / np.sqrt(under_root)
    if velocity is not None:
        velocity[:] = momentum * velocity + step
        step = velocity
    w -= step


def adam_update(w, dw, m, v, vmax, hyper):
    rate, beta_1, beta_2, epsilon, decay = hyper.astype(w.dtype)
    w -= decay * w
    m += (dw - m) * (1 - beta_1)
    v += (dw**2 - v) * (1 - beta_2)
    if vmax is not None:
        np.maximum(vmax, v, out=vmax)
    w -= rate * m / (np.sqrt(v if vmax is None else vmax) + epsilon)
