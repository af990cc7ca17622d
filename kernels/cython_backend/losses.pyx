"""Losses, one value a sample, and their gradients."""

include "common.pxi"

cdef extern from "losses.h":
    void run_softmax_crossentropy_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_softmax_crossentropy_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_sigmoid_crossentropy_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_sigmoid_crossentropy_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_categorical_crossentropy_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_categorical_crossentropy_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_binary_crossentropy_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_binary_crossentropy_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_mean_squared_error_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_mean_squared_error_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def softmax_crossentropy_forward(logits, targets, probs, losses):
    cdef Call call
    give(&call, (logits, targets,), (probs, losses,))
    each_row(run_softmax_crossentropy_forward, &call, logits)


def softmax_crossentropy_backward(probs, targets, scale, dlogits):
    cdef Call call
    give(&call, (probs, targets, scale,), (dlogits,))
    each_row(run_softmax_crossentropy_backward, &call, probs)


def sigmoid_crossentropy_forward(logits, targets, probs, losses):
    cdef Call call
    give(&call, (logits, targets,), (probs, losses,))
    each_row(run_sigmoid_crossentropy_forward, &call, logits)


def sigmoid_crossentropy_backward(probs, targets, scale, dlogits):
    cdef Call call
    give(&call, (probs, targets, scale,), (dlogits,))
    each_row(run_sigmoid_crossentropy_backward, &call, probs)


def categorical_crossentropy_forward(probs, targets, losses, *, epsilon):
    cdef Call call
    give(&call, (probs, targets,), (losses,))
    call.p[0] = epsilon
    each_row(run_categorical_crossentropy_forward, &call, probs)


def categorical_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    cdef Call call
    give(&call, (probs, targets, scale,), (dprobs,))
    call.p[0] = epsilon
    each_row(run_categorical_crossentropy_backward, &call, probs)


def binary_crossentropy_forward(probs, targets, losses, *, epsilon):
    cdef Call call
    give(&call, (probs, targets,), (losses,))
    call.p[0] = epsilon
    each_row(run_binary_crossentropy_forward, &call, probs)


def binary_crossentropy_backward(probs, targets, scale, dprobs, *, epsilon):
    cdef Call call
    give(&call, (probs, targets, scale,), (dprobs,))
    call.p[0] = epsilon
    each_row(run_binary_crossentropy_backward, &call, probs)


def mean_squared_error_forward(predictions, targets, losses):
    cdef Call call
    give(&call, (predictions, targets,), (losses,))
    each_row(run_mean_squared_error_forward, &call, predictions)


def mean_squared_error_backward(predictions, targets, scale, dpredictions):
    cdef Call call
    give(&call, (predictions, targets, scale,), (dpredictions,))
    each_row(run_mean_squared_error_backward, &call, predictions)
