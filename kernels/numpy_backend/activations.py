"""Activations and their gradients, which come from the output y."""

import numpy as np


def relu_forward(x, y, *, negative_slope, max_value, threshold):
    y[:] = np.where(x > threshold, np.minimum(x, max_value), negative_slope * (x - threshold))


def relu_backward(y, dy, dx, *, negative_slope, max_value, threshold):
    dx[:] = np.where(y > 0, np.where(y < max_value, dy, 0), negative_slope * dy)


def elu_forward(x, y, *, alpha):
    y[:] = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_backward(y, dy, dx, *, alpha):
    dx[:] = np.where(y > 0, dy, dy * (y + alpha))


def sigmoid_forward(x, y):
    small = np.exp(-np.abs(x))  # never overflows
    y[:] = np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_backward(y, dy, dx):
    dx[:] = dy * y * (1 - y)


def tanh_forward(x, y):
    np.tanh(x, out=y)


def tanh_backward(y, dy, dx):
    dx[:] = dy * (1 - y * y)


def softmax_forward(x, y):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    np.divide(powers, powers.sum(axis=1, keepdims=True), out=y)


def softmax_backward(y, dy, dx):
    dx[:] = y * (dy - (dy * y).sum(axis=1, keepdims=True))
