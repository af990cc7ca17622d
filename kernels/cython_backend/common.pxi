# What every module shares: pointers of arrays, and running a simple kernel block by block.
cimport numpy as cnp
from libc.string cimport memset

from fastcnn.kernels.cython_backend import pool as _pool  # loaded before connect_pool looks for its capsule
from fastcnn.kernels.threads import get_num_threads

cdef extern from "api.h":
    ctypedef struct Call:
        const void *in_ "in"[6]
        void *out[4]
        ptrdiff_t n, c, block
        double p[6]
    ctypedef void (*Runner)(const void *, int is_double, ptrdiff_t blocks, int threads, void *scratch) noexcept nogil
    int connect_pool() except -1
    void *aligned(void *p) nogil
    enum:
        SCRATCH_BYTES
        ALIGNMENT

connect_pool()

cdef enum:
    SERIAL_ELEMENTS = 32768  # a kernel of one pass over fewer stays on one thread: about 10 microseconds
    BLOCK_ELEMENTS = 16384


cdef inline void *data(array) noexcept:
    return NULL if array is None else cnp.PyArray_DATA(<cnp.ndarray>array)


cdef inline ptrdiff_t size(array) noexcept:
    return cnp.PyArray_SIZE(<cnp.ndarray>array)


cdef inline ptrdiff_t dim(array, int axis) noexcept:
    return cnp.PyArray_DIM(<cnp.ndarray>array, axis)


cdef inline tuple shape(array):
    """Of an array of four axes."""
    return (dim(array, 0), dim(array, 1), dim(array, 2), dim(array, 3))


cdef inline bint is_double(array) noexcept:
    return cnp.PyArray_ITEMSIZE(<cnp.ndarray>array) == 8


cdef inline int give(Call *call, tuple inputs, tuple outputs) except -1:
    for i, array in enumerate(inputs):
        call.in_[i] = data(array)
    for i, array in enumerate(outputs):
        call.out[i] = data(array)
    return 0


cdef inline int each_element(Runner run, Call *call, array) except -1:
    """Blocks of BLOCK_ELEMENTS of arrays shaped like `array`."""
    cdef bint double_ = is_double(array)
    call.n, call.block = size(array), BLOCK_ELEMENTS
    cdef ptrdiff_t blocks = (call.n + BLOCK_ELEMENTS - 1) // BLOCK_ELEMENTS
    cdef int threads = get_num_threads() if call.n >= SERIAL_ELEMENTS else 1
    with nogil:
        run(call, double_, blocks, threads, NULL)
    return 0


cdef inline int each_row(Runner run, Call *call, array) except -1:
    """Blocks of whole rows of (M, C) arrays shaped like `array`, about BLOCK_ELEMENTS each."""
    cdef bint double_ = is_double(array)
    call.n, call.c = dim(array, 0), dim(array, 1)
    call.block = max(1, BLOCK_ELEMENTS // call.c)
    cdef ptrdiff_t blocks = (call.n + call.block - 1) // call.block
    cdef int threads = get_num_threads() if call.n * call.c >= SERIAL_ELEMENTS else 1
    with nogil:
        run(call, double_, blocks, threads, NULL)
    return 0
