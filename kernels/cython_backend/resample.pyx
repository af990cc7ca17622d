"""Images of another size: one photo on the calling thread, images of a batch in parallel over rows."""

include "common.pxi"

from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from libc.stdint cimport int32_t

cdef extern from "resample.h":
    enum:
        BYTES, FLOATS, DOUBLES
    ctypedef struct Resample:
        const void *x
        const void *rows
        const void *columns
        const int32_t *row_starts
        const int32_t *column_starts
        void *y
        char *buffers
        ptrdiff_t images, h, w, c, oh, ow, oc, row_taps, column_taps
    ptrdiff_t plan(Resample *, int type, ptrdiff_t blocks) nogil
    void resample(Resample *, int type, ptrdiff_t blocks, int threads) noexcept nogil

cdef enum:
    BLOCKS_PER_THREAD = 4  # a thread that is held up leaves the others something to do


cdef int run(Resample *t, x, y, tuple taps, int threads) except -1:
    """All but the number of images; x and y end with rows, columns and channels."""
    cdef int axis = cnp.PyArray_NDIM(<cnp.ndarray>x) - 3, item = cnp.PyArray_ITEMSIZE(<cnp.ndarray>x)
    cdef int type = BYTES if item == 1 else DOUBLES if item == 8 else FLOATS
    rows, row_starts, columns, column_starts = taps
    t.x, t.y, t.rows, t.columns = data(x), data(y), data(rows), data(columns)
    t.row_starts, t.column_starts = <const int32_t *>data(row_starts), <const int32_t *>data(column_starts)
    t.h, t.w, t.c = dim(x, axis), dim(x, axis + 1), dim(x, axis + 2)
    t.oh, t.ow, t.oc = dim(y, axis), dim(y, axis + 1), dim(y, axis + 2)
    t.row_taps, t.column_taps = dim(rows, 1), dim(columns, 1)
    cdef ptrdiff_t blocks = 1 if threads == 1 else min(threads * BLOCKS_PER_THREAD, t.images * t.oh)
    cdef char *memory = <char *>PyMem_RawMalloc(plan(t, type, blocks))
    if memory == NULL:
        raise MemoryError("resample: no memory for a row of an image")
    t.buffers = memory
    with nogil:
        resample(t, type, blocks, threads)
    PyMem_RawFree(memory)
    return 0


def image_resample(x, y, rows, row_starts, columns, column_starts):
    cdef Resample t
    t.images = 1
    run(&t, x, y, (rows, row_starts, columns, column_starts), 1)


def images_resample(x, y, rows, row_starts, columns, column_starts):
    cdef Resample t
    t.images = dim(x, 0)
    cdef int threads = get_num_threads() if size(y) >= SERIAL_ELEMENTS else 1
    run(&t, x, y, (rows, row_starts, columns, column_starts), threads)
