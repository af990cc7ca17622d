"""The register tile that every product runs on: PIXELS rows x up to WIDTH columns, kept in registers for a whole sum.

One sum has three nested loops (for a convolution: window row, window column, channel; for its weight gradient: image,
row, column), each with its own step through x and w, so that convolution, dense layers and all their gradients are
the same tile with other steps. One number of x is broadcast and multiplied by vectors of w: no copy, no transposition.
"""

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from fastcnn.kernels.numba_backend import vectors
from fastcnn.kernels.numba_backend.vectors import INT, VECTORS

PIXELS = 6  # rows of a tile
LINE = 64  # bytes of a cache line


def width(itemsize: int) -> int:
    """Columns of a tile, for numbers of so many bytes."""
    return VECTORS * vectors.BYTES // itemsize


OPERANDS = (
    *("x", "x_at", "x_step", "w", "w_at", "w_step", "y", "y_at"),
    *("counts", "width", "accumulate", "bias", "bias_at", "slope"),
)


@numba.njit(inline="always")
def clamped(first, last):
    """The tile's rows from `first` on; beyond `last`, that one again."""
    return (
        first,
        min(first + 1, last),
        min(first + 2, last),
        min(first + 3, last),
        min(first + 4, last),
        min(first + 5, last),
    )


@numba.njit(inline="always")
def places(rows, step, start):
    """Positions of rows that lie `step` numbers apart."""
    a, b, c, d, e, f = rows
    return (
        a * step + start,
        b * step + start,
        c * step + start,
        d * step + start,
        e * step + start,
        f * step + start,
    )


@numba.njit(inline="always")
def listed(table, rows, shift):
    """Positions of rows from a table, all moved by `shift`."""
    a, b, c, d, e, f = rows
    return table[a] + shift, table[b] + shift, table[c] + shift, table[d] + shift, table[e] + shift, table[f] + shift


def array_data(context, builder, kind, array):
    """Pointer to an array's first number."""
    return context.make_array(kind)(context, builder, array).data


def _unpack(builder, pack, count):
    return [builder.extract_value(pack, i) for i in range(count)]


@intrinsic
def _prefetch_line(typingctx, x, at):
    """Asks for the cache line of x[at]."""

    def emit(context, builder, signature, args):
        small = ir.IntType(32)
        data = array_data(context, builder, signature.args[0], args[0])
        pointer = vectors.address(builder, data, args[1], ir.IntType(8))
        kind, name = ir.FunctionType(ir.VoidType(), [pointer.type, small, small, small]), "llvm.prefetch.p0"
        function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
        builder.call(function, [pointer, ir.Constant(small, 0), ir.Constant(small, 3), ir.Constant(small, 1)])
        return context.get_dummy_value()

    return types.void(x, types.int64), emit


