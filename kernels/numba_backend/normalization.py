"""Batch normalisation over the rows of a matrix; parallel over fixed runs of rows, whose sums are added in order."""

import math

from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import claim
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.columns import add_parts, row_parts, rows_of
from fastcnn.kernels.numba_backend.pool import run


def batchnorm_statistics_work(shapes, itemsize):
    return 2 * row_parts(shapes["x"]) * shapes["x"][1]


@compiled
def _moments(counter, worker, x, work):
    """Each run's mean and sum of squared deviations from it, while its rows are in cache."""
    columns, zero = x.shape[1], x.dtype.type(0)
    rows = rows_of(columns)
    part = claim(counter)
    while part * rows < x.shape[0]:
        start, stop = part * rows, min(x.shape[0], (part + 1) * rows)
        mean = work[2 * part * columns : (2 * part + 1) * columns]
        square = work[(2 * part + 1) * columns : (2 * part + 2) * columns]
        for c in range(columns):
            mean[c] = square[c] = zero
        for m in range(start, stop):
            for c in range(columns):
                mean[c] += x[m, c]
        share = x.dtype.type(1 / (stop - start))
        for c in range(columns):
            mean[c] *= share
        for m in range(start, stop):
            for c in range(columns):
                deviation = x[m, c] - mean[c]
                square[c] += deviation * deviation
        part = claim(counter)


@compiled
def _merge_moments(work, mean, variance, count, parts):
    """Combines the runs' moments in order. Source: Chan, Golub and LeVeque 1979, pairwise update."""
    columns, real = mean.size, mean.dtype.type
    rows = rows_of(columns)
    for c in range(columns):
        mean[c], variance[c] = work[c], work[columns + c]
    for part in range(1, parts):
        before, here = part * rows, min(count, (part + 1) * rows) - part * rows
        share, both = real(here / (before + here)), real(before * (here / (before + here)))
        for c in range(columns):
            step = work[2 * part * columns + c] - mean[c]
            mean[c] += step * share
            variance[c] += work[(2 * part + 1) * columns + c] + step * step * both
    for c in range(columns):
        variance[c] /= real(count)


def batchnorm_statistics(x, mean, variance, work):
    parts = row_parts(x.shape)
    run(_moments, parts, 8 * x.size, writable(x), work)
    _merge_moments(work, mean, variance, x.shape[0], parts)


@compiled
def _normalize(counter, worker, x, mean, variance, gamma, beta, y, epsilon):
    columns, epsilon = x.shape[1], x.dtype.type(epsilon)
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < x.shape[0]:
        for m in range(start, min(x.shape[0], start + rows)):
            for c in range(columns):
                scale = gamma[c] / math.sqrt(variance[c] + epsilon)
                y[m, c] = (x[m, c] - mean[c]) * scale + beta[c]
        start = claim(counter) * rows


def batchnorm_normalize(x, mean, variance, gamma, beta, y, *, epsilon):
    vectors = (writable(v) for v in (mean, variance, gamma, beta))
    run(_normalize, row_parts(x.shape), 4 * x.size, writable(x), *vectors, y, float(epsilon))


@compiled
def _update(moving_mean, moving_variance, mean, variance, momentum):
    real = mean.dtype.type
    keep, new = real(momentum), real(1 - momentum)
    for c in range(mean.size):
        moving_mean[c] = moving_mean[c] * keep + mean[c] * new
        moving_variance[c] = moving_variance[c] * keep + variance[c] * new


def batchnorm_update(moving_mean, moving_variance, mean, variance, *, momentum):
    _update(moving_mean, moving_variance, writable(mean), writable(variance), float(momentum))


def batchnorm_backward_work(shapes, itemsize, *, epsilon):
    return 2 * row_parts(shapes["x"]) * shapes["x"][1]


@compiled
def _gradient_sums(counter, worker, x, dy, mean, work, parts):
    """Each run's sums of dy and of dy * (x - mean): first all of the one, then all of the other."""
    columns, zero = x.shape[1], x.dtype.type(0)
    rows = rows_of(columns)
    part = claim(counter)
    while part < parts:
        plain = work[part * columns : (part + 1) * columns]
        product = work[(parts + part) * columns : (parts + part + 1) * columns]
        for c in range(columns):
            plain[c] = product[c] = zero
        for m in range(part * rows, min(x.shape[0], (part + 1) * rows)):
            for c in range(columns):
                plain[c] += dy[m, c]
                product[c] += dy[m, c] * (x[m, c] - mean[c])
        part = claim(counter)


@compiled
def _input_gradient(counter, worker, x, dy, mean, variance, gamma, dx, dgamma, dbeta, epsilon):
    columns, one = x.shape[1], x.dtype.type(1)
    epsilon, share = x.dtype.type(epsilon), x.dtype.type(1 / x.shape[0])
    rows = rows_of(columns)
    start = claim(counter) * rows
    while start < x.shape[0]:
        for m in range(start, min(x.shape[0], start + rows)):
            for c in range(columns):
                s = one / math.sqrt(variance[c] + epsilon)
                h = (x[m, c] - mean[c]) * s
                dx[m, c] = gamma[c] * s * (dy[m, c] - share * (dbeta[c] + h * dgamma[c]))
        start = claim(counter) * rows


@compiled
def _scale_dgamma(dgamma, variance, epsilon):
    epsilon = variance.dtype.type(epsilon)
    for c in range(dgamma.size):
        dgamma[c] /= math.sqrt(variance[c] + epsilon)


def batchnorm_backward(x, dy, mean, variance, gamma, dx, dgamma, dbeta, work, *, epsilon):
    x, dy, mean, variance, gamma = (writable(a) for a in (x, dy, mean, variance, gamma))
    parts = row_parts(x.shape)
    run(_gradient_sums, parts, 8 * x.size, x, dy, mean, work, parts)
    add_parts(work, dbeta, parts)
    add_parts(work[parts * dbeta.size :], dgamma, parts)
    _scale_dgamma(dgamma, variance, float(epsilon))
    run(_input_gradient, parts, 8 * x.size, x, dy, mean, variance, gamma, dx, dgamma, dbeta, float(epsilon))
