"""Batch normalisation over the rows of a matrix; sums over rows in fixed blocks, added in order."""

include "common.pxi"
include "columns.pxi"

cdef extern from "normalization.h":
    void run_column_moments(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_merge_moments(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_add_rows(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_batchnorm_normalize(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_batchnorm_update(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_batchnorm_sums(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_batchnorm_gradient(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def batchnorm_statistics_work(shapes, itemsize):
    return column_work(shapes, 2)


def batchnorm_statistics(x, mean, variance, work):
    cdef Call call, merge
    give(&call, (x,), (work,))
    give(&merge, (work,), (mean, variance))
    cdef ptrdiff_t blocks = begin_columns(&call, x)
    cdef int double_ = is_double(x), threads = threads_for_columns(&call)
    merge.n, merge.c, merge.block = call.n, call.c, call.block
    with nogil:
        run_column_moments(&call, double_, blocks, threads, NULL)
        run_merge_moments(&merge, double_, 1, 1, NULL)


def batchnorm_normalize(x, mean, variance, gamma, beta, y, *, epsilon):
    cdef Call call
    give(&call, (x, mean, variance, gamma, beta), (y,))
    call.p[0] = epsilon
    each_row(run_batchnorm_normalize, &call, x)


def batchnorm_update(moving_mean, moving_variance, mean, variance, *, momentum):
    cdef Call call
    give(&call, (mean, variance), (moving_mean, moving_variance))
    call.p[0] = momentum
    each_element(run_batchnorm_update, &call, mean)


def batchnorm_backward_work(shapes, itemsize, *, epsilon):
    return column_work(shapes, 2)


def batchnorm_backward(x, dy, mean, variance, gamma, dx, dgamma, dbeta, work, *, epsilon):
    cdef Call call
    give(&call, (x, dy, mean, variance, gamma), (work, dgamma, dbeta))
    call.p[0] = epsilon
    cdef ptrdiff_t blocks = begin_columns(&call, x), c = call.c
    cdef int double_ = is_double(x), threads = threads_for_columns(&call)
    cdef char *sums = <char *>call.out[0]
    cdef void *dx_ = data(dx)
    with nogil:
        run_batchnorm_sums(&call, double_, blocks, threads, NULL)
        add_parts(run_add_rows, sums + c * (8 if double_ else 4), blocks, c, 2 * c, call.out[1], 1, double_)
        add_parts(run_add_rows, sums, blocks, c, 2 * c, call.out[2], 1, double_)
        call.out[0] = dx_
        run_batchnorm_gradient(&call, double_, blocks, threads, NULL)