@numba.njit(forceinline=True)
def prefetch(x, start, stop):
    """Asks for a run of numbers that will be needed soon; the processor does not see six rows at once coming."""
    for at in range(start, stop, LINE // x.itemsize):
        _prefetch_line(x, at)


class _Tile:
    """One call's operands, and the emission of its code."""

    def __init__(self, context, builder, signature, args):
        operand = dict(zip(OPERANDS, zip(signature.args, args, strict=True), strict=True))
        self.builder, self.real = builder, context.get_value_type(signature.args[0].dtype)
        self.lanes, self.kind = vectors.lanes(self.real), vectors.vector(self.real)
        x, w, y, self.bias = (array_data(context, builder, *operand[name]) for name in ("x", "w", "y", "bias"))
        for name in ("x_step", "w_step", "counts"):
            setattr(self, name, _unpack(builder, operand[name][1], 3))
        self.width, self.accumulate, self.bias_at, self.slope = (
            operand[name][1] for name in ("width", "accumulate", "bias_at", "slope")
        )
        self.x = [vectors.address(builder, x, at) for at in _unpack(builder, operand["x_at"][1], PIXELS)]
        self.w = vectors.address(builder, w, operand["w_at"][1])
        self.y = [vectors.address(builder, y, at) for at in _unpack(builder, operand["y_at"][1], PIXELS)]
        self.sums = [[cgutils.alloca_once(builder, self.kind) for _ in range(VECTORS)] for _ in range(PIXELS)]

    def emit(self):
        """A full tile without masks, or as few vectors as the width needs, the last one masked."""
        builder = self.builder
        full = builder.icmp_signed("==", self.width, ir.Constant(INT, VECTORS * self.lanes))
        with builder.if_else(full) as (whole, part):
            with whole:
                self._product(VECTORS, None)
            with part:
                self._narrow(1)

    def _narrow(self, count):
        if count == VECTORS:
            self._masked(count)
            return
        fits = self.builder.icmp_signed("<=", self.width, ir.Constant(INT, count * self.lanes))
        with self.builder.if_else(fits) as (here, wider):
            with here:
                self._masked(count)
            with wider:
                self._narrow(count + 1)

    def _masked(self, count):
        rest = self.builder.sub(self.width, ir.Constant(INT, (count - 1) * self.lanes))
        self._product(count, vectors.first_lanes(self.builder, self.real, rest))

    def _masks(self, count, mask):
        return [None] * (count - 1) + [mask]

    def _product(self, count, mask):
        builder, zero = self.builder, ir.Constant(self.kind, None)
        for row in self.sums:
            for total in row[:count]:
                builder.store(zero, total)
        loop = cgutils.for_range
        with loop(builder, self.counts[0]) as outer, loop(builder, self.counts[1]) as middle:
            x_at, w_at = (
                builder.add(builder.mul(outer.index, step[0]), builder.mul(middle.index, step[1]))
                for step in (self.x_step, self.w_step)
            )
            with loop(builder, self.counts[2]) as inner:
                x_now = builder.add(x_at, builder.mul(inner.index, self.x_step[2]))
                w_now = builder.add(w_at, builder.mul(inner.index, self.w_step[2]))
                self._multiply(x_now, w_now, count, mask)
        self._finish(count, mask)

    def _row(self, base, at, count, mask):
        """`count` vectors in a row, from number `at` on."""
        builder = self.builder
        for number, lanes in enumerate(self._masks(count, mask)):
            place = builder.add(at, ir.Constant(INT, number * self.lanes))
            yield vectors.load(builder, vectors.address(builder, base, place, self.kind), self.kind, lanes)

    def _multiply(self, x_now, w_now, count, mask):
        builder = self.builder
        weights = list(self._row(self.w, w_now, count, mask))
        for base, row in zip(self.x, self.sums, strict=True):
            number = vectors.splat(builder, builder.load(vectors.address(builder, base, x_now)), self.lanes)
            for total, weight in zip(row[:count], weights, strict=True):
                builder.store(vectors.fma(builder, number, weight, builder.load(total)), total)

    def _add(self, sums, others):
        for total, other in zip(sums, others, strict=True):
            self.builder.store(self.builder.fadd(self.builder.load(total), other), total)

    def _finish(self, count, mask):
        """Adds what y held (all loads before any store: clamped rows repeat), bias; activation; stores."""
        builder, zero = self.builder, ir.Constant(INT, 0)
        with builder.if_then(builder.icmp_signed("!=", self.accumulate, zero)):
            for base, row in zip(self.y, self.sums, strict=True):
                self._add(row[:count], self._row(base, zero, count, mask))
        with builder.if_then(builder.icmp_signed(">=", self.bias_at, zero)):
            bias = list(self._row(self.bias, self.bias_at, count, mask))
            for row in self.sums:
                self._add(row[:count], bias)
        slope = vectors.splat(builder, self.slope, self.lanes)
        for base, row in zip(self.y, self.sums, strict=True):
            for number, (total, lanes) in enumerate(zip(row, self._masks(count, mask), strict=False)):
                value = builder.load(total)
                positive = builder.fcmp_ordered(">", value, ir.Constant(self.kind, None))
                value = builder.select(positive, value, builder.fmul(value, slope))
                place = vectors.address(builder, base, ir.Constant(INT, number * self.lanes), self.kind)
                vectors.store(builder, value, place, lanes)


@intrinsic
def tile(typingctx, x, x_at, x_step, w, w_at, w_step, y, y_at, counts, width, accumulate, bias, bias_at, slope):
    """y[y_at[i] + j] = activation(sum over s of x[x_at[i] + s . x_step] * w[w_at + s . w_step + j]), s all of `counts`.

    x, w, y, bias : flat arrays of one real type; positions and steps count numbers.
    x_at, y_at : PIXELS positions; a row may be repeated (it then writes the same values to the same place).
    x_step, w_step, counts : the three loops, outer to inner; counts from 1 up.
    width : columns j, 1 .. WIDTH; no number of w, y or bias beyond them is touched.
    accumulate : not 0: add to what y holds. bias_at : position in bias, or negative for none.
    slope : the result is y > 0 ? y : slope * y; 1 for none.
    """
    places, loops, number = types.UniTuple(types.int64, PIXELS), types.UniTuple(types.int64, 3), types.int64
    signature = types.void(x, places, loops, w, number, loops, y, places, loops, number, number, bias, number, x.dtype)

    def emit(context, builder, signature, args):
        _Tile(context, builder, signature, args).emit()
        return context.get_dummy_value()

    return signature, emit
