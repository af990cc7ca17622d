"""Batch normalisation together with max pooling and relu, forward and backward."""

include "common.pxi"
include "columns.pxi"

cdef extern from "fused_normalization.h":
    ctypedef struct Normalization:
        const void *x
        const void *dy
        const void *mean
        const void *variance
        const void *gamma
        const void *beta
        const void *dgamma
        const void *dbeta
        void *y
        void *dx
        void *parts
        const unsigned char *won
        unsigned char *argmax
        ptrdiff_t rows, c, block
        ptrdiff_t size[2]
        ptrdiff_t out[2]
        ptrdiff_t pool[2]
        double pixels, epsilon, slope, input_slope
    void run_add_rows(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_fused_normalize(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_fused_sums(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_fused_gradient(const void *, int, ptrdiff_t, int, void *) noexcept nogil


cdef ptrdiff_t begin(Normalization *n, x, pooled, tuple vectors, dict params) except -1:
    """Sets what all three kernels need; returns the number of blocks."""
    memset(n, 0, sizeof(Normalization))
    n.x = data(x)
    n.mean, n.variance, n.gamma, n.beta = data(vectors[0]), data(vectors[1]), data(vectors[2]), data(vectors[3])
    for axis in range(2):
        n.size[axis], n.out[axis], n.pool[axis] = dim(x, 1 + axis), dim(pooled, 1 + axis), params["pool_size"][axis]
    n.rows, n.c = dim(x, 0) * n.out[0], dim(x, 3)
    n.pixels = <double>(dim(x, 0) * n.size[0] * n.size[1])
    n.epsilon = params["epsilon"]
    n.slope = params["negative_slope"] if params["activation"] == "relu" else 1
    n.block = max(least_rows(n.pool[0] * n.size[1] * n.c), (n.rows + MOST_PARTS - 1) // MOST_PARTS)
    return (n.rows + n.block - 1) // n.block


cdef int threads_for(x) except -1:
    return get_num_threads() if size(x) >= SERIAL_ELEMENTS else 1


def batchnorm_fused_normalize_offered(shapes, *, epsilon, activation, negative_slope, pool_size):
    return pool_size[0] * pool_size[1] <= 255  # argmax in bytes


def batchnorm_fused_normalize(
    x, mean, variance, gamma, beta, y, argmax, *, epsilon, activation, negative_slope, pool_size
):
    cdef Normalization n
    params = {"epsilon": epsilon, "activation": activation, "negative_slope": negative_slope, "pool_size": pool_size}
    cdef ptrdiff_t blocks = begin(&n, x, y, (mean, variance, gamma, beta), params)
    cdef int double_ = is_double(x), threads = threads_for(x)
    n.y, n.argmax = data(y), <unsigned char *>data(argmax)
    with nogil:
        run_fused_normalize(&n, double_, blocks, threads, NULL)


def batchnorm_fused_backward_offered(shapes, *, epsilon, activation, negative_slope, pool_size, input_slope):
    return pool_size[0] * pool_size[1] <= 255


def batchnorm_fused_backward_work(shapes, itemsize, *, epsilon, activation, negative_slope, pool_size, input_slope):
    n, h, w, c = shapes["x"]
    rows = n * (h // pool_size[0])
    return 2 * c * min(MOST_PARTS, -(-rows // least_rows(pool_size[0] * w * c)))


def batchnorm_fused_backward(
    x, dy, argmax, mean, variance, gamma, beta, dx, dgamma, dbeta, work,
    *, epsilon, activation, negative_slope, pool_size, input_slope
):
    cdef Normalization n
    params = {"epsilon": epsilon, "activation": activation, "negative_slope": negative_slope, "pool_size": pool_size}
    cdef ptrdiff_t blocks = begin(&n, x, dy, (mean, variance, gamma, beta), params)
    cdef int double_ = is_double(x), threads = threads_for(x)
    n.dy, n.won, n.dx, n.parts = data(dy), <const unsigned char *>data(argmax), data(dx), data(work)
    n.dgamma, n.dbeta, n.input_slope = data(dgamma), data(dbeta), input_slope
    cdef ptrdiff_t step = n.c * (8 if double_ else 4)
    with nogil:
        run_fused_sums(&n, double_, blocks, threads, NULL)
        add_parts(run_add_rows, n.parts, blocks, n.c, 2 * n.c, <void *>n.dbeta, 1, double_)
        add_parts(run_add_rows, <char *>n.parts + step, blocks, n.c, 2 * n.c, <void *>n.dgamma, 1, double_)
        run_fused_gradient(&n, double_, blocks, threads, NULL)
