"""What this machine can do: multiply-adds and bytes a second, measured in the same run as what is judged by them.

    python -m fastcnn.kernels.peak

Needs Numba, whichever backend is judged.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fastcnn.kernels.threads import available_threads

ACCUMULATORS = 12  # independent sums: enough to hide a latency of 4-5 cycles on two units, few enough for 16 registers
ROUNDS = 1_000_000  # two to seven milliseconds
ARRAY_BYTES = 256 * 2**20  # far beyond any last-level cache
REPEATS = 150  # short runs, many of them: the best one is what the machine can do when nothing else runs


@dataclass(frozen=True)
class Peak:
    """Rates by number of threads: `gflops` in float32 GFLOP/s, `bandwidth` in GB/s (10**9 bytes)."""

    gflops: dict[int, float]
    bandwidth: dict[int, float]


def _sums_intrinsic(lanes: int) -> Callable:
    """multiply_adds(rounds) on ACCUMULATORS vectors of `lanes` float32; returns a number that depends on all."""

    def emit(context, builder, signature, args):
        kind = ir.VectorType(ir.FloatType(), lanes)
        name = f"llvm.fma.v{lanes}f32"
        fma = builder.module.globals.get(name) or ir.Function(builder.module, ir.FunctionType(kind, [kind] * 3), name)
        sums = [cgutils.alloca_once_value(builder, ir.Constant(kind, [float(i)] * lanes)) for i in range(ACCUMULATORS)]
        factor = ir.Constant(kind, [0.999] * lanes)
        with cgutils.for_range(builder, args[0]):
            for total in sums:
                builder.store(builder.call(fma, [builder.load(total), factor, factor]), total)
        result = ir.Constant(kind, [0.0] * lanes)
        for total in sums:
            result = builder.fadd(result, builder.load(total))
        return builder.extract_element(result, ir.Constant(ir.IntType(32), 0))

    @intrinsic
    def multiply_adds(typingctx, rounds):
        return types.float32(types.int64), emit

    return multiply_adds


def _fma_loop(lanes: int) -> Callable:
    multiply_adds = _sums_intrinsic(lanes)
    return numba.njit("float32(int64)", nogil=True)(lambda rounds: multiply_adds(rounds))


@numba.njit("float32(float32[::1])", nogil=True, fastmath=True)
def _read(a):
    total = np.float32(0)
    for i in range(np.uint64(a.size)):  # unsigned: a check for negative indices would keep it from being vectorised
        total += a[i]
    return total


@numba.njit("void(float32[::1])", nogil=True)
def _update(a):
    for i in range(np.uint64(a.size)):
        a[i] *= np.float32(0.999)


def _best_seconds(call: Callable, arguments: list, repeats: int) -> float:
    """Fastest of `repeats` rounds; a round is one call per argument, all at once, a thread each."""
    barrier = threading.Barrier(len(arguments))
    times = np.empty((2, repeats, len(arguments)))

    def work(number: int) -> None:
        for repeat in range(repeats):
            barrier.wait()
            times[0, repeat, number] = time.perf_counter()
            call(arguments[number])
            times[1, repeat, number] = time.perf_counter()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(len(arguments))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return float((times[1].max(axis=1) - times[0].min(axis=1)).min())


def fma_gflops(threads: int, repeats: int = REPEATS) -> float:
    """float32 GFLOP/s (a multiply-add counts two) of so many threads; the best of the machine's vector widths."""
    rates = []
    for lanes in (4, 8, 16):
        seconds = _best_seconds(_fma_loop(lanes), [ROUNDS] * threads, repeats)
        rates.append(2 * lanes * ACCUMULATORS * ROUNDS * threads / seconds / 1e9)
    return max(rates)


def bandwidth(threads: int, repeats: int = REPEATS) -> float:
    """GB/s of main memory: the better of reading and of updating in place (read and written bytes both count)."""
    parts = np.array_split(np.ones(ARRAY_BYTES // 4, np.float32), threads)
    read = ARRAY_BYTES / _best_seconds(_read, parts, repeats)
    update = 2 * ARRAY_BYTES / _best_seconds(_update, parts, repeats)
    return max(read, update) / 1e9


def thread_counts() -> list[int]:
    """1 and all processors that this process may use."""
    return sorted({1, available_threads()})


def measure() -> Peak:
    """Measures both rates on one thread and on all."""
    counts = thread_counts()
    return Peak({n: fma_gflops(n) for n in counts}, {n: bandwidth(n) for n in counts})


if __name__ == "__main__":
    peak = measure()
    for n, rate in peak.gflops.items():
        print(f"{n} thread(s): {rate:.0f} GFLOP/s float32, {peak.bandwidth[n]:.1f} GB/s")
