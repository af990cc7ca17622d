"""Batch normalisation over the rows of a matrix."""

import numpy as np


def batchnorm_statistics(x, mean, variance, work):
    mean[:] = x.mean(axis=0)
    variance[:] = ((x - mean) ** 2).mean(axis=0)


def batchnorm_normalize(x, mean, variance, gamma, beta, y, *, epsilon):
    y[:] = (x - mean) * (gamma / np.sqrt(variance + epsilon)) + beta


def batchnorm_update(moving_mean, moving_variance, mean, variance, *, momentum):
    for moving, batch in ((moving_mean, mean), (moving_variance, variance)):
        moving[:] = moving * momentum + batch * (1 - momentum)


def batchnorm_backward(x, dy, mean, variance, gamma, dx, dgamma, dbeta, work, *, epsilon):
    s = 1 / np.sqrt(variance + epsilon)
    h = (x - mean) * s
    dbeta[:] = dy.sum(axis=0)
    dgamma[:] = (dy * h).sum(axis=0)
    dx[:] = gamma * s * (dy - dbeta / len(x) - h * dgamma / len(x))
