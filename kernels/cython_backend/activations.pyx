"""Activations and their gradients, which come from the output y."""

include "common.pxi"

cdef extern from "activations.h":
    void run_relu_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_relu_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_elu_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_elu_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_sigmoid_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_sigmoid_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_tanh_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_tanh_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_softmax_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_softmax_backward(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def relu_forward(x, y, *, negative_slope, max_value, threshold):
    cdef Call call
    give(&call, (x,), (y,))
    call.p[0], call.p[1], call.p[2] = negative_slope, max_value, threshold
    each_element(run_relu_forward, &call, x)


def relu_backward(y, dy, dx, *, negative_slope, max_value, threshold):
    cdef Call call
    give(&call, (y, dy,), (dx,))
    call.p[0], call.p[1], call.p[2] = negative_slope, max_value, threshold
    each_element(run_relu_backward, &call, y)


def elu_forward(x, y, *, alpha):
    cdef Call call
    give(&call, (x,), (y,))
    call.p[0] = alpha
    each_element(run_elu_forward, &call, x)


def elu_backward(y, dy, dx, *, alpha):
    cdef Call call
    give(&call, (y, dy,), (dx,))
    call.p[0] = alpha
    each_element(run_elu_backward, &call, y)


def sigmoid_forward(x, y):
    cdef Call call
    give(&call, (x,), (y,))
    each_element(run_sigmoid_forward, &call, x)


def sigmoid_backward(y, dy, dx):
    cdef Call call
    give(&call, (y, dy,), (dx,))
    each_element(run_sigmoid_backward, &call, y)


def tanh_forward(x, y):
    cdef Call call
    give(&call, (x,), (y,))
    each_element(run_tanh_forward, &call, x)


def tanh_backward(y, dy, dx):
    cdef Call call
    give(&call, (y, dy,), (dx,))
    each_element(run_tanh_backward, &call, y)


def softmax_forward(x, y):
    cdef Call call
    give(&call, (x,), (y,))
    each_row(run_softmax_forward, &call, x)


def softmax_backward(y, dy, dx):
    cdef Call call
    give(&call, (y, dy,), (dx,))
    each_row(run_softmax_backward, &call, y)
