"""A photo's colours, on the calling thread: photos are what threads share."""

include "common.pxi"

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc

from fastcnn.kernels.contract import tones as _contract

cdef extern from "tones.h":
    ctypedef struct Tones:
        const void *x
        float *y
        const float *gain
        const float *offset
        const float *factor
        ptrdiff_t pixels, c, oc, period
        int is_float, shifts, brightens, center, normalise, plain
        float shift, scale
        double small, rounding
    void tones(const Tones *) noexcept nogil

cdef enum:
    PERIOD = 192  # numbers, at least: long enough for vectors, a multiple of 1, 3 and 4 channels

cdef double SMALL = _contract.SMALL, ROUNDING = _contract.ROUNDING
cdef int ALPHA = _contract.ALPHA


cdef bint fill(Tones *t, float *tables, const float *offset, const float *factor, float brightness) noexcept nogil:
    """What each channel gets, `period` numbers of it; whether offset and factor change nothing."""
    cdef bint plain = True
    cdef ptrdiff_t i, channel
    for i in range(t.period):
        channel = i % t.oc
        tables[i] = 1 if channel >= ALPHA else brightness
        tables[t.period + i], tables[2 * t.period + i] = offset[channel], factor[channel]
        plain = plain and offset[channel] == 0 and factor[channel] == 1
    t.gain, t.offset, t.factor = tables, tables + t.period, tables + 2 * t.period
    return plain


def image_tones(x, y, offset, factor, *, shift, brightness, scale, center, normalise):
    cdef Tones t
    t.x, t.y, t.is_float = data(x), <float *>data(y), cnp.PyArray_ITEMSIZE(<cnp.ndarray>x) == 4
    t.pixels, t.c, t.oc = dim(x, 0) * dim(x, 1), dim(x, 2), dim(y, 2)
    t.shifts, t.brightens, t.center, t.normalise = shift != 0, brightness is not None, center, normalise
    t.shift, t.scale, t.small, t.rounding = shift, scale, SMALL, ROUNDING
    t.period = t.oc * max(1, PERIOD // t.oc)
    cdef float gain = 1 if brightness is None else brightness
    cdef const float *offsets = <const float *>data(offset)
    cdef const float *factors = <const float *>data(factor)
    cdef float *tables = <float *>PyMem_RawMalloc(3 * t.period * sizeof(float))
    if tables == NULL:
        raise MemoryError("image_tones: no memory for a few numbers a channel")
    with nogil:
        t.plain = fill(&t, tables, offsets, factors, gain)
        tones(&t)
    PyMem_RawFree(tables)
