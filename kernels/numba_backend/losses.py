"""Losses and their gradients; parallel over runs of samples, each sample on one thread."""

import math

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.columns import row_parts, rows_of
from fastcnn.kernels.numba_backend.functions import exponential
from fastcnn.kernels.numba_backend.pool import run

COST = 16  # multiply-adds a number takes; exponentials and logarithms are most of it


def _run(core, shape, *args):
    run(core, row_parts(shape), COST * shape[0] * shape[1], *args)


@compiled
def _softmax_forward(counter, worker, logits, targets, probs, losses):
    columns, zero = logits.shape[1], logits.dtype.type(0)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < logits.shape[0]:
        for n in range(start, min(logits.shape[0], start + rows)):
            top = logits[n, 0]
            for c in range(columns):
                top = logits[n, c] if logits[n, c] > top else top
            total = zero
            for c in range(columns):
                total += exponential(logits[n, c] - top)
            log_total, loss, share = math.log(total), zero, logits.dtype.type(1) / total
            for c in range(columns):
                shifted = logits[n, c] - top
                loss += targets[n, c] * (log_total - shifted)
                probs[n, c] = exponential(shifted) * share
            losses[n] = loss
        start = claim(counter) * rows


def softmax_crossentropy_forward(logits, targets, probs, losses):
    _run(_softmax_forward, logits.shape, writable(logits), writable(targets), probs, losses)


@compiled
def _softmax_backward(counter, worker, probs, targets, scale, dlogits):
    columns = probs.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            total = probs.dtype.type(0)
            for c in range(columns):
                total += targets[n, c]
            for c in range(columns):
                dlogits[n, c] = (probs[n, c] * total - targets[n, c]) * scale[n]
        start = claim(counter) * rows


def softmax_crossentropy_backward(probs, targets, scale, dlogits):
    _run(_softmax_backward, probs.shape, writable(probs), writable(targets), writable(scale), dlogits)


@compiled
def _sigmoid_forward(counter, worker, logits, targets, probs, losses):
    columns, zero, one = logits.shape[1], logits.dtype.type(0), logits.dtype.type(1)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < logits.shape[0]:
        for n in range(start, min(logits.shape[0], start + rows)):
            loss = zero
            for c in range(columns):
                z = logits[n, c]
                small = exponential(-abs(z))
                loss += max(z, zero) - z * targets[n, c] + math.log1p(small)
                probs[n, c] = (one if z >= 0 else small) / (one + small)
            losses[n] = loss / columns
        start = claim(counter) * rows


def sigmoid_crossentropy_forward(logits, targets, probs, losses):
    _run(_sigmoid_forward, logits.shape, writable(logits), writable(targets), probs, losses)


@compiled
def _sigmoid_backward(counter, worker, probs, targets, scale, dlogits):
    columns = probs.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            share = scale[n] / probs.dtype.type(columns)
            for c in range(columns):
                dlogits[n, c] = (probs[n, c] - targets[n, c]) * share
        start = claim(counter) * rows


def sigmoid_crossentropy_backward(probs, targets, scale, dlogits):
    _run(_sigmoid_backward, probs.shape, writable(probs), writable(targets), writable(scale), dlogits)


@compiled
def _categorical_forward(counter, worker, probs, targets, losses, low, high):
    columns, zero = probs.shape[1], probs.dtype.type(0)
    low, high = probs.dtype.type(low), probs.dtype.type(high)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            total, loss = zero, zero
            for c in range(columns):
                total += probs[n, c]
            for c in range(columns):
                q = probs[n, c] / total
                q = low if q < low else high if q > high else q
                loss -= targets[n, c] * math.log(q)
            losses[n] = loss
        start = claim(counter) * rows


def categorical_crossentropy_forward(probs, targets, losses, *, epsilon):
    low, high = float(epsilon), 1 - float(epsilon)
    _run(_categorical_forward, probs.shape, writable(probs), writable(targets), losses, low, high)


@compiled
def _categorical_backward(counter, worker, probs, targets, scale, dprobs, low, high):
    columns, zero = probs.shape[1], probs.dtype.type(0)
    low, high = probs.dtype.type(low), probs.dtype.type(high)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            total, product = zero, zero
            for c in range(columns):
                total += probs[n, c]
            for c in range(columns):
                q = probs[n, c] / total
                g = -targets[n, c] / q if q >= low and q <= high else zero
                product += g * q
                dprobs[n, c] = g
            for c in range(columns):
                dprobs[n, c] = (dprobs[n, c] - product) / total * scale[n]
        start = claim(counter) * rows


def categorical_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    arrays = (writable(probs), writable(targets), writable(scale), dprobs)
    _run(_categorical_backward, probs.shape, *arrays, float(epsilon), 1 - float(epsilon))


@compiled
def _binary_forward(counter, worker, probs, targets, losses, low, high):
    columns, one = probs.shape[1], probs.dtype.type(1)
    low, high = probs.dtype.type(low), probs.dtype.type(high)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            loss = probs.dtype.type(0)
            for c in range(columns):
                p, t = probs[n, c], targets[n, c]
                p = low if p < low else high if p > high else p
                loss -= t * math.log(p) + (one - t) * math.log1p(-p)
            losses[n] = loss / columns
        start = claim(counter) * rows


def binary_crossentropy_forward(probs, targets, losses, *, epsilon):
    low, high = float(epsilon), 1 - float(epsilon)
    _run(_binary_forward, probs.shape, writable(probs), writable(targets), losses, low, high)


@compiled
def _binary_backward(counter, worker, probs, targets, scale, dprobs, low, high):
    columns, one = probs.shape[1], probs.dtype.type(1)
    low, high = probs.dtype.type(low), probs.dtype.type(high)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < probs.shape[0]:
        for n in range(start, min(probs.shape[0], start + rows)):
            share = scale[n] / probs.dtype.type(columns)
            for c in range(columns):
                p = probs[n, c]
                slope = (p - targets[n, c]) / (p * (one - p))
                dprobs[n, c] = slope * share if p >= low and p <= high else probs.dtype.type(0)
        start = claim(counter) * rows


def binary_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    arrays = (writable(probs), writable(targets), writable(scale), dprobs)
    _run(_binary_backward, probs.shape, *arrays, float(epsilon), 1 - float(epsilon))


@compiled
def _squared_forward(counter, worker, predictions, targets, losses):
    columns = predictions.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < predictions.shape[0]:
        for n in range(start, min(predictions.shape[0], start + rows)):
            loss = predictions.dtype.type(0)
            for c in range(columns):
                difference = predictions[n, c] - targets[n, c]
                loss += difference * difference
            losses[n] = loss / columns
        start = claim(counter) * rows


def mean_squared_error_forward(predictions, targets, losses):
    _run(_squared_forward, predictions.shape, writable(predictions), writable(targets), losses)


@compiled
def _squared_backward(counter, worker, predictions, targets, scale, dpredictions):
    columns = predictions.shape[1]
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < predictions.shape[0]:
        for n in range(start, min(predictions.shape[0], start + rows)):
            share = scale[n] * predictions.dtype.type(2 / columns)
            for c in range(columns):
                dpredictions[n, c] = (predictions[n, c] - targets[n, c]) * share
        start = claim(counter) * rows


def mean_squared_error_backward(predictions, targets, scale, dpredictions):
    arrays = (writable(predictions), writable(targets), writable(scale), dpredictions)
    _run(_squared_backward, predictions.shape, *arrays)
