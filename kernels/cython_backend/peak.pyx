"""The machine's own limit: floating-point operations a second that benchmarks are compared with."""

import time

include "common.pxi"

cdef extern from "peak.h":
    ptrdiff_t vector_lanes(int is_double)
    enum:
        CHAINS
    void run_multiply_add(const void *, int, ptrdiff_t, int, void *) noexcept nogil


def fma_peak(seconds: float = 0.2, threads: int = 1, dtype: str = "float32") -> float:
    """Floating-point operations a second, a fused multiply-add counting as two: the best of many short runs.

    seconds : how long to try
    threads : how many run at once, up to 256
    """
    cdef Call call
    cdef double results[16 * 256]
    cdef int double_ = dtype == "float64", threads_ = min(threads, 256)
    call.n, call.out[0], call.p[0], call.p[1] = 200_000, <void *>results, 0.999, 0.001
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        with nogil:
            run_multiply_add(&call, double_, threads_, threads_, NULL)
        best = min(best, time.perf_counter() - start)
    return 2.0 * CHAINS * vector_lanes(double_) * call.n * threads_ / best
