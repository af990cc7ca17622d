"""Optimizer updates, in place, one pass over all slots; parallel over chunks.

A slot that is absent is passed as the weights and never touched, so that each update is compiled once.
"""

import math

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements
from fastcnn.kernels.numba_backend.cache import compiled


@compiled
def _sgd(counter, worker, w, dw, hyper):
    rate, decay = w.dtype.type(hyper[0]), w.dtype.type(hyper[1])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            kept = w[i] - decay * w[i]
            w[i] = kept - rate * dw[i]
        start, stop = chunk(counter, w.size)


def sgd_update(w, dw, hyper):
    run_elements(_sgd, w.size, w, writable(dw), writable(hyper))


@compiled
def _momentum(counter, worker, w, dw, velocity, hyper, nesterov):
    real = w.dtype.type
    rate, momentum, decay = real(hyper[0]), real(hyper[1]), real(hyper[2])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            step = rate * dw[i]
            speed = momentum * velocity[i] - step
            velocity[i] = speed
            w[i] = w[i] - decay * w[i] + (momentum * speed - step if nesterov else speed)
        start, stop = chunk(counter, w.size)


def momentum_update(w, dw, velocity, hyper, *, nesterov):
    run_elements(_momentum, w.size, w, writable(dw), velocity, writable(hyper), bool(nesterov))


@compiled
def _rmsprop(counter, worker, w, dw, square, mean, velocity, hyper, centered, heavy):
    real = w.dtype.type
    rate, rho, momentum = real(hyper[0]), real(hyper[1]), real(hyper[2])
    epsilon, decay, new = real(hyper[3]), real(hyper[4]), real(1 - hyper[1])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            kept = w[i] - decay * w[i]
            square[i] = rho * square[i] + new * (dw[i] * dw[i])
            under_root = square[i] + epsilon
            if centered:
                mean[i] = rho * mean[i] + new * dw[i]
                under_root -= mean[i] * mean[i]
            step = rate * dw[i] / math.sqrt(under_root)
            if heavy:
                step += momentum * velocity[i]
                velocity[i] = step
            w[i] = kept - step
        start, stop = chunk(counter, w.size)


def rmsprop_update(w, dw, square, mean, velocity, hyper):
    slots = (square, w if mean is None else mean, w if velocity is None else velocity)
    run_elements(_rmsprop, w.size, w, writable(dw), *slots, writable(hyper), mean is not None, velocity is not None)


@compiled
def _adam(counter, worker, w, dw, m, v, vmax, hyper, amsgrad):
    real = w.dtype.type
    rate, new_m, new_v = real(hyper[0]), real(1 - hyper[1]), real(1 - hyper[2])
    epsilon, decay = real(hyper[3]), real(hyper[4])
    start, stop = chunk(counter, w.size)
    while start < stop:
        for i in range(start, stop):
            g = dw[i]
            mean, square = m[i] + (g - m[i]) * new_m, v[i] + (g * g - v[i]) * new_v
            m[i], v[i] = mean, square
            if amsgrad:
                square = max(vmax[i], square)
                vmax[i] = square
            w[i] = w[i] - decay * w[i] - rate * mean / (math.sqrt(square) + epsilon)
        start, stop = chunk(counter, w.size)


def adam_update(w, dw, m, v, vmax, hyper):
    slots = (m, v, w if vmax is None else vmax)
    run_elements(_adam, w.size, w, writable(dw), *slots, writable(hyper), vmax is not None)
