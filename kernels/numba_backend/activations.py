"""Activations and their gradients; parallel over chunks, softmax over runs of rows."""

import numba

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, claim, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.columns import row_parts, rows_of
from fastcnn.kernels.numba_backend.functions import (
    exponential,
    exponential_minus_one,
    hyperbolic_tangent,
    logistic,
)
from fastcnn.kernels.numba_backend.pool import run

EXP_COST = 8  # multiply-adds that one exponential takes


@numba.njit(inline="always")
def _relus(x, y, start, stop, slope, top, threshold):
    for i in range(start, stop):
        value = x[i]
        low = slope * (value - threshold)
        y[i] = min(value, top) if value > threshold else low


@compiled
def _relu(counter, worker, x, y, slope, top, threshold):
    real = x.dtype.type
    slope, top, threshold = real(slope), real(top), real(threshold)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(x, y):
            _relus(y, y, start, stop, slope, top, threshold)
        else:
            _relus(x, y, start, stop, slope, top, threshold)
        start, stop = chunk(counter, y.size)


def relu_forward(x, y, *, negative_slope, max_value, threshold):
    run_elements(_relu, y.size, writable(x), y, float(negative_slope), float(max_value), float(threshold))


@numba.njit(inline="always")
def _relu_slopes(y, dy, dx, start, stop, slope, top):
    for i in range(start, stop):
        inside = dy[i] if y[i] < top else dy.dtype.type(0)
        dx[i] = inside if y[i] > 0 else slope * dy[i]


@compiled
def _relu_gradient(counter, worker, y, dy, dx, slope, top):
    slope, top = y.dtype.type(slope), y.dtype.type(top)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(dy, dx):
            _relu_slopes(y, dx, dx, start, stop, slope, top)
        else:
            _relu_slopes(y, dy, dx, start, stop, slope, top)
        start, stop = chunk(counter, y.size)


def relu_backward(y, dy, dx, *, negative_slope, max_value, threshold):
    run_elements(_relu_gradient, y.size, writable(y), writable(dy), dx, float(negative_slope), float(max_value))


@compiled
def _elu(counter, worker, x, y, alpha):
    alpha = x.dtype.type(alpha)
    start, stop = chunk(counter, y.size)
    while start < stop:
        for i in range(start, stop):
            y[i] = x[i] if x[i] > 0 else alpha * exponential_minus_one(x[i])
        start, stop = chunk(counter, y.size)


def elu_forward(x, y, *, alpha):
    run_elements(_elu, y.size, writable(x), y, float(alpha))


@compiled
def _elu_gradient(counter, worker, y, dy, dx, alpha):
    alpha, one = y.dtype.type(alpha), y.dtype.type(1)
    start, stop = chunk(counter, y.size)
    while start < stop:
        for i in range(start, stop):
            dx[i] = dy[i] * (one if y[i] > 0 else y[i] + alpha)
        start, stop = chunk(counter, y.size)


def elu_backward(y, dy, dx, *, alpha):
    run_elements(_elu_gradient, y.size, writable(y), writable(dy), dx, float(alpha))


@compiled
def _sigmoid(counter, worker, x, y):
    start, stop = chunk(counter, y.size)
    while start < stop:
        for i in range(start, stop):
            y[i] = logistic(x[i])
        start, stop = chunk(counter, y.size)


def sigmoid_forward(x, y):
    run_elements(_sigmoid, y.size, writable(x), y)


@numba.njit(inline="always")
def _sigmoid_slopes(y, dy, dx, start, stop):
    one = y.dtype.type(1)
    for i in range(start, stop):
        dx[i] = dy[i] * y[i] * (one - y[i])


@compiled
def _sigmoid_gradient(counter, worker, y, dy, dx):
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(dy, dx):
            _sigmoid_slopes(y, dx, dx, start, stop)
        else:
            _sigmoid_slopes(y, dy, dx, start, stop)
        start, stop = chunk(counter, y.size)


def sigmoid_backward(y, dy, dx):
    run_elements(_sigmoid_gradient, y.size, writable(y), writable(dy), dx)


@compiled
def _tanh(counter, worker, x, y):
    start, stop = chunk(counter, y.size)
    while start < stop:
        for i in range(start, stop):
            y[i] = hyperbolic_tangent(x[i])
        start, stop = chunk(counter, y.size)


def tanh_forward(x, y):
    run_elements(_tanh, y.size, writable(x), y)


@numba.njit(inline="always")
def _tanh_slopes(y, dy, dx, start, stop):
    one = y.dtype.type(1)
    for i in range(start, stop):
        dx[i] = dy[i] * (one - y[i] * y[i])


@compiled
def _tanh_gradient(counter, worker, y, dy, dx):
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(dy, dx):
            _tanh_slopes(y, dx, dx, start, stop)
        else:
            _tanh_slopes(y, dy, dx, start, stop)
        start, stop = chunk(counter, y.size)


def tanh_backward(y, dy, dx):
    run_elements(_tanh_gradient, y.size, writable(y), writable(dy), dx)


@compiled
def _softmax(counter, worker, x, y):
    columns = x.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < x.shape[0]:
        for m in range(start, min(x.shape[0], start + rows)):
            top = x[m, 0]
            for c in range(columns):
                top = x[m, c] if x[m, c] > top else top
            total = x.dtype.type(0)
            for c in range(columns):
                y[m, c] = exponential(x[m, c] - top)
            for c in range(columns):
                total += y[m, c]
            share = x.dtype.type(1) / total
            for c in range(columns):
                y[m, c] *= share
        start = claim(counter) * rows


def softmax_forward(x, y):
    run(_softmax, row_parts(x.shape), EXP_COST * x.size, writable(x), y)


@compiled
def _softmax_gradient(counter, worker, y, dy, dx):
    columns = y.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < y.shape[0]:
        for m in range(start, min(y.shape[0], start + rows)):
            total = y.dtype.type(0)
            for c in range(columns):
                total += dy[m, c] * y[m, c]
            for c in range(columns):
                dx[m, c] = y[m, c] * (dy[m, c] - total)
        start = claim(counter) * rows


def softmax_backward(y, dy, dx):
    run(_softmax_gradient, row_parts(y.shape), 4 * y.size, writable(y), writable(dy), dx)
