"""How the threads of one call share its work: each takes the next block from a common counter."""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.pool import run

CHUNK = 16_384  # numbers of an elementwise block


@intrinsic
def claim(typingctx, counter):
    """The counter's value, which is then one more, for any number of threads at a time."""

    def emit(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.atomic_rmw("add", data, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(counter), emit


@compiled
def chunk(counter, size):
    """The next (start, stop) of `size` numbers; start >= size when none is left.

    Unsigned, because Numba checks signed indices for negative ones, which keeps loops from being vectorised.
    """
    start = np.uint64(claim(counter)) * np.uint64(CHUNK)
    return start, min(start + np.uint64(CHUNK), np.uint64(size))


@numba.njit(inline="always")
def same(a, b):
    """Whether two arrays share their memory: LLVM vectorises an in-place loop only if it knows that."""
    return a.ctypes.data == b.ctypes.data


def run_elements(core, size: int, *args) -> None:
    """Runs a core that takes chunks of `size` numbers."""
    run(core, -(-size // CHUNK), 4 * size, *args)
