# Sums down the columns of (M, C) arrays: fixed blocks of rows, each with partial sums of its own in work memory.

cdef enum:
    MOST_PARTS = 256


cdef inline ptrdiff_t least_rows(ptrdiff_t c) noexcept:
    """Rows of a block, at least."""
    return max(1, BLOCK_ELEMENTS // c)


def column_work(shapes, int sums):
    """Elements of partial sums, `sums` of them a column: grows with M and stays enough for any smaller one."""
    m, c = next(iter(shapes.values()))
    return sums * c * min(MOST_PARTS, -(-m // least_rows(c)))


cdef inline ptrdiff_t begin_columns(Call *call, array) except -1:
    """Sets M, C and the rows of a block; returns the number of blocks."""
    call.n, call.c = dim(array, 0), dim(array, 1)
    call.block = max(least_rows(call.c), (call.n + MOST_PARTS - 1) // MOST_PARTS)
    return (call.n + call.block - 1) // call.block


cdef inline int threads_for_columns(Call *call) except -1:
    return get_num_threads() if call.n * call.c >= SERIAL_ELEMENTS else 1


cdef inline void add_parts(
    Runner add_rows, void *parts, ptrdiff_t blocks, ptrdiff_t c, ptrdiff_t step, void *to, double scale, int double_
) noexcept nogil:
    """to (c,) = scale * the sum of `blocks` rows of partial sums that lie `step` elements apart."""
    cdef Call call
    call.in_[0], call.out[0], call.n, call.c, call.block, call.p[0] = parts, to, blocks, c, step, scale
    add_rows(&call, double_, 1, 1, NULL)
