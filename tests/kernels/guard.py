"""Arrays that end, or begin, at a page nobody may touch; run as a module: every case of one backend on such arrays."""

import ctypes
import mmap
import sys

import numpy as np

from fastcnn.kernels import backends, threads
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import all_cases, arrays, offered

PAGE = mmap.PAGESIZE


def _forbid(address: int, size: int) -> None:
    """Any access to these pages kills the process."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if libc.mprotect(address, size, 0) != 0:
        raise OSError(ctypes.get_errno(), "mprotect failed")


def guarded(array: np.ndarray, side: str) -> np.ndarray:
    """A copy whose first (side "low") or last (side "high") number touches a forbidden page."""
    size = -(-max(array.nbytes, 1) // PAGE) * PAGE
    memory = mmap.mmap(-1, size + 2 * PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    _forbid(start, PAGE)
    _forbid(start + PAGE + size, PAGE)
    offset = PAGE if side == "low" else PAGE + size - array.nbytes
    copy = np.frombuffer(memory, array.dtype, array.size, offset).reshape(array.shape)
    copy[...] = array
    return copy


def run_case(backend: backends.Backend, case, dtype: str, side: str, seed: int) -> None:
    """One call, all arrays and the work memory guarded, the latter of exactly the size that the backend asks for."""
    kernel = KERNELS[case.kernel]
    given = [None if a is None else guarded(a, side) for a in arrays(case, dtype, seed)]
    if "work" in kernel.arrays:
        pairs = zip(kernel.arrays.items(), given, strict=True)
        shapes = {name: spec.canonical_shape(a.shape) for (name, spec), a in pairs if a is not None}
        size = backend.work_size(case.kernel, shapes, np.dtype(dtype).itemsize, **case.params)
        given[list(kernel.arrays).index("work")] = guarded(np.full(size, np.nan, dtype), side)
    getattr(backend, case.kernel)(*given, **case.params)


def off_by_one(side: str) -> None:
    """What the guard must catch: a copy that reads one number too many."""
    source = guarded(np.ones(1000, np.float32), side)
    target = (ctypes.c_char * (source.nbytes + source.itemsize))()
    start = source.ctypes.data - (source.itemsize if side == "low" else 0)
    ctypes.memmove(target, start, source.nbytes + source.itemsize)


def main(name: str, dtype: str, side: str) -> None:
    """Runs all cases; the last line printed names the case that a crash happened in."""
    if name == "off_by_one":
        off_by_one(side)
        return
    threads.set_num_threads(2)
    backend, count = backends.load(name), 0
    for seed, case in enumerate(all_cases()):
        if offered(backend, case):
            print(case, dtype, side, flush=True)
            run_case(backend, case, dtype, side, seed)
            count += 1
    print("done", count)


if __name__ == "__main__":
    main(*sys.argv[1:])
