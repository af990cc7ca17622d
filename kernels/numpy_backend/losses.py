"""Losses, one value a sample, and their gradients."""

import numpy as np

from fastcnn.kernels.numpy_backend.activations import sigmoid_forward


def softmax_crossentropy_forward(logits, targets, probs, losses):
    shifted = logits - logits.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    losses[:] = (targets * (np.log(total) - shifted)).sum(axis=1)
    np.divide(powers, total, out=probs)


def softmax_crossentropy_backward(probs, targets, scale, dlogits):
    dlogits[:] = (probs * targets.sum(axis=1, keepdims=True) - targets) * scale[:, None]


def sigmoid_crossentropy_forward(logits, targets, probs, losses):
    z = logits
    losses[:] = (np.maximum(z, 0) - z * targets + np.log1p(np.exp(-np.abs(z)))).mean(axis=1)
    sigmoid_forward(z, probs)


def sigmoid_crossentropy_backward(probs, targets, scale, dlogits):
    dlogits[:] = (probs - targets) * scale[:, None] / probs.shape[1]


def categorical_crossentropy_forward(probs, targets, losses, *, epsilon):
    q = probs / probs.sum(axis=1, keepdims=True)
    losses[:] = -(targets * np.log(np.clip(q, epsilon, 1 - epsilon))).sum(axis=1)


def categorical_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    total = probs.sum(axis=1, keepdims=True)
    q = probs / total
    inside = (q >= epsilon) & (q <= 1 - epsilon)
    g = np.where(inside, -targets / np.where(inside, q, 1), 0)
    dprobs[:] = (g - (g * q).sum(axis=1, keepdims=True)) / total * scale[:, None]


def binary_crossentropy_forward(probs, targets, losses, *, epsilon):
    p = np.clip(probs, epsilon, 1 - epsilon)
    losses[:] = -(targets * np.log(p) + (1 - targets) * np.log1p(-p)).mean(axis=1)


def binary_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    inside = (probs >= epsilon) & (probs <= 1 - epsilon)
    p = np.where(inside, probs, 0.5)
    slope = (p - targets) / (p * (1 - p))
    dprobs[:] = np.where(inside, slope, 0) * scale[:, None] / probs.shape[1]


def mean_squared_error_forward(predictions, targets, losses):
    losses[:] = ((predictions - targets) ** 2).mean(axis=1)


def mean_squared_error_backward(predictions, targets, scale, dpredictions):
    dpredictions[:] = 2 * (predictions - targets) * scale[:, None] / predictions.shape[1]
