"""Activations whose gradient comes from their input."""

include "common.pxi"

cdef extern from "curves.h":
    ctypedef struct Curve:
        const char *name
        Runner forward, backward
    const Curve *curves
    enum:
        CURVE_COUNT

cdef dict NUMBERS = {curves[i].name.decode(): i for i in range(CURVE_COUNT)}


def curve_forward(x, y, *, curve, alpha, beta):
    cdef Call call
    give(&call, (x,), (y,))
    call.p[0], call.p[1] = alpha, beta
    each_element(curves[<int>NUMBERS[curve]].forward, &call, x)


def curve_backward(x, dy, dx, *, curve, alpha, beta):
    cdef Call call
    give(&call, (x, dy), (dx,))
    call.p[0], call.p[1] = alpha, beta
    each_element(curves[<int>NUMBERS[curve]].backward, &call, x)
