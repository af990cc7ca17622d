"""Optimizer updates that adapt the rate of each weight to its gradients, in place."""

import math

import numpy as np


def _shares(hyper, w, *places):
    """1 - beta, exact to rounding."""
    return [w.dtype.type(1 - hyper[place]) for place in places]


def adagrad_update(w, dw, square, hyper):
    rate, inside, outside, decay = hyper.astype(w.dtype)
    w -= decay * w
    square += dw**2
    w -= rate * dw / (np.sqrt(square + inside) + outside)


def adadelta_update(w, dw, square, steps, hyper):
    rate, rho, epsilon, decay = hyper.astype(w.dtype)
    (new,) = _shares(hyper, w, 1)
    w -= decay * w
    square[:] = rho * square + new * dw**2
    step = dw * np.sqrt(steps + epsilon) / np.sqrt(square + epsilon)
    steps[:] = rho * steps + new * step**2
    w -= rate * step


def adamax_update(w, dw, m, largest, hyper):
    rate, _, beta_2, epsilon, decay = hyper.astype(w.dtype)
    (new,) = _shares(hyper, w, 1)
    w -= decay * w
    m += (dw - m) * new
    np.maximum(beta_2 * largest, np.abs(dw), out=largest)
    w -= rate * m / (largest + epsilon)


def nadam_update(w, dw, m, v, hyper):
    rate_m, rate_dw, _, _, growth, epsilon, decay = hyper.astype(w.dtype)
    new_1, new_2 = _shares(hyper, w, 2, 3)
    w -= decay * w
    m += (dw - m) * new_1
    v += (dw**2 - v) * new_2
    w -= (rate_m * m + rate_dw * dw) / (np.sqrt(v * growth) + epsilon)


def ftrl_update(w, dw, square, linear, hyper):
    rate, power, l1, l2, shrinkage, decay = hyper.astype(w.dtype)
    w -= decay * w
    new = square + dw**2
    grown = new**power
    linear += dw + 2 * shrinkage * w - (grown - square**power) / rate * w
    w[:] = (np.clip(linear, -l1, l1) - linear) / (grown / rate + 2 * l2)
    square[:] = new


def lion_update(w, dw, m, hyper):
    rate, beta_1, beta_2, decay = hyper.astype(w.dtype)
    new_1, new_2 = _shares(hyper, w, 1, 2)
    w -= decay * w
    w -= rate * np.sign(beta_1 * m + new_1 * dw)
    m[:] = beta_2 * m + new_2 * dw


def lamb_direction(w, dw, m, v, y, hyper):
    _, _, _, growth_1, growth_2, epsilon, decay = hyper.astype(w.dtype)
    new_1, new_2 = _shares(hyper, w, 1, 2)
    w -= decay * w
    m += (dw - m) * new_1
    v += (dw**2 - v) * new_2
    y[:] = growth_1 * m / (np.sqrt(growth_2 * v) + epsilon)


def lamb_update(w, dw, w_square, dw_square, hyper):
    both = w_square[0] > 0 and dw_square[0] > 0
    ratio = math.sqrt(float(w_square[0]) / float(dw_square[0])) if both else 1.0
    w -= w.dtype.type(hyper[0] * ratio) * dw
