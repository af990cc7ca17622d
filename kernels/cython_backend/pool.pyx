"""The thread pool and the choice of instruction set, which the other modules find through the capsule `api`."""

from cpython.pycapsule cimport PyCapsule_New


cdef extern from "pool.h":
    ctypedef struct PoolApi:
        int level
    PoolApi pool_api
    int best_level()
    void pool_start()


pool_start()
api = PyCapsule_New(&pool_api, "fastcnn.kernels.cython_backend.pool.api", NULL)


def get_level() -> int:
    """Which copy of the kernels runs: 0 the compiler's baseline, 1 AVX2 with FMA, 2 AVX-512."""
    return pool_api.level


def set_level(level: int) -> None:
    """Runs a copy for a lesser CPU, so that tests reach every copy that this CPU can run.

    Raises:
        ValueError: for a level that this CPU lacks.
    """
    if not 0 <= level <= best_level():
        raise ValueError(f"level must be 0 to {best_level()} on this CPU. Received: {level!r}")
    pool_api.level = level
