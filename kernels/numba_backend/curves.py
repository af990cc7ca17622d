"""Activations whose gradient comes from their input; parallel over chunks, a core for each curve."""

from functools import cache
from types import FunctionType

import numba

from fastcnn.kernels.numba_backend import curve_functions
from fastcnn.kernels.numba_backend.arrays import writable
from fastcnn.kernels.numba_backend.blocks import chunk, run_elements, same
from fastcnn.kernels.numba_backend.cache import compiled

_curve = curve_functions.softplus  # stands for the curve's function, which each core has under this name


@numba.njit(inline="always")
def _values(curve, x, y, start, stop, a, b):
    for i in range(start, stop):
        y[i] = curve(x[i], a, b)


def _forward(counter, worker, x, y, a, b):
    a, b = x.dtype.type(a), x.dtype.type(b)
    start, stop = chunk(counter, y.size)
    while start < stop:
        if same(x, y):
            _values(_curve, y, y, start, stop, a, b)
        else:
            _values(_curve, x, y, start, stop, a, b)
        start, stop = chunk(counter, y.size)


@numba.njit(inline="always")
def _products(slope, x, dy, dx, start, stop, a, b):
    for i in range(start, stop):
        dx[i] = dy[i] * slope(x[i], a, b)


def _backward(counter, worker, x, dy, dx, a, b):
    a, b = x.dtype.type(a), x.dtype.type(b)
    start, stop = chunk(counter, dx.size)
    while start < stop:
        if same(dy, dx):
            _products(_curve, x, dx, dx, start, stop, a, b)
        else:
            _products(_curve, x, dy, dx, start, stop, a, b)
        start, stop = chunk(counter, dx.size)


@cache
def _core(template, name):
    """The template around the curve function of that name, as a function with globals of its own.

    What is compiled of such a function can be kept on disk; of a closure, or of one that gets the function as an
    argument, it cannot.
    """
    its_globals = globals() | {"_curve": getattr(curve_functions, name)}
    core = FunctionType(template.__code__, its_globals)
    core.__qualname__ = f"{template.__name__}_{name}"  # by which the cache tells them apart
    return compiled(core)


def curve_forward(x, y, *, curve, alpha, beta):
    run_elements(_core(_forward, curve), y.size, writable(x), y, float(alpha), float(beta))


def curve_backward(x, dy, dx, *, curve, alpha, beta):
    core = _core(_backward, f"{curve}_slope")
    run_elements(core, dx.size, writable(x), writable(dy), dx, float(alpha), float(beta))
