"""Optimizer updates that adapt the rate of each weight to its gradients, in place; parallel over chunks."""

import math

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements
from fastcnn.kernels.numba_backend.cache import compiled


@compiled
def _adagrad(counter, worker, w, dw, square, hyper):
    real = w.dtype.type
    rate, inside, outside, decay = real(hyper[0]), real(hyper[1]), real(hyper[2]), real(hyper[3])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            total = square[i] + dw[i] * dw[i]
            square[i] = total
            w[i] = w[i] - decay * w[i] - rate * dw[i] / (math.sqrt(total + inside) + outside)
        start, stop = chunk(counter, w.size)


def adagrad_update(w, dw, square, hyper):
    run_elements(_adagrad, w.size, w, writable(dw), square, writable(hyper))


@compiled
def _adadelta(counter, worker, w, dw, square, steps, hyper):
    real = w.dtype.type
    rate, rho, epsilon, decay = real(hyper[0]), real(hyper[1]), real(hyper[2]), real(hyper[3])
    new = real(1 - hyper[1])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            mean = rho * square[i] + new * (dw[i] * dw[i])
            step = dw[i] * math.sqrt(steps[i] + epsilon) / math.sqrt(mean + epsilon)
            square[i] = mean
            steps[i] = rho * steps[i] + new * (step * step)
            w[i] = w[i] - decay * w[i] - rate * step
        start, stop = chunk(counter, w.size)


def adadelta_update(w, dw, square, steps, hyper):
    run_elements(_adadelta, w.size, w, writable(dw), square, steps, writable(hyper))


@compiled
def _adamax(counter, worker, w, dw, m, largest, hyper):
    real = w.dtype.type
    rate, new, beta_2 = real(hyper[0]), real(1 - hyper[1]), real(hyper[2])
    epsilon, decay = real(hyper[3]), real(hyper[4])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            mean = m[i] + (dw[i] - m[i]) * new
            most = max(beta_2 * largest[i], abs(dw[i]))
            m[i], largest[i] = mean, most
            w[i] = w[i] - decay * w[i] - rate * mean / (most + epsilon)
        start, stop = chunk(counter, w.size)


def adamax_update(w, dw, m, largest, hyper):
    run_elements(_adamax, w.size, w, writable(dw), m, largest, writable(hyper))


@compiled
def _nadam(counter, worker, w, dw, m, v, hyper):
    real = w.dtype.type
    rate_m, rate_dw, new_1, new_2 = real(hyper[0]), real(hyper[1]), real(1 - hyper[2]), real(1 - hyper[3])
    growth, epsilon, decay = real(hyper[4]), real(hyper[5]), real(hyper[6])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            mean, square = m[i] + (dw[i] - m[i]) * new_1, v[i] + (dw[i] * dw[i] - v[i]) * new_2
            m[i], v[i] = mean, square
            w[i] = w[i] - decay * w[i] - (rate_m * mean + rate_dw * dw[i]) / (math.sqrt(square * growth) + epsilon)
        start, stop = chunk(counter, w.size)


def nadam_update(w, dw, m, v, hyper):
    run_elements(_nadam, w.size, w, writable(dw), m, v, writable(hyper))


@compiled
def _ftrl(counter, worker, w, dw, square, linear, hyper):
    real = w.dtype.type
    rate, power, l1, l2 = real(hyper[0]), real(hyper[1]), real(hyper[2]), real(hyper[3])
    shrinkage, decay = real(2 * hyper[4]), real(hyper[5])
    root = power == real(0.5)
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            kept, new = w[i] - decay * w[i], square[i] + dw[i] * dw[i]
            before = math.sqrt(square[i]) if root else square[i] ** power
            grown = math.sqrt(new) if root else new**power
            total = linear[i] + (dw[i] + shrinkage * kept - (grown - before) / rate * kept)
            square[i], linear[i] = new, total
            w[i] = (min(max(total, -l1), l1) - total) / (grown / rate + 2 * l2)
        start, stop = chunk(counter, w.size)


def ftrl_update(w, dw, square, linear, hyper):
    run_elements(_ftrl, w.size, w, writable(dw), square, linear, writable(hyper))


@compiled
def _lion(counter, worker, w, dw, m, hyper):
    real = w.dtype.type
    rate, beta_1, beta_2, decay = real(hyper[0]), real(hyper[1]), real(hyper[2]), real(hyper[3])
    new_1, new_2 = real(1 - hyper[1]), real(1 - hyper[2])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            way = beta_1 * m[i] + new_1 * dw[i]
            step = rate if way > 0 else -rate if way < 0 else real(0)
            m[i] = beta_2 * m[i] + new_2 * dw[i]
            w[i] = w[i] - decay * w[i] - step
        start, stop = chunk(counter, w.size)


def lion_update(w, dw, m, hyper):
    run_elements(_lion, w.size, w, writable(dw), m, writable(hyper))


@compiled
def _direction(counter, worker, w, dw, m, v, y, hyper):
    real = w.dtype.type
    new_1, new_2, growth_1, growth_2 = real(1 - hyper[1]), real(1 - hyper[2]), real(hyper[3]), real(hyper[4])
    epsilon, decay = real(hyper[5]), real(hyper[6])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            mean, square = m[i] + (dw[i] - m[i]) * new_1, v[i] + (dw[i] * dw[i] - v[i]) * new_2
            m[i], v[i] = mean, square
            w[i] -= decay * w[i]
            y[i] = growth_1 * mean / (math.sqrt(growth_2 * square) + epsilon)
        start, stop = chunk(counter, w.size)


def lamb_direction(w, dw, m, v, y, hyper):
    run_elements(_direction, w.size, w, writable(dw), m, v, y, writable(hyper))


@compiled
def _lamb(counter, worker, w, dw, rate):
    rate = w.dtype.type(rate)
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            w[i] -= rate * dw[i]
        start, stop = chunk(counter, w.size)


def lamb_update(w, dw, w_square, dw_square, hyper):
    both = w_square[0] > 0 and dw_square[0] > 0
    ratio = math.sqrt(float(w_square[0]) / float(dw_square[0])) if both else 1.0
    run_elements(_lamb, w.size, w, writable(dw), float(hyper[0]) * ratio)
