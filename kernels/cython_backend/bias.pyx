"""One value a channel."""

include "common.pxi"
include "columns.pxi"

cdef extern from "bias.h":
    void run_bias_forward(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_column_sums(const void *, int, ptrdiff_t, int, void *) noexcept nogil
    void run_add_rows(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def bias_forward(x, b, y):
    cdef Call call
    give(&call, (x, b), (y,))
    each_row(run_bias_forward, &call, x)


def bias_backward_work(shapes, itemsize):
    return column_work(shapes, 1)


def bias_backward(dy, db, work):
    cdef Call call
    give(&call, (dy,), (work,))
    cdef ptrdiff_t blocks = begin_columns(&call, dy)
    cdef int double_ = is_double(dy), threads = threads_for_columns(&call)
    cdef void *db_ = data(db)
    with nogil:
        run_column_sums(&call, double_, blocks, threads, NULL)
        add_parts(run_add_rows, call.out[0], blocks, call.c, call.c, db_, 1, double_)
