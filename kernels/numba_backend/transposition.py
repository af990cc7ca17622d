"""Transposition of small blocks in registers."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from fastcnn.kernels.numba_backend import vectors
from fastcnn.kernels.numba_backend.cache import compiled
from fastcnn.kernels.numba_backend.tiles import array_data
from fastcnn.kernels.numba_backend.vectors import BYTES, INT


@intrinsic
def _transpose_square(typingctx, x, x_at, x_step, y, y_at, y_step):
    """y[y_at + j * y_step + i] = x[x_at + i * x_step + j] for a square of a vector's lanes.

    Each of log2(lanes) rounds interleaves the first half of the rows with the second.
    """

    def emit(context, builder, signature, args):
        source, target = (array_data(context, builder, signature.args[n], args[n]) for n in (0, 3))
        real = context.get_value_type(signature.args[0].dtype)
        kind, lanes = vectors.vector(real), vectors.lanes(real)

        def place(base, at, step, row):
            index = builder.add(at, builder.mul(step, ir.Constant(INT, row)))
            return vectors.address(builder, base, index, kind)

        rows = [vectors.load(builder, place(source, args[1], args[2], i), kind, None) for i in range(lanes)]
        halves = [[n // 2 + lanes * (n % 2) + half * lanes // 2 for n in range(lanes)] for half in (0, 1)]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), lanes), half) for half in halves]
        for _ in range(lanes.bit_length() - 1):
            pairs = zip(rows[: lanes // 2], rows[lanes // 2 :], strict=True)
            rows = [builder.shuffle_vector(a, b, mask) for a, b in pairs for mask in masks]
        for j, row in enumerate(rows):
            vectors.store(builder, row, place(target, args[4], args[5], j), None)
        return context.get_dummy_value()

    number = types.int64
    return types.void(x, number, number, y, number, number), emit


@compiled
def transpose(x, x_at, x_step, rows, columns, y, y_at, y_step):
    """y[y_at + j * y_step + i] = x[x_at + i * x_step + j] for i < rows, j < columns; squares first, then the rest."""
    lanes = BYTES // x.itemsize
    for i in range(0, rows, lanes):
        for j in range(0, columns, lanes):
            if i + lanes <= rows and j + lanes <= columns:
                _transpose_square(x, x_at + i * x_step + j, x_step, y, y_at + j * y_step + i, y_step)
                continue
            for b in range(j, min(j + lanes, columns)):
                for a in range(i, min(i + lanes, rows)):
                    y[y_at + b * y_step + a] = x[x_at + a * x_step + b]
